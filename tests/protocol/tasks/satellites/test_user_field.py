"""`task.item.userfield.*`: fields of the portal's own for its tasks. flows.md 11.8."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.satellites.wire import missing
from tests.protocol.tasks.task.wire import DENIED_WITH_SUFFIX, add_task, change, core_error, read
from tests.provenance import assumed, documented, observed

FIELD = "task.item.userfield."
NOT_FOUND = core_error("The field was not found")


def add_field(admin: Person, name: str = "ROOM", kind: str = "string", **params: Any) -> int:
    reply = admin.call(f"{FIELD}add", PARAMS={"FIELD_NAME": name, "USER_TYPE_ID": kind, **params})
    field_id: int = reply.result
    return field_id


def field(caller: Person, field_id: int) -> dict[str, Any]:
    found: dict[str, Any] = caller.call(f"{FIELD}get", ID=field_id).result
    return found


@observed("UserfieldTest::testAdd, testGet; flows.md 11.8")
def test_a_fields_name_gets_its_prefix(admin: Person, anna: Person) -> None:
    field_id = add_field(admin, "room", XML_ID="room-1", EDIT_FORM_LABEL={"en": "Room"})

    shown = field(anna, field_id)

    assert field_id > 1
    assert shown == {
        "ID": str(field_id),
        "ENTITY_ID": "TASKS_TASK",
        "FIELD_NAME": "UF_ROOM",
        "USER_TYPE_ID": "string",
        "XML_ID": "room-1",
        "SORT": "100",
        "MULTIPLE": "N",
        "MANDATORY": "N",
        "SHOW_FILTER": "N",
        "SHOW_IN_LIST": "Y",
        "EDIT_IN_LIST": "Y",
        "IS_SEARCHABLE": "N",
        "SETTINGS": [],
        "EDIT_FORM_LABEL": {"en": "Room", "de": "", "ru": ""},
        **{
            label: {"en": "", "de": "", "ru": ""}
            for label in (
                "LIST_COLUMN_LABEL",
                "LIST_FILTER_LABEL",
                "ERROR_MESSAGE",
                "HELP_MESSAGE",
            )
        },
    }


@observed("UserfieldTest::testUpdate; flows.md 11.8: one text is the label in all languages")
def test_a_label_of_one_text_is_for_all_languages(admin: Person) -> None:
    field_id = add_field(admin, SETTINGS={"SIZE": 20})

    reply = admin.call(
        f"{FIELD}update",
        ID=field_id,
        DATA={"EDIT_FORM_LABEL": "Where", "FIELD_NAME": "OTHER", "MANDATORY": "Y"},
    )

    shown = field(admin, field_id)
    assert reply.result is True
    assert shown["EDIT_FORM_LABEL"] == {"en": "Where", "de": "Where", "ru": "Where"}
    assert (shown["FIELD_NAME"], shown["MANDATORY"]) == ("UF_ROOM", "Y")
    assert shown["SETTINGS"] == {"SIZE": 20}


@documented("task-item-user-field-get-list; UserfieldTest::testList")
def test_fields_are_listed_in_order_and_filtered(admin: Person) -> None:
    add_field(admin, "ROOM")
    add_field(admin, "FLOOR", "integer")

    def names(**parameters: Any) -> list[str]:
        return [one["FIELD_NAME"] for one in admin.call(f"{FIELD}getlist", **parameters).result]

    assert names() == ["UF_ROOM", "UF_FLOOR"]
    assert names(ORDER={"ID": "desc"}) == ["UF_FLOOR", "UF_ROOM"]
    assert names(FILTER={"USER_TYPE_ID": "integer"}) == ["UF_FLOOR"]


@observed("UserfieldTest::testGetTypes, testGetFields")
def test_the_types_and_the_fields_of_a_field(anna: Person) -> None:
    types = [one["ID"] for one in anna.call(f"{FIELD}gettypes").result]
    fields = anna.call(f"{FIELD}getfields").result

    assert {"string", "integer"} <= set(types)
    assert list(fields)[:4] == ["ID", "ENTITY_ID", "FIELD_NAME", "USER_TYPE_ID"]


@observed("UserfieldUseCaseTest::testOperationsWithUserfieldFromTaskItem")
def test_a_task_holds_what_was_written_into_its_fields(admin: Person, anna: Person) -> None:
    add_field(admin, "MEETING_ROOM")
    task_id = add_task(anna, UF_MEETING_ROOM="17")["id"]

    written = read(anna, task_id, "*", "UF_MEETING_ROOM")["ufMeetingRoom"]
    change(anna, task_id, UF_MEETING_ROOM="18")

    assert written == "17"
    assert read(anna, task_id, "UF_MEETING_ROOM")["ufMeetingRoom"] == "18"
    assert "ufMeetingRoom" not in read(anna, task_id, "*")
    rows = anna.call("tasks.task.list", select=["ID", "UF_MEETING_ROOM"]).result["tasks"]
    assert [row["ufMeetingRoom"] for row in rows] == ["18"]


@assumed("a task object has each key once, so a field that would share one is refused")
def test_two_fields_never_share_a_key(admin: Person) -> None:
    add_field(admin, "A1")

    reply = admin.call(f"{FIELD}add", PARAMS={"FIELD_NAME": "A_1", "USER_TYPE_ID": "string"})

    assert reply.words.endswith("already exists<br>")


@assumed("a field is named by its whole name or its key, in the task object's own way")
@pytest.mark.parametrize("name", ["UF_A_B", "uf_a_b", "ufAB"])
def test_only_the_field_that_is_named_is_shown(admin: Person, name: str) -> None:
    add_field(admin, "AB")
    add_field(admin, "A_B")
    task_id = add_task(admin, UF_AB="one", UF_A_B="two")["id"]

    task = read(admin, task_id, name)

    assert {key: value for key, value in task.items() if key.startswith("uf")} == {"ufAB": "two"}


@assumed("whoever looks for what has changed finds it, as with every other field")
def test_a_changed_field_is_a_change_of_its_task(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    add_field(admin)
    task_id = add_task(anna, UF_ROOM="17")["id"]
    portal.clock.advance(hours=1)

    same = change(anna, task_id, UF_ROOM="17")
    other = change(anna, task_id, UF_ROOM="18")

    assert (same["changedDate"], same["outlookVersion"]) == ("2026-01-12T09:30:00+00:00", "1")
    assert (other["changedDate"], other["outlookVersion"]) == ("2026-01-12T10:30:00+00:00", "2")


@assumed("each type is read as its kind and told as text, like every field of a classic method")
@pytest.mark.parametrize(
    ("kind", "sent", "told"),
    [
        ("string", "seventeen", "seventeen"),
        ("integer", "17", "17"),
        ("integer", 17, "17"),
        ("double", "1.50", "1.5"),
        ("boolean", "Y", "1"),
        ("boolean", False, "0"),
        ("datetime", "2026-01-12T10:00:00+03:00", "2026-01-12T07:00:00+00:00"),
    ],
)
def test_a_field_has_a_type(admin: Person, kind: str, sent: object, told: str) -> None:
    add_field(admin, "IT", kind)

    task_id = add_task(admin, UF_IT=sent)["id"]

    assert read(admin, task_id, "UF_IT")["ufIt"] == told


@assumed("a value of another type is refused, not lost")
@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("integer", "many"),
        ("double", "nan"),
        ("double", {"a": 1}),
        ("boolean", "perhaps"),
        ("datetime", "soon"),
        ("string", {"a": 1}),
    ],
)
def test_a_value_of_another_type_is_refused(admin: Person, kind: str, sent: object) -> None:
    add_field(admin, "IT", kind)

    reply = admin.call("tasks.task.add", fields={"TITLE": "x", "RESPONSIBLE_ID": 1, "UF_IT": sent})

    assert reply.refusal == core_error("Incorrect value of UF_IT")


@documented("task-item-user-field-add: MULTIPLE")
def test_a_multiple_field_holds_a_list(admin: Person) -> None:
    add_field(admin, "ROOMS", "integer", MULTIPLE="Y")
    empty = add_task(admin)["id"]
    full = add_task(admin, UF_ROOMS=[17, "18", ""])["id"]

    assert read(admin, empty, "UF_ROOMS")["ufRooms"] == []
    assert read(admin, full, "UF_ROOMS")["ufRooms"] == ["17", "18"]


@assumed("nothing, in any of the ways clients write it, empties a field")
@pytest.mark.parametrize("nothing", ["", None, False, []], ids=repr)
def test_a_field_is_emptied(admin: Person, nothing: object) -> None:
    add_field(admin)
    task_id = add_task(admin, UF_ROOM="17")["id"]

    change(admin, task_id, UF_ROOM=nothing)

    assert read(admin, task_id, "UF_ROOM")["ufRoom"] is None


@documented("flows.md 5.3: required custom field empty")
def test_a_required_field_is_filled(admin: Person) -> None:
    add_field(admin, MANDATORY="Y")
    refusal = core_error("The required field UF_ROOM is empty")
    fields = {"TITLE": "x", "RESPONSIBLE_ID": 1}

    assert admin.call("tasks.task.add", fields=fields).refusal == refusal
    task_id = add_task(admin, UF_ROOM="17")["id"]
    emptied = admin.call("tasks.task.update", taskId=task_id, fields={"UF_ROOM": ""})
    assert emptied.refusal == refusal
    assert change(admin, task_id, TITLE="y")["title"] == "y"


@documented("flows.md 5.8: custom fields are appended")
def test_get_fields_tells_of_the_portals_own_fields(admin: Person) -> None:
    before = list(admin.call("tasks.task.getFields").result["fields"])
    field_id = add_field(admin, EDIT_FORM_LABEL="Room", MANDATORY="Y")

    fields = admin.call("tasks.task.getFields").result["fields"]
    admin.call(f"{FIELD}delete", ID=field_id)

    assert list(fields) == [*before, "UF_ROOM"]
    assert fields["UF_ROOM"] == {"title": "Room", "type": "string", "required": True}
    assert list(admin.call("tasks.task.getFields").result["fields"]) == before


@observed("UserfieldTest::testDelete")
def test_a_removed_field_is_nowhere(admin: Person) -> None:
    field_id = add_field(admin)
    task_id = add_task(admin, UF_ROOM="17")["id"]

    reply = admin.call(f"{FIELD}delete", ID=field_id)
    add_field(admin)

    assert reply.result is True
    assert admin.call(f"{FIELD}get", ID=field_id).refusal == NOT_FOUND
    assert read(admin, task_id, "UF_ROOM")["ufRoom"] is None


@assumed("who changes a task's fields changes these")
def test_who_only_executes_fills_no_field(admin: Person, anna: Person, boris: Person) -> None:
    add_field(admin)
    task_id = add_task(anna, boris, UF_ROOM="17")["id"]

    reply = boris.call("tasks.task.update", taskId=task_id, fields={"UF_ROOM": "18"})

    assert reply.refusal == DENIED_WITH_SUFFIX
    assert read(boris, task_id, "UF_ROOM")["ufRoom"] == "17"


@assumed("administrators make fields")
@pytest.mark.parametrize("method", ["add", "update", "delete"])
def test_only_administrators_change_fields(admin: Person, anna: Person, method: str) -> None:
    field_id = add_field(admin)

    reply = anna.call(
        FIELD + method, ID=field_id, PARAMS={"FIELD_NAME": "X"}, DATA={"XML_ID": "hers"}
    )

    assert reply.refusal == (400, "ERROR_CORE", "Access denied.")
    assert field(anna, field_id)["XML_ID"] == ""


@assumed("flows.md 11.8 names no errors")
def test_how_field_methods_refuse(admin: Person) -> None:
    add_field(admin)

    def refusal(**params: Any) -> tuple[int, str, str]:
        return admin.call(f"{FIELD}add", PARAMS=params).refusal

    assert refusal() == missing("FIELD_NAME")
    assert refusal(FIELD_NAME="X") == missing("USER_TYPE_ID")
    assert refusal(FIELD_NAME="X", USER_TYPE_ID="mood")[1] == "ERROR_ARGUMENT"
    assert refusal(FIELD_NAME="Цвет", USER_TYPE_ID="string")[1] == "ERROR_ARGUMENT"
    assert refusal(FIELD_NAME="X" * 48, USER_TYPE_ID="string")[1] == "ERROR_ARGUMENT"
    for taken in ("ROOM", "uf_room", "CRM_TASK"):
        words = refusal(FIELD_NAME=taken, USER_TYPE_ID="string")[2]
        assert words.endswith("already exists<br>")
    assert admin.call(f"{FIELD}get").refusal == missing("ID")
    assert admin.call(f"{FIELD}update", ID=9999, DATA={}).refusal == NOT_FOUND
    assert admin.call(f"{FIELD}getlist", FILTER={"MOOD": 1}).error == "ERROR_ARGUMENT"


@assumed("whatever is sent as settings is kept or left out, and breaks nothing")
@pytest.mark.parametrize("settings", [{"A": 2**70}, {"A": {"B": [1.5, None]}}, "none", 5], ids=repr)
def test_settings_break_nothing(admin: Person, settings: object) -> None:
    field_id = add_field(admin, SETTINGS=settings)

    assert field(admin, field_id)["FIELD_NAME"] == "UF_ROOM"


@assumed("a removed task leaves nothing behind")
def test_a_removed_task_takes_its_values_along(admin: Person) -> None:
    field_id = add_field(admin)
    task_id = int(add_task(admin, UF_ROOM="17")["id"])

    admin.call("tasks.task.delete", taskId=task_id)

    held = admin.portal.in_store(lambda store: store.user_fields.values([task_id], [field_id]))
    assert held == {}
