"""A portal in a file of its own, and settings that are nobody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sluice.app import Portal
from sluice.settings import Settings
from tests.cli.portal import PortalInFile


@pytest.fixture(autouse=True)
def _settings_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests away from them."""
    for name in [name for name in os.environ if name.startswith("SLUICE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("SLUICE_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "sluice.toml").touch()
    monkeypatch.setenv("SLUICE_CONFIG", str(tmp_path / "sluice.toml"))


@pytest.fixture
def portal(tmp_path: Path) -> PortalInFile:
    portal = PortalInFile(tmp_path / "portal.db")
    Portal(Settings(database=portal.address)).close()
    return portal
