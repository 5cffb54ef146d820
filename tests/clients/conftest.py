"""One real server for every client test of a run, and the people who call it."""

from collections.abc import Callable, Generator, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from sluice.store.engine import address_of
from tests.clients.portal import DEMO_FLOW, Portal, TaskGroup
from tests.clients.real_part import real_module
from tests.places import empty_place
from tests.server_process import ServerProcess, running_server


@pytest.fixture(scope="session", autouse=True)
def _no_proxy_in_between() -> Iterator[None]:
    """Keep a proxy that the machine may use for the Internet away from local addresses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        patch.setenv("no_proxy", "127.0.0.1,localhost")
        yield


@pytest.fixture(scope="session")
def server(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the demo portal, at HTTP and HTTPS."""
    directory = tmp_path_factory.mktemp("clients")
    with (
        empty_place(engine, directory) as place,
        running_server(directory, database=address_of(place)) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def portal(server: ServerProcess) -> Portal:
    """The same portal, seen without the client that is tried."""
    return Portal(server.ready.webhook)


@pytest.fixture(scope="session")
def strangers_webhook(server: ServerProcess) -> str:
    """The webhook of Boris of department 17, who has nothing to do with the tests' flows."""
    boris = server.cli_answer(
        *("user", "create", "--name", "Boris", "--last-name", "Reed"),
        *("--email", "boris.reed@example.test", "--department", "17"),
    )
    return server.webhook_for(int(boris["id"]))


@pytest.fixture(scope="session")
def webhook_without_tasks(server: ServerProcess) -> str:
    """A webhook of the administrator that was not given the scope of tasks."""
    return server.webhook_for(1, "user")


@pytest.fixture(scope="session")
def forged_webhook(server: ServerProcess) -> str:
    """An address of the right shape whose code nobody was given."""
    return f"{server.ready.url.rstrip('/')}/rest/1/0123456789abcdef/"


@pytest.fixture(scope="session")
def full_group(portal: Portal) -> TaskGroup:
    """A group whose tasks fill three pages of a list and begin a fourth; tests only read it."""
    return portal.add_full_group("Group of many tasks", 160)


@pytest.fixture
def demo_flow(portal: Portal) -> int:
    """The demo portal's flow, on: department 3 receives its tasks in turn."""
    portal.switch_on(DEMO_FLOW)
    return DEMO_FLOW


@pytest.fixture
def connect_b24pysdk(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Any]:
    """b24pysdk's client for a webhook, the way its README makes one.

    It knows no plain HTTP, and trusts the local authority the way `requests` does.
    """
    b24pysdk = real_module("b24pysdk")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ready.ca_file))

    def connect(webhook: str) -> Any:
        address = urlsplit(server.over_tls(webhook))
        token = address.path.removeprefix("/rest/").rstrip("/")
        return b24pysdk.Client(b24pysdk.BitrixWebhook(domain=address.netloc, webhook_token=token))

    return connect


@pytest.fixture
def flow_name(request: pytest.FixtureRequest) -> str:
    """A name no other test uses: the test's own."""
    return f"Flow of {request.node.name}"


@pytest.fixture
def task_title(request: pytest.FixtureRequest) -> str:
    """A title no other test uses, with what forms and queries have to escape."""
    return f"Task of {request.node.name}: a+b & c=d #1, 50 % «да»?"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the server printed beside a test that failed."""
    report = yield
    server = item.funcargs.get("server")
    if report.failed and isinstance(server, ServerProcess):
        report.sections.append(("output of the server", server.output[-10_000:]))
    return report
