"""A person in a real browser allows an application, which then has a code."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import barriers
from tests.server_process import ServerProcess, running_server


@dataclass
class Application:
    """A program of somebody else: it listens for browsers that are sent back to it."""

    server: HTTPServer
    seen: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/callback"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("browser")) as server:
        yield server


@pytest.fixture
def application() -> Iterator[Application]:
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"Welcome back")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield Application(http, seen)
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def client(server: ServerProcess, application: Application) -> Any:
    return server.cli_answer(
        *("app", "create", "--title", "Reports", "--scope", "task,user"),
        *("--redirect-uri", application.address),
    )


@pytest.fixture(scope="module")
def password(server: ServerProcess) -> str:
    """The password of user 3, made once: a new one would end the sessions."""
    return str(server.cli_answer("user", "password", "3", "--generate")["password"])


@pytest.fixture(scope="module")
def email(server: ServerProcess) -> str:
    (user,) = [user for user in server.cli_answer("user", "list") if user["id"] == 3]
    return str(user["email"])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_person_allows_an_application_with_the_keyboard_alone(
    scheme: str,
    server: ServerProcess,
    application: Application,
    client: Any,
    email: str,
    password: str,
    page: Any,
) -> None:
    origin = server.ready.url if scheme == "http" else server.ready.tls_url
    page.goto(f"{origin}/oauth/authorize/?client_id={client['client_id']}&state=a%26b")
    assert page.title() == "Sign in to go on to Reports · Sluice"
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Reports asks for access").wait_for()
    assert page.get_by_role("listitem").all_inner_texts() == [
        "Tasks and flows",
        "The profiles of all users",
    ]

    page.get_by_role("button", name="Allow", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_text("Welcome back").wait_for()

    (path,) = [path for path in application.seen if path.startswith("/callback")]
    answer = parse_qs(urlsplit(path).query)
    assert answer["state"] == ["a&b"]
    assert answer["domain"] == [urlsplit(origin).netloc]
    assert answer["scope"] == ["task,user"]
    assert len(answer["code"][0]) == 43


def test_a_wrong_password_is_told_where_it_was_typed(
    server: ServerProcess, client: Any, page: Any
) -> None:
    page.goto(f"{server.ready.url}/oauth/authorize/?client_id={client['client_id']}")
    page.get_by_label("E-mail address").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()

    assert page.get_by_role("alert").inner_text() == (
        "This e-mail address and password do not match."
    )
    assert page.get_by_label("E-mail address").input_value() == "nobody@example.com"


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_pages_have_no_barriers(
    colours: str,
    server: ServerProcess,
    client: Any,
    email: str,
    password: str,
    page: Any,
    chromium: Any,
    axe: str,
) -> None:
    address = f"{server.ready.url}/oauth/authorize/?client_id={client['client_id']}"
    assert barriers(chromium, axe, address, [], colours) == []
    page.goto(address)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="asks for access").wait_for()

    assert barriers(chromium, axe, address, page.context.cookies(), colours) == []


def test_a_page_of_another_site_cannot_frame_ours(
    server: ServerProcess, client: Any, page: Any, tmp_path: Path
) -> None:
    address = f"{server.ready.url}/oauth/authorize/?client_id={client['client_id']}"
    frame = tmp_path / "frame.html"
    frame.write_text(f'<iframe src="{address}"></iframe>', encoding="utf-8")

    page.goto(frame.as_uri())
    page.wait_for_load_state("networkidle")

    assert all("Sign in" not in inner.content() for inner in page.frames[1:])
