"""`batch`: many commands in one call. rest-protocol.md 11."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed

MEMBERS = ["result", "result_error", "result_total", "result_next", "result_time"]


def run(caller: Person, cmd: Any, **parameters: Any) -> dict[str, Any]:
    result: dict[str, Any] = caller.call("batch", cmd=cmd, **parameters).result
    assert list(result) == MEMBERS
    return result


@documented("settings/how-to-call-rest-api/batch")
def test_commands_are_answered_under_their_names(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    result = run(
        anna,
        {
            "flow": f"tasks.flow.Flow.get?flowId={flow.id}",
            "owner": "user.get?ID=$result[flow][ownerId]",
        },
    )

    assert result["result"]["flow"]["name"] == "Intake"
    assert result["result"]["owner"][0]["ID"] == str(anna.id)
    assert result["result_total"] == {"owner": 1}
    assert result["result_error"] == result["result_next"] == []
    assert list(result["result_time"]) == ["flow", "owner"]
    assert list(result["result_time"]["flow"]) == [
        "start",
        "finish",
        "duration",
        "processing",
        "date_start",
        "date_finish",
        "operating_reset_at",
        "operating",
    ]


@documented("settings/how-to-call-rest-api/batch")
def test_a_form_with_double_encoding(anna: Person) -> None:
    name = quote("tasks.flow.Flow.isExists?flowData[name]=" + quote("A & B = C + 100%"), safe="")

    reply = anna.portal.send(f"{anna.path}batch", body=f"cmd[there]={name}&halt=0")

    assert reply.result["result"] == {"there": {"exists": False}}


@documented("settings/how-to-call-rest-api/batch")
@pytest.mark.parametrize("halt", [1, "1", True, "true", "false", "N"])
def test_halt_ends_at_the_first_error(anna: Person, halt: object) -> None:
    result = run(anna, {"a": "profile", "b": "nothing", "c": "profile"}, halt=halt)

    assert list(result["result"]) == ["a"]
    assert list(result["result_error"]) == ["b"]


@documented("settings/how-to-call-rest-api/batch")
@pytest.mark.parametrize("halt", [0, "0", False, "", [], None])
def test_without_halt_each_command_stands_alone(anna: Person, halt: object) -> None:
    result = run(anna, {"a": "nothing", "b": "profile"}, halt=halt)

    assert list(result["result"]) == ["b"]
    assert result["result_error"] == {
        "a": {"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"}
    }
    assert list(result["result_time"]) == ["b"]


@observed("rest-protocol.md 11.3: the same pair as a direct call, scopes without words")
def test_errors_of_commands(portal: PortalInTest, anna: Person) -> None:
    narrow = portal.person(anna.id, ["user"])

    errors = run(
        narrow,
        {
            "scope": "tasks.flow.Flow.get?flowId=1",
            "nested": "batch?cmd[a]=profile",
            "download": "download",
            "argument": "user.update?",
        },
    )["result_error"]

    assert errors["scope"] == {"error": "insufficient_scope", "error_description": ""}
    for name in ("nested", "download"):
        assert errors[name] == {
            "error": "ERROR_BATCH_METHOD_NOT_ALLOWED",
            "error_description": "Method is not allowed for batch usage",
        }
    assert errors["argument"]["error"] == "ERROR_ARGUMENT"


@observed("rest-protocol.md 11.3: commands 51 and later fail one by one")
def test_at_most_fifty_commands_run(anna: Person) -> None:
    result = run(anna, {f"c{number}": "profile" for number in range(52)})

    assert len(result["result"]) == 50
    assert result["result_error"] == {
        name: {
            "error": "ERROR_BATCH_LENGTH_EXCEEDED",
            "error_description": "Max batch length exceeded",
        }
        for name in ("c50", "c51")
    }


@observed("rest-protocol.md 11.3: PHP's shapes")
def test_numbered_commands_give_lists(anna: Person) -> None:
    both = run(anna, ["profile", "nothing"])
    other = run(anna, {"0": "nothing", "1": "profile"})

    assert isinstance(both["result"], list)
    assert list(both["result_error"]) == ["1"]
    assert isinstance(other["result_error"], list)
    assert list(other["result"]) == ["1"]


@observed("rest-protocol.md 11.3, 11.1")
@pytest.mark.parametrize("cmd", [None, [], {}, "", "rubbish", 5, [5, None, ["profile"]]])
def test_no_command_is_five_empty_members(anna: Person, cmd: Any) -> None:
    assert set(map(str, run(anna, cmd).values())) == {"[]"}


@assumed("a map or a list may come as JSON text")
def test_commands_as_json_text(anna: Person) -> None:
    assert list(run(anna, json.dumps({"me": "profile"}))["result"]) == ["me"]


@observed("rest-protocol.md 11.2")
@pytest.mark.parametrize(
    "command", ["profile", "profile?", "profile?&", "PROFILE.json", "profile#x?y", "profile?auth=x"]
)
def test_ways_to_write_a_command(anna: Person, command: str) -> None:
    assert run(anna, {"me": command})["result"]["me"]["ID"] == str(anna.id)


@observed("php BatchTest, rest-protocol.md 10: chains by the last id of a page")
def test_a_fast_list_chain(portal: PortalInTest, admin: Person) -> None:
    for number in range(70):
        portal.add_user(f"User{number:02}")
    links = {"r0": "user.get?start=-1&order[ID]=ASC&sort=ID&filter[>ID]=0"}
    for number in range(1, 4):
        last = f"$result[r{number - 1}][49][ID]"
        links[f"r{number}"] = f"user.get?start=-1&sort=ID&filter[%3EID]={last}"

    result = run(admin, links)

    assert [len(result["result"][name]) for name in links] == [50, 21, 0, 0]
    assert result["result_error"] == result["result_total"] == []


@observed("rest-protocol.md 11.3: a page's total and next")
def test_lists_tell_total_and_next(portal: PortalInTest, admin: Person) -> None:
    for number in range(60):
        portal.add_user(f"User{number:02}")

    result = run(admin, {"first": "user.get", "second": "user.get?start=50"})

    assert result["result_total"] == {"first": 61, "second": 61}
    assert result["result_next"] == {"first": 50}


@assumed("each command stands or falls alone, in one commit")
def test_a_failed_command_undoes_itself_alone(portal: PortalInTest, admin: Person) -> None:
    def create(name: str, person: int) -> str:
        fields = {
            "name": name,
            "plannedCompletionTime": 3600,
            "distributionType": "queue",
            "responsibleList][0][0": "user",
            "responsibleList][0][1": person,
        }
        query = "&".join(f"flowData[{key}]={value}" for key, value in fields.items())
        return f"tasks.flow.Flow.create?{query}"

    result = run(
        admin,
        {"a": create("A", 1), "b": create("B", 99), "c": create("C", 1), "d": create("A", 1)},
    )

    assert list(result["result"]) == ["a", "c"]
    assert list(result["result_error"]) == ["b", "d"]
    assert [portal.group_named(name) is not None for name in "ABC"] == [True, False, True]
    assert portal.has_flow(result["result"]["c"]["id"])


@observed("rest-protocol.md 4: time of the outer call")
def test_the_call_itself_is_timed(anna: Person) -> None:
    body = anna.call("batch", cmd={"me": "profile"}).body

    assert list(body) == ["result", "time"]


@observed("rest-protocol.md 3.5, 11: the outer call is authenticated as any other")
def test_a_batch_needs_a_credential(portal: PortalInTest) -> None:
    reply = portal.send("/rest/batch", body="cmd[me]=profile")

    assert (reply.status, reply.error) == (401, "NO_AUTH_FOUND")
