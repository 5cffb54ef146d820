"""A portal in a file, and the command line run on it inside the test's process."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from sluice.app import Portal
from sluice.cli import sluice
from sluice.rest.request import Incoming
from sluice.settings import Settings


@dataclass(frozen=True)
class PortalInFile:
    """A demo portal that no server runs on."""

    path: Path

    @property
    def address(self) -> str:
        return f"sqlite:///{self.path}"

    def run(self, *arguments: str, **options: Any) -> Result:
        """Run `sluice ARGUMENTS` on this portal; output that is no terminal's has no colours."""
        return CliRunner().invoke(sluice, [*arguments, "--database", self.address], **options)

    def answer(self, *arguments: str) -> Any:
        """Return what `sluice ARGUMENTS --json` tells, for commands that must succeed."""
        done = self.run(*arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def call(self, webhook_path: str, method: str) -> dict[str, Any]:
        """Return the body of an answer to a call without parameters."""
        portal = Portal(Settings(database=self.address))
        try:
            incoming = Incoming(verb="GET", path=f"{webhook_path}{method}".encode())
            body: dict[str, Any] = json.loads(asyncio.run(portal.gateway.answer(incoming)).body)
        finally:
            portal.close()
        return body
