"""`im.notify.*`: telling, reading, removing. flows.md 11.6."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sluice.clock import VirtualClock
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed


def told(person: Person, **parameters: Any) -> list[dict[str, Any]]:
    """Return what somebody was told, newest first."""
    found: list[dict[str, Any]] = person.call("im.notify.get", **parameters).result["notifications"]
    return found


def tell(teller: Person, person: Person, message: str, **parameters: Any) -> int:
    reply = teller.call("im.notify", USER_ID=person.id, MESSAGE=message, **parameters)
    assert isinstance(reply.result, int)
    return reply.result


def ids(found: list[dict[str, Any]]) -> list[int]:
    return [one["id"] for one in found]


@documented("im-notify-get")
def test_what_a_program_tells_a_user_is_read_by_that_user(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    sent = tell(admin, anna, "Lunch at [B]noon[/B]", TAG="lunch", SUB_TAG="food")

    answer = anna.call("im.notify.get").result

    assert answer["total_count"] == answer["total_unread_count"] == 1
    assert answer["chat_id"] == anna.id
    assert answer["notifications"] == [
        {
            "id": sent,
            "chat_id": anna.id,
            "author_id": admin.id,
            "date": "2026-01-12T09:30:00+00:00",
            "notify_type": 2,
            "notify_module": "rest",
            "notify_event": "rest_notify",
            "notify_tag": "lunch",
            "notify_sub_tag": "food",
            "notify_title": None,
            "setting_name": "rest|rest_notify",
            "text": "Lunch at [B]noon[/B]",
            "notify_read": "N",
            "params": [],  # quirk: an empty map, as PHP writes it
        }
    ]
    assert [user["id"] for user in answer["users"]] == [admin.id]
    assert told(admin) == []


@documented("im-notify: TYPE")
@pytest.mark.parametrize(
    ("method", "parameters", "kind"),
    [
        ("im.notify", {}, 2),
        ("im.notify", {"TYPE": "USER"}, 2),
        ("im.notify", {"TYPE": "SYSTEM"}, 3),
        ("im.notify.personal.add", {}, 2),
        ("im.notify.system.add", {}, 3),
    ],
)
def test_who_speaks_follows_from_the_method(
    method: str, parameters: dict[str, str], kind: int, admin: Person, anna: Person
) -> None:
    admin.call(method, USER_ID=anna.id, MESSAGE="Hello", MESSAGE_OUT="Dear Anna", **parameters)

    (one,) = told(anna)
    assert (one["notify_type"], one["author_id"]) == (kind, admin.id if kind == 2 else 0)


@documented("im-notify: TAG")
def test_a_tag_in_use_removes_the_older_one(admin: Person, anna: Person, boris: Person) -> None:
    tell(admin, anna, "one", TAG="t")
    tell(admin, boris, "his own", TAG="t")
    tell(admin, anna, "without a tag")
    last = tell(admin, anna, "two", TAG="t")

    assert [one["text"] for one in told(anna)] == ["two", "without a tag"]
    assert told(anna)[0]["id"] == last
    assert [one["text"] for one in told(boris)] == ["his own"]


@documented("im-notify: errors")
def test_refusals_of_telling(admin: Person, anna: Person) -> None:
    def refusal(**parameters: Any) -> tuple[int, str, str]:
        return admin.call("im.notify", **parameters).refusal

    nobody = (400, "USER_ID_EMPTY", "User ID can't be empty")
    assert refusal(MESSAGE="x") == nobody
    assert refusal(MESSAGE="x", USER_ID=9999) == nobody
    assert refusal(USER_ID=anna.id, MESSAGE=" ")[1] == "MESSAGE_EMPTY"
    assert refusal(USER_ID=anna.id, MESSAGE="x", ATTACH="no json")[1] == "ATTACH_ERROR"
    assert refusal(USER_ID=anna.id, MESSAGE="x", ATTACH="[" * 5000)[1] == "ATTACH_ERROR"
    assert refusal(USER_ID=anna.id, MESSAGE="x", ATTACH=[{"M": "x" * 60_000}])[1] == (
        "ATTACH_OVERSIZE"
    )
    assert told(anna) == []


@documented("im-notify: ATTACH")
@pytest.mark.parametrize("attach", ['[{"MESSAGE": "x"}]', [{"MESSAGE": "x"}]])
def test_an_attachment_is_kept(attach: object, admin: Person, anna: Person) -> None:
    tell(admin, anna, "", ATTACH=attach)

    assert told(anna)[0]["params"] == {"ATTACH": [{"MESSAGE": "x"}]}


@assumed("flows.md 9: inactive recipients get nothing")
def test_who_left_or_is_unknown_to_the_caller_is_told_nothing(
    portal: PortalInTest, admin: Person, anna: Person, guest: Person
) -> None:
    assert guest.call("im.notify", USER_ID=anna.id, MESSAGE="x").error == "USER_ID_EMPTY"
    admin.call("user.update", ID=anna.id, ACTIVE="N")
    assert admin.call("im.notify", USER_ID=anna.id, MESSAGE="x").error == "USER_ID_EMPTY"


@documented("im-notify-get: LAST_ID, LIMIT")
def test_pages_follow_the_last_one_read(admin: Person, anna: Person) -> None:
    sent = [tell(admin, anna, str(number)) for number in range(60)]

    first = told(anna)
    assert ids(first) == sent[:9:-1]
    assert ids(told(anna, LAST_ID=first[-1]["id"], LAST_TYPE=3)) == sent[9::-1]
    assert ids(told(anna, LIMIT=2)) == sent[:57:-1]
    assert len(told(anna, LIMIT=500)) == 50


@documented("im-notify-get: CONVERT_TEXT")
def test_codes_are_converted_when_asked(admin: Person, anna: Person) -> None:
    tell(admin, anna, "[B]<1>[/B]")

    assert told(anna, CONVERT_TEXT="Y")[0]["text"] == "<b>&lt;1&gt;</b>"


@documented("im-notify-read: ONLY_CURRENT")
def test_one_is_marked_or_all_from_it_on(admin: Person, anna: Person) -> None:
    first, second, third = (tell(admin, anna, text) for text in "abc")

    def unread() -> list[int]:
        return ids([one for one in told(anna) if one["notify_read"] == "N"])

    assert anna.call("im.notify.read", ID=second, ONLY_CURRENT="Y").result is True
    assert unread() == [third, first]
    anna.call("im.notify.read", ID=second, ACTION="N", ONLY_CURRENT="Y")
    assert unread() == [third, second, first]
    anna.call("im.notify.read", ID=second)
    assert unread() == [first]
    anna.call("im.notify.read", ID=first, ACTION="N")
    assert unread() == [third, second, first]


@observed("flows.md 12.2: testMarkMessagesAsRead, testMarkMessagesAsUnread; 11.6")
def test_lists_are_marked(admin: Person, anna: Person, boris: Person) -> None:
    first, second, third = (tell(admin, anna, text) for text in "abc")

    assert boris.call("im.notify.read.list", IDS=[first]).result is True  # none of his
    assert anna.call("im.notify.get").result["total_unread_count"] == 3
    assert anna.call("im.notify.read.list", IDS=[first, str(third)], ACTION="Y").result is True
    assert [one["id"] for one in told(anna) if one["notify_read"] == "N"] == [second]
    anna.call("im.notify.read.list", IDS=[first], ACTION="N")
    assert anna.call("im.notify.get").result["total_unread_count"] == 2
    wrongs: tuple[dict[str, object], ...] = ({}, {"IDS": "5"}, {"IDS": []}, {"IDS": ["x"]})
    for wrong in wrongs:
        assert anna.call("im.notify.read.list", **wrong).error == "PARAMS_ERROR"


@documented("im-notify-read-all")
def test_everything_is_marked(admin: Person, anna: Person, boris: Person) -> None:
    for _ in range(3):
        tell(admin, anna, "x")
    tell(admin, boris, "x")

    assert isinstance(anna.call("im.notify.read.all").result, dict)

    assert anna.call("im.notify.get").result["total_unread_count"] == 0
    assert boris.call("im.notify.get").result["total_unread_count"] == 1


@documented("im-notify-delete")
def test_ones_own_are_removed_and_no_others(admin: Person, anna: Person, boris: Person) -> None:
    first = tell(admin, anna, "a")
    tell(admin, anna, "b", TAG="t", SUB_TAG="s")
    tell(admin, anna, "c", TAG="u", SUB_TAG="s")

    assert boris.call("im.notify.delete", ID=first).result is False
    assert anna.call("im.notify.delete", ID=first).result is True
    assert anna.call("im.notify.delete", ID=first).result is False
    assert anna.call("im.notify.delete", TAG="t").result is True
    assert [one["text"] for one in told(anna)] == ["c"]
    assert anna.call("im.notify.delete", SUB_TAG="s").result is True
    assert told(anna) == []
    assert anna.call("im.notify.delete").error == "ID_ERROR"


@observed("flows.md 12.2: testAnswer, testConfirm")
def test_plain_ones_take_no_answer(admin: Person, anna: Person, boris: Person) -> None:
    sent = tell(admin, anna, "a")

    answered = anna.call("im.notify.answer", NOTIFY_ID=sent, ANSWER_TEXT="yes")
    assert answered.result == {"result_message": False}
    confirmed = anna.call("im.notify.confirm", NOTIFY_ID=sent, NOTIFY_VALUE="Y")
    assert confirmed.result == {"result_message": False}
    assert anna.call("im.notify.answer", NOTIFY_ID=sent).error == "ANSWER_TEXT_ERROR"
    assert boris.call("im.notify.confirm", NOTIFY_ID=sent, NOTIFY_VALUE="Y").error == "ID_ERROR"


@documented("im-notify-schema-get")
def test_the_kinds_are_told_in_the_users_language(portal: PortalInTest, anna: Person) -> None:
    schema = anna.call("im.notify.schema.get").result
    assert schema["tasks"]["NAME"] == "Tasks and flows"
    assert {"ID": "tasks|untaken", "NAME": "Task not taken"} in schema["tasks"]["LIST"]

    portal.set_language(anna, "ru")
    assert anna.call("im.notify.schema.get").result["tasks"]["NAME"] == "Задачи и потоки"


@documented("im-notify-history-search")
def test_the_past_is_searched(admin: Person, anna: Person, clock: VirtualClock) -> None:
    one = tell(admin, anna, "Запуск 100% done")
    clock.advance(days=1)
    two = tell(admin, anna, "запуск later", TAG="later")
    three = tell(admin, anna, "else")
    yesterday = (clock.now() - timedelta(days=1)).date().isoformat()

    def found(**parameters: Any) -> list[int]:
        answer = anna.call("im.notify.history.search", **parameters).result
        authors = {admin.id} if answer["notifications"] else set()
        assert {user["id"] for user in answer["users"]} == authors
        return ids(answer["notifications"])

    assert found(SEARCH_TEXT="ЗАПУСК") == [two, one]
    assert found(SEARCH_TEXT="0%") == [one]
    assert found(SEARCH_DATE=yesterday) == [one]
    assert found(SEARCH_DATE_TO=yesterday) == [one]
    assert found(SEARCH_DATE_FROM=clock.now().isoformat()) == [three, two]
    assert found(SEARCH_AUTHORS=[admin.id], SEARCH_TYPE="rest|rest_notify") == [three, two, one]
    assert found(GROUP_TAG="later") == [two]
    assert found(SEARCH_TYPES=["rest|rest_notify"]) == [three, two, one]
    assert found(LAST_ID=three, LIMIT=1) == [two]
    assert found(SEARCH_TYPES=["tasks|untaken"]) == found(SEARCH_AUTHORS=[anna.id]) == []


@documented("scopes")
def test_it_needs_the_scope_im(portal: PortalInTest, anna: Person) -> None:
    assert portal.person(anna.id, ["task"]).call("im.notify.get").error == "insufficient_scope"
