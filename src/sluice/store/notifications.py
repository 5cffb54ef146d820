"""What people were told, and what of it they have read. flows.md 9, 11.6."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from sluice.clock import from_micros, to_micros
from sluice.domain.notification import Notification, Type
from sluice.domain.text import name_key
from sluice.store.database import Parameters, Row, Transaction
from sluice.store.listing import Column, Condition, Kind, named, where

_COLUMNS = (
    "id, user_id, author_id, sent_micros, type, module, event, text, title, tag, sub_tag, params,"
    " is_read"
)


class Totals(Struct, frozen=True):
    """How many notifications somebody has, and how many of them are unread."""

    all: int
    unread: int


# What `im.notify.history.search` looks by.
LISTED = {
    "ID": Column("id", Kind.NUMBER),
    "TEXT": Column("search_key", Kind.NAME),
    "TYPE": Column("module || '|' || event"),
    "AUTHOR": Column("author_id", Kind.NUMBER),
    "TAG": Column("tag"),
    "SENT": Column("sent_micros", Kind.INSTANT),
}


class Notifications:
    """The table `notification`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add(self, told: Notification) -> int:
        """Store something that a user is told, and return its id.

        Rule (documented): it takes the place of an older one with its tag (im-notify).
        """
        if told.tag:
            self.remove_tagged(told.user_id, tag=told.tag)
        notification_id = self._tx.insert(
            "notification",
            {
                "user_id": told.user_id,
                "author_id": told.author_id,
                "sent_micros": to_micros(told.sent),
                "type": told.type.value,
                "module": told.module,
                "event": told.event,
                "tag": told.tag,
                "sub_tag": told.sub_tag,
                "title": told.title,
                "text": told.text,
                "search_key": name_key(told.text),
                "params": msgspec.json.encode(told.params).decode(),
                "is_read": 0,
            },
        )
        assert notification_id is not None
        return notification_id

    def find(self, user_id: int, notification_id: int) -> Notification | None:
        """Return a notification of this user's, or None."""
        row = self._tx.one(
            f"SELECT {_COLUMNS} FROM notification WHERE id = :id AND user_id = :user_id",
            {"id": notification_id, "user_id": user_id},
        )
        return None if row is None else _notification(row)

    def newest(
        self, user_id: int, most: int, *, after: tuple[Type, int] | None = None
    ) -> list[Notification]:
        """Return what a user was told: first what waits for an answer, then the newest.

        Args:
            after: the last one that the caller has, by type and id.
        """
        where, parameters = "user_id = :user_id", {"user_id": user_id, "most": most}
        if after is not None:
            of_type, last_id = after
            parameters |= {"last_id": last_id}
            where += (
                " AND (type <> 1 OR id < :last_id)"
                if of_type is Type.CONFIRM
                else " AND type <> 1 AND id < :last_id"
            )
        waiting = self._listed(f"{where} AND type = 1 ORDER BY id DESC LIMIT :most", parameters)
        others = self._listed(f"{where} AND type <> 1 ORDER BY id DESC LIMIT :most", parameters)
        return [*waiting, *others][:most]

    def search(
        self, user_id: int, conditions: Sequence[Condition], most: int
    ) -> list[Notification]:
        """Return the newest of a user's notifications that meet the conditions on `LISTED`."""
        clause, parameters = where(conditions)
        return self._listed(
            f"user_id = :user_id AND {clause} ORDER BY id DESC LIMIT :most",
            {**parameters, "user_id": user_id, "most": most},
        )

    def totals(self, user_id: int) -> Totals:
        """Return how many notifications a user has."""
        counts: dict[int, int] = dict(
            self._tx.all(
                "SELECT is_read, COUNT(*) FROM notification WHERE user_id = :user_id"
                " GROUP BY is_read",
                {"user_id": user_id},
            )
        )
        return Totals(sum(counts.values()), counts.get(0, 0))

    def mark(self, user_id: int, ids: Sequence[int], *, read: bool) -> int:
        """Mark these notifications of a user's as read or unread, and return how many changed."""
        inside, parameters = named("id", ids)
        return self._mark(user_id, f"id IN ({inside})", parameters, read=read)

    def mark_from(self, user_id: int, first_id: int, *, read: bool) -> int:
        """Mark this notification and all later ones, unless they wait for an answer."""
        return self._mark(user_id, "id >= :first AND type <> 1", {"first": first_id}, read=read)

    def remove(self, user_id: int, notification_id: int) -> bool:
        """Remove a notification of a user's; tell whether there was one."""
        return bool(
            self._tx.run(
                "DELETE FROM notification WHERE id = :id AND user_id = :user_id",
                {"id": notification_id, "user_id": user_id},
            )
        )

    def remove_tagged(self, user_id: int, *, tag: str = "", sub_tag: str = "") -> bool:
        """Remove a user's notifications with a tag, a sub-tag or both; tell if there were any."""
        where, parameters = "user_id = :user_id", {"user_id": user_id}
        tags = {"tag": tag, "sub_tag": sub_tag}
        given = {name: value for name, value in tags.items() if value}
        assert given, "without a tag that would be everything"
        for name in given:
            where += f" AND {name} = :{name} AND {name} <> ''"
        return bool(
            self._tx.run(f"DELETE FROM notification WHERE {where}", {**parameters, **given})
        )

    def _listed(self, rest: str, parameters: Parameters) -> list[Notification]:
        rows = self._tx.all(f"SELECT {_COLUMNS} FROM notification WHERE {rest}", parameters)
        return [_notification(row) for row in rows]

    def _mark(self, user_id: int, which: str, parameters: Parameters, *, read: bool) -> int:
        return self._tx.run(
            f"UPDATE notification SET is_read = :read"
            f" WHERE user_id = :user_id AND is_read <> :read AND {which}",
            {**parameters, "user_id": user_id, "read": int(read)},
        )


def _notification(row: Row) -> Notification:
    return Notification(
        id=row[0],
        user_id=row[1],
        author_id=row[2],
        sent=from_micros(row[3]),
        type=Type(row[4]),
        module=row[5],
        event=row[6],
        text=row[7],
        title=row[8],
        tag=row[9],
        sub_tag=row[10],
        params=msgspec.json.decode(row[11]),
        is_read=row[12] == 1,
    )
