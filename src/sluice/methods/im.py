"""`im.notify.*`: what people are told, and what of it they have read.

Source: flows.md 11.6. Everybody reads and removes their own notifications, and no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from sluice.domain.notification import (
    LARGEST_ATTACHMENT_BYTES,
    MOST_TOLD,
    SYSTEM,
    Notification,
    Type,
    to_html,
)
from sluice.domain.people import User, UserType
from sluice.errors import (
    AnswerTextEmpty,
    AttachmentInvalid,
    AttachmentOversize,
    MessageEmpty,
    NotificationIdInvalid,
    NotificationParamsInvalid,
    NotificationUserEmpty,
)
from sluice.messages import ENGLISH, text_of, translated
from sluice.methods.tasks import notifications as of_tasks
from sluice.rest.call import Call
from sluice.rest.listing import read_filter
from sluice.rest.method import classic
from sluice.rest.wire_types import as_flag, as_instant, as_integer, as_list
from sluice.store.notifications import LISTED

# What programs send comes from this module, as this kind of event (assumed).
MODULE, EVENT = "rest", "rest_notify"

_MODULES = {
    of_tasks.MODULE: (
        text_of("Tasks and flows"),
        {
            **{notice.value: title for notice, title in of_tasks.FLOW_TITLES.items()},
            **of_tasks.TASK_TITLES,
        },
    ),
    MODULE: (text_of("Applications"), {EVENT: text_of("Message from an application")}),
}


@classic("im.notify", scope="im")
def notify(
    call: Call,
    user_id: int = 0,
    message: str = "",
    type: str = "USER",
    tag: str = "",
    sub_tag: str = "",
    attach: object = None,
) -> int:
    """Tell a user something: in the caller's name, or with `TYPE` `SYSTEM` in the portal's.

    Source: im-notify; flows.md 11.6. `MESSAGE_OUT`, the text for letters, is accepted and not
    used: nothing is sent by mail.

    Raises:
        NotificationUserEmpty, MessageEmpty, AttachmentInvalid, AttachmentOversize
    """
    if type.upper() == "SYSTEM":
        return system_add(call, user_id, message, tag, sub_tag, attach)
    return personal_add(call, user_id, message, tag, sub_tag, attach)


@classic("im.notify.personal.add", scope="im")
def personal_add(
    call: Call,
    user_id: int = 0,
    message: str = "",
    tag: str = "",
    sub_tag: str = "",
    attach: object = None,
) -> int:
    """Tell a user something in the caller's name. Source: im-notify-personal-add.

    Raises:
        NotificationUserEmpty, MessageEmpty, AttachmentInvalid, AttachmentOversize
    """
    return _told(call, call.actor.user_id, user_id, message, tag, sub_tag, attach)


@classic("im.notify.system.add", scope="im")
def system_add(
    call: Call,
    user_id: int = 0,
    message: str = "",
    tag: str = "",
    sub_tag: str = "",
    attach: object = None,
) -> int:
    """Tell a user something in the portal's name. Source: im-notify-system-add.

    Raises:
        NotificationUserEmpty, MessageEmpty, AttachmentInvalid, AttachmentOversize
    """
    return _told(call, SYSTEM, user_id, message, tag, sub_tag, attach)


@classic("im.notify.get", scope="im", writes=False, long=True)
def get(
    call: Call,
    last_id: int = 0,
    last_type: int = 0,
    limit: int = MOST_TOLD,
    convert_text: object = None,
) -> dict[str, Any]:
    """Return what the caller was told, at most 50: first what waits for an answer, then the newest.

    Source: im-notify-get. `LAST_ID` and `LAST_TYPE` are those of the last one that was read.
    """
    after = None
    if last_id > 0:
        after = (Type.CONFIRM if last_type == Type.CONFIRM else Type.FROM_SYSTEM, last_id)
    user_id = call.actor.user_id
    found = call.store.notifications.newest(user_id, _limit(limit), after=after)
    totals = call.store.notifications.totals(user_id)
    return {
        "total_count": totals.all,
        "total_unread_count": totals.unread,
        "chat_id": user_id,
        **_written(call, found, convert_text),
    }


@classic("im.notify.read", scope="im")
def read(call: Call, id: int = 0, action: object = "Y", only_current: object = None) -> bool:
    """Mark a notification and, unless `ONLY_CURRENT` is Y, all later ones as read or unread.

    Source: im-notify-read. Rule (assumed): those that wait for an answer are marked only by name.
    """
    read = as_flag(action) is not False
    if as_flag(only_current):
        call.store.notifications.mark(call.actor.user_id, [id], read=read)
    else:
        call.store.notifications.mark_from(call.actor.user_id, id, read=read)
    return True


@classic("im.notify.read.list", scope="im")
def read_list(call: Call, ids: object = None, action: object = "Y") -> bool:
    """Mark notifications as read or unread. Source: im-notify-read-list.

    Raises:
        NotificationParamsInvalid: `IDS` is no list of ids.
    """
    listed = as_list(ids)
    if not listed:
        raise NotificationParamsInvalid
    wanted = [number for item in listed if (number := as_integer(item)) is not None]
    if len(wanted) < len(listed):
        raise NotificationParamsInvalid
    for start in range(0, len(wanted), 500):
        call.store.notifications.mark(
            call.actor.user_id, wanted[start : start + 500], read=as_flag(action) is not False
        )
    return True


@classic("im.notify.read.all", scope="im")
def read_all(call: Call) -> dict[str, Any]:
    """Mark everything that waits for no answer as read. Source: im-notify-read-all.

    Rule (assumed): the documentation shows no members of the answer.
    """
    user_id = call.actor.user_id
    marked = call.store.notifications.mark_from(user_id, 0, read=True)
    unread = call.store.notifications.totals(user_id).unread
    return {"chat_id": user_id, "read_count": marked, "total_unread_count": unread}


@classic("im.notify.delete", scope="im")
def delete(call: Call, id: int = 0, tag: str = "", sub_tag: str = "") -> bool:
    """Remove a notification of the caller's; tell whether there was one.

    Source: im-notify-delete. Without `ID`, those with the `TAG` and the `SUB_TAG` are removed.

    Raises:
        NotificationIdInvalid: there is neither an id nor a tag.
    """
    if id > 0:
        return call.store.notifications.remove(call.actor.user_id, id)
    if not tag and not sub_tag:
        raise NotificationIdInvalid
    return call.store.notifications.remove_tagged(call.actor.user_id, tag=tag, sub_tag=sub_tag)


@classic("im.notify.answer", scope="im", writes=False)
def answer(call: Call, notify_id: int = 0, answer_text: str = "") -> dict[str, Any]:
    """Answer a notification that takes quick answers; none does here, so none is heard.

    Source: im-notify-answer.

    Raises:
        NotificationIdInvalid, AnswerTextEmpty
    """
    _find(call, notify_id)
    if not answer_text.strip():
        raise AnswerTextEmpty
    return {"result_message": False}


@classic("im.notify.confirm", scope="im", writes=False)
def confirm(call: Call, notify_id: int = 0, notify_value: str = "") -> dict[str, Any]:
    """Press a button of a notification that has some; none has here, so nothing happens.

    Source: im-notify-confirm.

    Raises:
        NotificationIdInvalid
    """
    _find(call, notify_id)
    return {"result_message": False}


@classic("im.notify.schema.get", scope="im", writes=False)
def schema_get(call: Call) -> dict[str, Any]:
    """Return the kinds of notifications there are, by module. Source: im-notify-schema-get."""
    language = _language(call)
    return {
        module: {
            "NAME": translated(name, language),
            "MODULE_ID": module,
            "LIST": [
                {"ID": f"{module}|{event}", "NAME": translated(title, language)}
                for event, title in events.items()
            ],
        }
        for module, (name, events) in _MODULES.items()
    }


@classic("im.notify.history.search", scope="im", writes=False, long=True)
def history_search(
    call: Call,
    search_text: str | None = None,
    search_type: str | None = None,
    search_types: object = None,
    search_date: object = None,
    search_date_from: object = None,
    search_date_to: object = None,
    search_authors: object = None,
    group_tag: str | None = None,
    last_id: int = 0,
    limit: int = MOST_TOLD,
    convert_text: object = None,
) -> dict[str, Any]:
    """Return the newest of the caller's notifications that are looked for.

    Source: im-notify-history-search. Rule (assumed): types are names as `im.notify.schema.get` has
    them; dates are days of the portal's; `GROUP_TAG` is the tag.
    """
    types = [name for name in (search_type, *(as_list(search_types) or ())) if name]
    authors = as_list(search_authors)
    first, last = (search_date, search_date) if search_date else (search_date_from, search_date_to)
    filters: dict[str, Any] = {
        "%TEXT": search_text or None,
        "@TYPE": types or None,
        "@AUTHOR": authors or None,
        "=TAG": group_tag or None,
        ">=SENT": _day(call, first, days_later=0),
        "<SENT": _day(call, last, days_later=1),
        "<ID": last_id if last_id > 0 else None,
    }
    wanted = {name: value for name, value in filters.items() if value is not None}
    found = call.store.notifications.search(
        call.actor.user_id, read_filter(wanted, LISTED, call.zone), _limit(limit)
    )
    return {"chat_id": call.actor.user_id, **_written(call, found, convert_text)}


def _day(call: Call, sent: object, *, days_later: int) -> str | None:
    """Return the beginning of the day that was sent, or of a later one; None if it is no date."""
    instant = as_instant(sent, call.zone)
    if instant is None:
        return None
    day = instant.astimezone(call.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return (day + timedelta(days=days_later)).isoformat()


def _told(
    call: Call,
    author_id: int,
    user_id: int,
    message: str,
    tag: str,
    sub_tag: str,
    attach: object,
) -> int:
    """Store what a program tells a user, and return its id.

    Rule (assumed): somebody who left, or whom the caller may not know, is nobody.
    """
    known = call.store.users.known_among([user_id], call.actor)
    if not call.store.users.languages(known):
        raise NotificationUserEmpty
    attached = _attachment(attach)
    if not message.strip() and attached is None:
        raise MessageEmpty
    return call.store.notifications.add(
        Notification(
            0,
            user_id,
            author_id,
            call.now,
            Type.FROM_SYSTEM if author_id == SYSTEM else Type.FROM_USER,
            MODULE,
            EVENT,
            message,
            tag=tag,
            sub_tag=sub_tag,
            params={} if attached is None else {"ATTACH": attached},
        )
    )


def _attachment(sent: object) -> list[Any] | dict[str, Any] | None:
    """Return what is attached: a list or a map, or either of them as a text in JSON.

    Raises:
        AttachmentInvalid, AttachmentOversize
    """
    if sent is None or sent == "":
        return None
    if isinstance(sent, str):
        try:
            sent = json.loads(sent)
        except (ValueError, RecursionError):
            raise AttachmentInvalid from None
    if not isinstance(sent, (list, dict)) or not sent:
        raise AttachmentInvalid
    if len(msgspec.json.encode(sent)) > LARGEST_ATTACHMENT_BYTES:
        raise AttachmentOversize
    return sent


def _limit(limit: int) -> int:
    return min(limit, MOST_TOLD) if limit > 0 else MOST_TOLD


def _find(call: Call, notification_id: int) -> Notification:
    found = call.store.notifications.find(call.actor.user_id, notification_id)
    if found is None:
        raise NotificationIdInvalid
    return found


def _language(call: Call) -> str:
    own = call.store.users.languages([call.actor.user_id]).get(call.actor.user_id)
    return own or call.store.facts.get("language") or ENGLISH


def _written(
    call: Call, found: Sequence[Notification], convert_text: object
) -> dict[str, list[dict[str, Any]]]:
    """Return notifications and the people in them as the wire has them."""
    to_text = to_html if as_flag(convert_text) else str
    return {
        "notifications": [
            {
                "id": told.id,
                "chat_id": told.user_id,
                "author_id": told.author_id,
                "date": call.wire_time(told.sent),
                "notify_type": told.type.value,
                "notify_module": told.module,
                "notify_event": told.event,
                "notify_tag": told.tag,
                "notify_sub_tag": told.sub_tag,
                "notify_title": told.title or None,
                "setting_name": f"{told.module}|{told.event}",
                "text": to_text(told.text),
                "notify_read": "Y" if told.is_read else "N",
                "params": told.params,
            }
            for told in found
        ],
        "users": _people(call, (told.author_id for told in found)),
    }


def _people(call: Call, user_ids: Iterable[int]) -> list[dict[str, Any]]:
    return [_person(user) for user in call.store.users.with_ids(set(user_ids) - {SYSTEM})]


def _person(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "active": user.active,
        "name": user.full_name,
        "first_name": user.name,
        "last_name": user.last_name,
        "work_position": user.work_position,
        "gender": user.personal_gender or "M",
        "extranet": user.user_type is UserType.EXTRANET,
        "departments": list(user.departments),
    }
