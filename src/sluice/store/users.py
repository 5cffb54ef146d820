"""The users of a portal and the departments each is in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sluice.clock import from_micros, to_micros
from sluice.domain.people import User, UserType
from sluice.domain.text import name_key
from sluice.store.database import Parameters, Row, Transaction, Value, with_id
from sluice.store.listing import Column, Condition, Kind, Window, page

# The profile texts, under the same name as column and as field of `User`.
_TEXTS = (
    "name",
    "last_name",
    "second_name",
    "title",
    "work_position",
    "xml_id",
    "time_zone",
    "personal_gender",
    "personal_birthday",
    "personal_profession",
    "personal_www",
    "personal_phone",
    "personal_mobile",
    "personal_city",
    "personal_street",
    "personal_state",
    "personal_zip",
    "personal_country",
    "personal_notes",
    "work_company",
    "work_department",
    "work_phone",
    "work_city",
    "work_country",
    "uf_employment_date",
    "uf_phone_inner",
    "uf_interests",
    "uf_skills",
)
_OTHERS = (
    "active",
    "is_admin",
    "user_type",
    "email",
    "registered_micros",
    "changed_micros",
    "last_login_micros",
)
_COLUMNS = ", ".join(["id", *_OTHERS, *_TEXTS])

# What `user.get` may filter and sort by: every text, and these.
LISTED: dict[str, Column] = {
    **{name.upper(): Column(name) for name in _TEXTS},
    "ID": Column("id", Kind.NUMBER),
    "ACTIVE": Column("active", Kind.FLAG),
    "EMAIL": Column("email_key", Kind.NAME),
    "USER_TYPE": Column("user_type"),
    "IS_ADMIN": Column("is_admin", Kind.FLAG),
    "DATE_REGISTER": Column("registered_micros", Kind.INSTANT),
    "TIMESTAMP_X": Column("changed_micros", Kind.INSTANT),
    "LAST_LOGIN": Column("last_login_micros", Kind.INSTANT),
    "FIND": Column("search_key", Kind.NAME),
}


class Users:
    """The `portal_user` table. An e-mail address, whatever its case, belongs to one user."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, user_id: int) -> User | None:
        """Return the user, or None."""
        row = self._tx.one(f"SELECT {_COLUMNS} FROM portal_user WHERE id = :id", {"id": user_id})
        return None if row is None else self._users([row])[0]

    def page(
        self,
        conditions: Sequence[Condition],
        order: Sequence[tuple[Column, bool]],
        window: Window,
        extra: tuple[str, Parameters] = ("1 = 1", {}),
    ) -> tuple[list[User], int | None]:
        """Return a page of users; `extra` is a further condition on `portal_user`."""
        rows, total = page(
            self._tx,
            columns=_COLUMNS,
            source="portal_user",
            conditions=conditions,
            order=order,
            window=window,
            extra=extra,
        )
        return self._users(rows), total

    def add(self, user: User) -> int | None:
        """Store a new user and return the id, or None when the e-mail address is taken."""
        user_id = self._tx.insert(
            "portal_user", with_id(user.id, _settings(user)), "ON CONFLICT (email_key) DO NOTHING"
        )
        if user_id is not None:
            self._set_departments(user_id, user.departments)
        return user_id

    def save(self, user: User) -> None:
        """Store every field of a user who exists, and forget who may call as whom."""
        self._tx.update("portal_user", user.id, _settings(user))
        self._tx.run("DELETE FROM user_department WHERE user_id = :id", {"id": user.id})
        self._set_departments(user.id, user.departments)
        self._tx.cache.clear()

    def with_email(self, email: str) -> int | None:
        """Return the id of the user with this e-mail address, or None."""
        row = self._tx.one(
            "SELECT id FROM portal_user WHERE email_key = :key", {"key": name_key(email)}
        )
        return None if row is None else int(row[0])

    def first_missing(self, user_ids: Iterable[int]) -> int | None:
        """Return the first id that is no user, or None. Inactive users exist (flows.md 2.2)."""
        for user_id in user_ids:
            if not self._tx.one("SELECT id FROM portal_user WHERE id = :id", {"id": user_id}):
                return user_id
        return None

    def active_among(self, user_ids: Iterable[int]) -> set[int]:
        """Return which of these users are active."""
        return {
            user_id
            for user_id in user_ids
            if self._tx.one(
                "SELECT id FROM portal_user WHERE id = :id AND active = 1", {"id": user_id}
            )
        }

    def _set_departments(self, user_id: int, departments: Iterable[int]) -> None:
        for position, department_id in enumerate(dict.fromkeys(departments)):
            self._tx.run(
                "INSERT INTO user_department (user_id, department_id, position)"
                " VALUES (:user_id, :department_id, :position)",
                {"user_id": user_id, "department_id": department_id, "position": position},
            )

    def _users(self, rows: Sequence[Row]) -> list[User]:
        return [_user(row, self._departments_of(row[0])) for row in rows]

    def _departments_of(self, user_id: int) -> tuple[int, ...]:
        rows = self._tx.all(
            "SELECT department_id FROM user_department WHERE user_id = :id ORDER BY position",
            {"id": user_id},
        )
        return tuple(row[0] for row in rows)


def _user(row: Row, departments: tuple[int, ...]) -> User:
    user_id, active, is_admin, user_type, email, registered, changed, last_login, *texts = row
    return User(
        id=user_id,
        active=active == 1,
        is_admin=is_admin == 1,
        user_type=UserType(user_type),
        email=email,
        registered=from_micros(registered),
        changed=from_micros(changed),
        last_login=None if last_login is None else from_micros(last_login),
        departments=departments,
        **dict(zip(_TEXTS, texts, strict=True)),
    )


def _settings(user: User) -> dict[str, Value]:
    return {
        "active": int(user.active),
        "is_admin": int(user.is_admin),
        "user_type": user.user_type.value,
        "email": user.email,
        "email_key": name_key(user.email),
        "registered_micros": to_micros(user.registered),
        "changed_micros": to_micros(user.changed),
        "last_login_micros": None if user.last_login is None else to_micros(user.last_login),
        "search_key": name_key(user.search_text()),
        **{name: getattr(user, name) for name in _TEXTS},
    }
