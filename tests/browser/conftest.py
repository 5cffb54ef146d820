"""A real Chromium, headless, and what a page shows a person."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.real_part import real_module, real_node_package, real_program

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for the tests of a module: its event loop must not outlive them."""
    playwright = real_module("playwright.sync_api")
    program = next((name for name in NAMES if shutil.which(name)), NAMES[0])
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # root has none
    with playwright.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=real_program(program), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page of a browser that knows nothing yet; scripts of pages are off."""
    context = chromium.new_context(ignore_https_errors=True, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which finds barriers for people with disabilities."""
    return (real_node_package("axe-core") / "axe.min.js").read_text("utf-8")


def barriers(chromium: Any, axe: str, address: str, cookies: Any, scheme: str) -> list[str]:
    """Return what axe-core finds wrong with a page, in words, with these colours."""
    context = chromium.new_context(ignore_https_errors=True, bypass_csp=True, color_scheme=scheme)
    try:
        context.add_cookies(cookies)
        page = context.new_page()
        page.goto(address)
        page.evaluate(axe)
        found = page.evaluate("axe.run()")["violations"]
        return [f"{one['id']}: {one['help']}" for one in found]
    finally:
        context.close()
