"""Many portals behind one address: chosen by host name, and nothing of one seen through another."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from sluice.store.engine import address_of
from sluice.store.place import Schema
from tests.places import empty_place
from tests.server_process import ServerProcess, running_server

ACME, OTHER = "acme.example.com", "other.example.com"


class Hosted:
    """A server with two further portals, and calls that name a host."""

    def __init__(self, server: ServerProcess, place: str) -> None:
        self.server = server
        self.place = place
        self.webhooks = {host: self.create(host) for host in (ACME, OTHER)}

    def database(self, host: str) -> str:
        """Return the address of a portal's database."""
        listed = json.loads(self.command("list", "--json"))
        return str({one["host"]: one["database"] for one in listed}[host])

    def create(self, host: str, *options: str) -> str:
        """Make a portal and return the path of its administrator's webhook."""
        made = self.command("create", host, *options, "--json")
        return str(urlsplit(json.loads(made)["webhook"]).path)

    def command(self, *arguments: str) -> str:
        done = self.server.cli_alone("portals", *arguments, "--portals", self.place)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def call(self, host: str, path: str, parameters: Any = None, **headers: str) -> Any:
        """Call by host name and return what came back."""
        connection = http.client.HTTPConnection(urlsplit(self.server.ready.url).netloc, timeout=30)
        try:
            body = json.dumps(parameters or {})
            sent = {"Host": host, "Content-Type": "application/json", **headers}
            connection.request("POST", path, body, sent)
            answer = connection.getresponse()
            return json.loads(answer.read())
        finally:
            connection.close()

    def until(self, host: str, path: str, error: str | None) -> Any:
        """Call until the error is this one, as it must be within moments, and return the answer."""
        for _ in range(400):
            answer = self.call(host, path)
            if answer.get("error") == error:
                return answer
            with pytest.raises(subprocess.TimeoutExpired):  # the server looks each second
                self.server.process.wait(0.05)
        raise AssertionError(answer)


