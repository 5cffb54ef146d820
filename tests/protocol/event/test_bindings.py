"""`event.bind`, `event.get`, `event.unbind`, `event.test` and `events`."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.domain.application import Application, State
from tests.portals import Person, PortalInTest
from tests.protocol.event.conftest import HANDLER, Caller
from tests.provenance import assumed, documented, observed


@documented("api-reference/events/event-bind")
def test_what_is_bound_is_told(through_admin: Caller) -> None:
    assert through_admin.bind("OnTaskAdd").result is True

    assert through_admin.call("event.get").result == [
        {"event": "ONTASKADD", "handler": HANDLER, "auth_type": "0", "offline": 0}
    ]


@documented("api-reference/events/event-unbind")
def test_what_is_unbound_is_bound_no_more(through_admin: Caller) -> None:
    through_admin.bind("ONTASKADD")
    through_admin.bind("ONTASKADD", auth_type=1)
    through_admin.bind("ONTASKUPDATE")

    ended = through_admin.call("event.unbind", EVENT="ontaskadd", HANDLER=HANDLER)

    assert ended.result == {"count": 2}
    assert [one["event"] for one in through_admin.call("event.get").result] == ["ONTASKUPDATE"]
    assert through_admin.call("event.unbind", event="ONTASKADD", handler=HANDLER).result == {
        "count": 0
    }


@documented("api-reference/events/event-unbind: auth_type")
def test_the_bindings_of_one_user_are_unbound(through_admin: Caller, anna: Person) -> None:
    through_admin.bind("ONTASKADD")
    through_admin.bind("ONTASKADD", auth_type=anna.id)

    ended = through_admin.call(
        "event.unbind", event="ONTASKADD", handler=HANDLER, auth_type=anna.id
    )

    assert ended.result == {"count": 1}
    assert [one["auth_type"] for one in through_admin.call("event.get").result] == ["0"]


@documented("error-codes; several public callers take it for `already bound`")
def test_the_same_is_bound_once(through_admin: Caller) -> None:
    through_admin.bind("ONTASKADD")

    assert through_admin.bind("onTaskAdd").refusal == (
        400,
        "ERROR_EVENT_BINDING_EXISTS",
        "Handler already binded",
    )


@documented("api-reference/events/event-bind#error-handling")
@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"event": "ONNOTHING", "handler": HANDLER}, "ERROR_EVENT_NOT_FOUND"),
        ({"event": "", "handler": HANDLER}, "ERROR_ARGUMENT"),
        ({"event": "ONTASKADD"}, "ERROR_ARGUMENT"),
        ({"event": "ONTASKADD", "handler": "ftp://a.example/"}, "ERROR_UNSUPPORTED_PROTOCOL"),
        ({"event": "ONTASKADD", "handler": "https://"}, "ERROR_WRONG_HANDLER_URL"),
        ({"event": "ONTASKADD", "handler": "https://u:p@a.example/"}, "ERROR_WRONG_HANDLER_URL"),
        ({"event": "ONTASKADD", "handler": "https://a.example/\r\nx"}, "ERROR_WRONG_HANDLER_URL"),
        ({"event": "ONTASKADD", "handler": HANDLER, "event_type": "later"}, "ERROR_ARGUMENT"),
    ],
)
def test_what_cannot_be_bound_is_refused(
    parameters: dict[str, Any], error: str, through_admin: Caller
) -> None:
    answer = through_admin.call("event.bind", **parameters)

    assert (answer.status, answer.error) == (400, error)
    assert through_admin.call("event.get").result == []


@assumed("a server for people one does not know sends nothing into its own network")
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost:8080/",
        "http://a.localhost/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://[fe80::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
    ],
)
def test_private_addresses_can_be_shut_out(
    address: str, portal: PortalInTest, through_admin: Caller
) -> None:
    assert through_admin.bind("ONTASKADD", address).status == 200
    portal.set_state(private_handlers=False)

    assert through_admin.bind("ONTASKUPDATE", address).error == "ERROR_WRONG_HANDLER_URL"
    assert through_admin.bind("ONTASKUPDATE", "http://93.184.216.34/").status == 200


@documented("api-reference/events: rights; the words from rest-protocol.md 15.1")
@pytest.mark.parametrize(
    ("method", "parameters", "words"),
    [
        (
            "event.bind",
            {"event": "ONTASKADD", "event_type": "offline"},
            "Access denied! Offline events binding requires administrator access rights",
        ),
        (
            "event.unbind",
            {"event": "ONTASKADD", "event_type": "offline"},
            "Access denied! Offline events unbinding requires administrator access rights",
        ),
        (
            "event.bind",
            {"event": "ONTASKADD", "handler": HANDLER, "auth_type": 1},
            "Access denied! Event binding with AUTH_TYPE requires administrator access rights",
        ),
        (
            "event.unbind",
            {"event": "ONTASKADD", "handler": HANDLER, "auth_type": 1},
            "Access denied! Event unbinding with AUTH_TYPE requires administrator access rights",
        ),
        ("event.offline.get", {}, "Access denied!"),
        ("event.offline.list", {}, "Access denied!"),
        ("event.offline.clear", {"process_id": "x"}, "Access denied!"),
        ("event.offline.error", {"process_id": "x"}, "Access denied!"),
    ],
)
def test_who_does_not_administer_the_portal_is_refused(
    method: str, parameters: dict[str, Any], words: str, through_anna: Caller
) -> None:
    assert through_anna.call(method, **parameters).refusal == (403, "ACCESS_DENIED", words)


@observed("b24pysdk's integration tests of events")
@pytest.mark.parametrize(
    "method",
    [
        *("event.bind", "event.unbind", "event.get", "event.test", "event.offline.get"),
        *("event.offline.list", "event.offline.clear", "event.offline.error"),
    ],
)
def test_events_are_an_applications_alone(method: str, admin: Person) -> None:
    assert admin.call(method, event="ONTASKADD", handler=HANDLER).refusal == (
        403,
        "WRONG_AUTH_TYPE",
        "Current authorization type is denied for this method Application context required",
    )


@documented("api-reference/events/event-get: who is no administrator sees their own")
def test_an_employee_sees_and_ends_their_own_bindings_alone(
    through_admin: Caller, through_anna: Caller
) -> None:
    through_admin.bind("ONTASKADD")
    assert through_anna.bind("ONTASKADD").result is True

    mine = through_anna.call("event.get").result
    assert [one["auth_type"] for one in mine] == [str(through_anna.person.id)]
    ended = through_anna.call("event.unbind", event="ONTASKADD", handler=HANDLER)
    assert ended.result == {"count": 1}
    assert len(through_admin.call("event.get").result) == 1


@assumed("bindings belong to one application")
def test_another_application_sees_nothing(
    portal: PortalInTest, admin: Person, through_admin: Caller
) -> None:
    through_admin.bind("ONTASKADD")
    other = portal.add_application("Other").application

    of_other = Caller(portal, admin, portal.tokens(other, admin.id).access_token)

    assert of_other.call("event.get").result == []
    ended = of_other.call("event.unbind", event="ONTASKADD", handler=HANDLER)
    assert ended.result == {"count": 0}


@documented("api-reference/events/event-bind: offline handlers have no address")
def test_an_offline_binding_is_told_with_its_connector(through_admin: Caller) -> None:
    bound = through_admin.call(
        "event.bind", event="ONTASKADD", event_type="offline", auth_connector="mine"
    )

    assert bound.result is True
    assert through_admin.call("event.get").result == [
        {
            "event": "ONTASKADD",
            "handler": "",
            "auth_type": "0",
            "offline": 1,
            "connector_id": "mine",
        }
    ]


@observed("b24phpsdk sends `event_type` followed by a tab")
def test_parameters_that_nobody_knows_are_ignored(through_admin: Caller) -> None:
    parameters = {"event_type\t": "offline"}

    assert through_admin.bind("ONTASKADD", **parameters).result is True
    assert through_admin.call("event.get").result[0]["offline"] == 0


@documented("api-reference/events/events")
def test_events_are_listed(portal: PortalInTest, admin: Person, through_admin: Caller) -> None:
    names = through_admin.call("events").result

    assert names == [name.upper() for name in names]
    assert {"ONTASKADD", "ONTASKUPDATE", "ONTASKDELETE", "ONAPPINSTALL", "ONUSERADD"} <= set(names)
    assert through_admin.call("events", SCOPE="task").result == [
        *("ONTASKADD", "ONTASKUPDATE", "ONTASKDELETE"),
        *("ONTASKCOMMENTADD", "ONTASKCOMMENTUPDATE", "ONTASKCOMMENTDELETE"),
    ]
    assert "ONTASKADD" not in portal.person(admin.id, ["user"]).call("events").result


@assumed("no client knows the events of our own, so they are listed on request alone")
def test_events_of_flows_are_listed_with_full(through_admin: Caller) -> None:
    assert not [name for name in through_admin.call("events").result if "FLOW" in name]
    assert "ONSLUICEFLOWUPDATE" in through_admin.call("events", FULL=True).result
    assert through_admin.bind("onSluiceFlowUpdate").result is True


@assumed("an application hears of what its scopes let it read")
def test_an_event_outside_the_scopes_is_not_found(portal: PortalInTest, admin: Person) -> None:
    application = portal.add_application(scopes=["user"]).application
    caller = Caller(portal, admin, portal.tokens(application, admin.id).access_token)

    assert caller.bind("ONTASKADD").error == "ERROR_EVENT_NOT_FOUND"


@documented("api-reference/events/test-handler")
def test_an_application_tries_its_handler(portal: PortalInTest, through_admin: Caller) -> None:
    through_admin.bind("ONAPPTEST")

    assert through_admin.call("event.test", any="thing", nested={"a": [1]}).result == 1

    (delivery,) = portal.deliveries()
    assert (delivery.event, delivery.handler) == ("ONAPPTEST", HANDLER)
    assert delivery.data == {"QUERY": {"ANY": "thing", "NESTED": {"a": [1]}}}


@documented("settings/app-installation: nothing is sent until the installation is finished")
@pytest.mark.parametrize("state", [State.INSTALLING, State.UNINSTALLED])
def test_an_application_that_is_not_installed_hears_nothing(
    state: State, portal: PortalInTest, application: Application, through_admin: Caller
) -> None:
    through_admin.bind("ONTASKADD")
    portal.change_application(application, state=state)

    through_admin.person.call("tasks.task.add", fields={"TITLE": "A", "RESPONSIBLE_ID": 1})

    assert portal.deliveries() == []