@pytest.fixture(scope="module")
def hosted(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    directory = tmp_path_factory.mktemp("portals")
    with empty_place(engine, directory) as own:
        place = own.connection if isinstance(own, Schema) else str(directory / "portals")
        with running_server(
            directory, "--portals", place, "--emulator", database=address_of(own)
        ) as server:
            hosted = Hosted(server, place)
            for host, webhook in hosted.webhooks.items():
                hosted.until(host, f"{webhook}profile", None)
            yield hosted
            for host in hosted.webhooks:
                hosted.command("drop", host, "--yes")


def test_the_host_name_chooses_the_portal(hosted: Hosted) -> None:
    for host in (ACME, OTHER):
        hosted.call(host, f"{hosted.webhooks[host]}department.add", {"NAME": host, "PARENT": 1})

    for host in (ACME, OTHER):
        names = [
            department["NAME"]
            for department in hosted.call(host, f"{hosted.webhooks[host]}department.get")["result"]
        ]
        assert names == ["Sluice & Co", host]
    # Case, a port and a last point are no other name; and other names are the first portal's.
    for written in (ACME.upper(), f"{ACME}:8024", f"{ACME}."):
        assert "result" in hosted.call(written, f"{hosted.webhooks[ACME]}profile")
    first = urlsplit(hosted.server.ready.webhook).path
    for host in ("127.0.0.1", "nobody.example.com", ""):
        assert "result" in hosted.call(host, f"{first}profile")


def test_a_new_portal_is_told_where_the_server_listens(tmp_path: Path) -> None:
    with running_server(tmp_path, "--portals", str(tmp_path / "portals")) as server:
        made = server.cli_alone(
            *("portals", "create", ACME, "--json", "--portals", str(tmp_path / "portals")),
            environment={"SLUICE_DATABASE": server.ready.database},
        )
        assert made.returncode == 0, made.stderr
        told = json.loads(made.stdout)

        for name, listens in (("webhook", server.ready.url), ("tls_webhook", server.ready.tls_url)):
            assert urlsplit(told[name]).port == urlsplit(listens).port


def test_commands_on_a_portal_name_its_host(hosted: Hosted) -> None:
    made = hosted.server.cli_alone(
        *("webhook", "create", "--user", "1", "--json", "--database", hosted.database(ACME))
    )
    assert made.returncode == 0, made.stderr

    address = urlsplit(json.loads(made.stdout)["webhook"])
    assert (address.hostname, address.port) == (ACME, urlsplit(hosted.server.ready.url).port)
    assert "result" in hosted.call(ACME, f"{address.path}profile")


def test_credentials_of_one_are_nothing_to_another(hosted: Hosted) -> None:
    first = urlsplit(hosted.server.ready.webhook).path
    paths = {**hosted.webhooks, "127.0.0.1": first}
    for host in paths:
        for owner, webhook in paths.items():
            answer = hosted.call(host, f"{webhook}profile")
            assert ("result" in answer) == (host == owner), (host, owner, answer)


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Original-Host", "Forwarded"])
def test_no_other_header_chooses(header: str, hosted: Hosted) -> None:
    value = f"host={OTHER}" if header == "Forwarded" else OTHER

    answer = hosted.call(ACME, f"{hosted.webhooks[OTHER]}profile", **{header: value})

    assert answer["error"] == "INVALID_CREDENTIALS"


def test_an_absolute_address_in_the_request_line_chooses_nothing(hosted: Hosted) -> None:
    answer = hosted.call(ACME, f"http://{OTHER}{hosted.webhooks[OTHER]}profile")

    assert answer["error"] == "INVALID_CREDENTIALS"


def test_tokens_of_one_are_nothing_to_another(hosted: Hosted) -> None:
    database = hosted.database(ACME)

    def told(*arguments: str) -> Any:
        done = hosted.server.cli_alone("app", *arguments, "--json", "--database", database)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    client = told("create", "--title", "Reports")
    tokens = told("token", "--client-id", client["client_id"], "--user", "1")
    used = f"/rest/profile?auth={tokens['access_token']}"
    assert "result" in hosted.call(ACME, used)
    refresh = "/oauth/token/?" + urlencode(
        {
            "grant_type": "refresh_token",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "refresh_token": tokens["refresh_token"],
        }
    )
    for host in (OTHER, "127.0.0.1"):
        assert "error" in hosted.call(host, used)
        assert "error" in hosted.call(host, refresh)
    assert hosted.call(ACME, refresh)["access_token"]
    assert hosted.call(ACME, used).get("error") is None


def test_each_has_a_clock_and_a_plan_of_its_own(hosted: Hosted) -> None:
    database = hosted.database(ACME)
    done = hosted.server.cli_alone(
        "clock", "set", "2030-01-01T00:00:00+00:00", "--database", database
    )
    assert done.returncode == 0, done.stderr
    hosted.server.cli_alone("portal", "set", "rest=off", "--database", database)
    try:
        assert (
            "2030-01-01" in hosted.server.cli_alone("clock", "show", "--database", database).stdout
        )
        refused = hosted.call(ACME, f"{hosted.webhooks[ACME]}server.time")
        assert refused["error"] == "ACCESS_DENIED"
        told = hosted.call(OTHER, f"{hosted.webhooks[OTHER]}server.time")["result"]
        assert not told.startswith("2030")
    finally:
        hosted.server.cli_alone("portal", "set", "rest=on", "--database", database)
    told = hosted.call(ACME, f"{hosted.webhooks[ACME]}server.time")["result"]
    assert told.startswith("2030-01-01")


def test_each_host_shows_a_certificate_of_its_own(hosted: Hosted) -> None:
    context = ssl.create_default_context(cafile=str(hosted.server.ready.ca_file))
    port = urlsplit(hosted.server.ready.tls_url).port
    for host in (ACME, OTHER):
        request = f"GET {hosted.webhooks[host]}profile HTTP/1.1\r\nHost: {host}\r\n"
        with (
            socket.create_connection(("127.0.0.1", port), timeout=30) as raw,
            context.wrap_socket(raw, server_hostname=host) as secure,
        ):
            secure.sendall(f"{request}Connection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda secure=secure: secure.recv(65536), b""))  # type: ignore[misc]
        assert answer.startswith(b"HTTP/1.1 200"), answer


def test_portals_are_listed_and_dropped_under_a_running_server(hosted: Hosted) -> None:
    webhook = hosted.create("gone.example.com", "--demo")
    hosted.until("gone.example.com", f"{webhook}profile", None)
    listed = json.loads(hosted.command("list", "--json"))
    assert {one["host"] for one in listed} == {ACME, OTHER, "gone.example.com"}

    hosted.command("drop", "gone.example.com", "--yes")

    # Then the name is nobody's, and the first portal answers, which knows no such webhook.
    hosted.until("gone.example.com", f"{webhook}profile", "INVALID_CREDENTIALS")
    assert {one["host"] for one in json.loads(hosted.command("list", "--json"))} == {ACME, OTHER}
    again = hosted.create("gone.example.com")
    assert again != webhook
    hosted.until("gone.example.com", f"{again}profile", None)
    assert hosted.call("gone.example.com", f"{webhook}profile")["error"] == "INVALID_CREDENTIALS"
    hosted.command("drop", "gone.example.com", "--yes")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "not a host"), "is no host name"),
        (("create", "../etc"), "is no host name"),
        (("create", "a" * 60), "too long"),
        (("create", ACME), "already"),
        (("drop", "absent.example.com", "--yes"), "no portal of absent.example.com"),
        (("drop", ACME), "Aborted"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple[str, ...], words: str, hosted: Hosted) -> None:
    done = hosted.server.cli_alone("portals", *arguments, "--portals", hosted.place)

    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert "result" in hosted.call(ACME, f"{hosted.webhooks[ACME]}profile")
