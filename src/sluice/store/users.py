"""The users of a portal and the departments each is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sluice.clock import from_micros, to_micros
from sluice.domain.access import Actor
from sluice.domain.people import Role, User, UserType
from sluice.domain.permission import can_see_everybody
from sluice.domain.text import name_key
from sluice.store.database import Parameters, Row, Transaction, Value, with_id
from sluice.store.listing import Column, Condition, Kind, Window, named, page

# The profile texts, under the same name as column and as field of `User`.
TEXTS = (
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
    "language",
)
_COLUMNS = ", ".join(["id", *_OTHERS, *TEXTS])

DATES = ("personal_birthday", "uf_employment_date")
# The texts that people are found by, whatever the case: each has a column of keys beside it.
_FOLDED = ("name", "last_name", "second_name", "work_position")

# What `user.get` and `user.search` may filter and sort by: every text, and these.
LISTED: dict[str, Column] = {
    **{name.upper(): Column(name) for name in TEXTS},
    **{name.upper(): Column(f"{name}_key", Kind.NAME) for name in _FOLDED},
    **{name.upper(): Column(f"NULLIF({name}, '')", Kind.DATE, sparse=True) for name in DATES},
    "ID": Column("id", Kind.NUMBER),
    "ACTIVE": Column("active", Kind.FLAG),
    "EMAIL": Column("email_key", Kind.NAME),
    "USER_TYPE": Column("user_type"),
    "IS_ADMIN": Column("is_admin", Kind.FLAG),
    "DATE_REGISTER": Column("registered_micros", Kind.INSTANT),
    "TIMESTAMP_X": Column("changed_micros", Kind.INSTANT),
    "LAST_LOGIN": Column("last_login_micros", Kind.INSTANT, sparse=True),
    "FIND": Column("search_key", Kind.NAME),
    "UF_DEPARTMENT": Column(
        "d.department_id",
        Kind.NUMBER,
        within="SELECT u.id FROM portal_user u LEFT JOIN user_department d ON d.user_id = u.id"
        " WHERE 1 = 1",
    ),
    "UF_DEPARTMENT_NAME": Column(
        "t.name_key",
        Kind.NAME,
        within="SELECT d.user_id FROM user_department d"
        " JOIN department t ON t.id = d.department_id WHERE 1 = 1",
    ),
    "NAME_SEARCH": Column("name_key || ' ' || last_name_key || ' ' || second_name_key", Kind.NAME),
}


class Users:
    """The `portal_user` table. An e-mail address, whatever its case, belongs to one user."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, user_id: int) -> User | None:
        """Return the user, or None."""
        return self._known([user_id]).get(user_id)

    def page(
        self,
        conditions: Sequence[Condition],
        order: Sequence[tuple[Column, bool]],
        window: Window,
        reader: Actor | None = None,
    ) -> tuple[list[User], int | None]:
        """Return a page of the users that the reader may know; None stands for the operator."""
        rows, total = page(
            self._tx,
            columns=_COLUMNS,
            source="portal_user",
            conditions=conditions,
            order=order,
            window=window,
            extra=_known_to(reader),
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
        """Store every field of a user who exists.

        The e-mail address must be free, see `with_email`.
        """
        self._tx.update("portal_user", user.id, _settings(user))
        self._tx.run("DELETE FROM user_department WHERE user_id = :id", {"id": user.id})
        self._set_departments(user.id, user.departments)

    def with_ids(self, user_ids: Iterable[int]) -> list[User]:
        """Return these users, in order of id; who does not exist is left out."""
        return [user for _, user in sorted(self._known(user_ids).items())]

    def _known(self, user_ids: Iterable[int]) -> dict[int, User]:
        """Return those of these users who exist, by id; kept until people change."""
        return self._tx.recall_each("user", sorted(set(user_ids)), self._read)

    def _read(self, user_ids: list[int]) -> dict[int, User]:
        inside, parameters = named("user", user_ids)
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM portal_user WHERE id IN ({inside})", parameters
        )
        return {user.id: user for user in self._users(rows)}

    def administrators(self) -> tuple[int, ...]:
        """Return the active administrators of the portal, in order of id."""
        return self._tx.recall("administrators", self._administrators)

    def _administrators(self) -> tuple[int, ...]:
        rows = self._tx.all(
            "SELECT id FROM portal_user WHERE is_admin = 1 AND active = 1 ORDER BY id"
        )
        return tuple(row[0] for row in rows)

    def time_zone(self, user_id: int) -> str:
        """Return the user's IANA time zone; empty for the portal's, or for nobody."""
        user = self.find(user_id)
        return "" if user is None else user.time_zone

    def languages(self, user_ids: Iterable[int]) -> Mapping[int, str]:
        """Return those of the users who can be told something, each with the language set.

        Rule (assumed): "Inactive recipients get nothing" (flows.md 9). The language is empty for
        the portal's.
        """
        return {user.id: user.language for user in self.with_ids(user_ids) if user.active}

    def departments_of(self, user_id: int) -> tuple[int, ...]:
        """Return the departments the user is directly in, in the user's own order."""
        user = self.find(user_id)
        return () if user is None else user.departments

    def with_email(self, email: str) -> int | None:
        """Return the id of the user with this e-mail address, or None."""
        row = self._tx.one(
            "SELECT id FROM portal_user WHERE email_key = :key", {"key": name_key(email)}
        )
        return None if row is None else int(row[0])

    def first_missing(self, user_ids: Iterable[int]) -> int | None:
        """Return the first id that is no user, or None. Inactive users exist (flows.md 2.2)."""
        user_ids = list(user_ids)
        known = self._known(user_ids)
        return next((user_id for user_id in user_ids if user_id not in known), None)

    def active_among(self, user_ids: Iterable[int]) -> set[int]:
        """Return which of these users are active."""
        return {user_id for user_id, user in self._known(user_ids).items() if user.active}

    def known_among(self, user_ids: Iterable[int], reader: Actor) -> set[int]:
        """Return which of these users exist and may be known to the reader."""
        known, parameters = _known_to(reader)
        inside, ids = named("user", sorted(set(user_ids)))
        rows = self._tx.all(
            f"SELECT id FROM portal_user WHERE id IN ({inside}) AND {known}",
            {**parameters, **ids},
        )
        return {row[0] for row in rows}

    def _set_departments(self, user_id: int, departments: Iterable[int]) -> None:
        for position, department_id in enumerate(dict.fromkeys(departments)):
            self._tx.run(
                "INSERT INTO user_department (user_id, department_id, position)"
                " VALUES (:user_id, :department_id, :position)",
                {"user_id": user_id, "department_id": department_id, "position": position},
            )

    def _users(self, rows: Sequence[Row]) -> list[User]:
        departments = self._departments_of([row[0] for row in rows])
        return [_user(row, tuple(departments.get(row[0], ()))) for row in rows]

    def _departments_of(self, user_ids: Sequence[int]) -> dict[int, list[int]]:
        """Return the departments of each of these users who has any, in the user's own order."""
        ids, parameters = named("id", user_ids)
        departments: dict[int, list[int]] = {}
        for user_id, department_id in self._tx.all(
            f"SELECT user_id, department_id FROM user_department WHERE user_id IN ({ids})"
            " ORDER BY user_id, position, department_id",
            parameters,
        ):
            departments.setdefault(user_id, []).append(department_id)
        return departments


def _known_to(reader: Actor | None) -> tuple[str, Parameters]:
    """Return `can_see_everybody`, and what is left to a guest, as a condition on `portal_user`."""
    if reader is None or can_see_everybody(reader):
        return "1 = 1", {}
    return (
        "(id = :reader OR id IN (SELECT theirs.user_id FROM workgroup_member mine"
        " JOIN workgroup_member theirs ON theirs.group_id = mine.group_id"
        " WHERE mine.user_id = :reader AND mine.role <> :request AND theirs.role <> :request))",
        {"reader": reader.user_id, "request": Role.REQUEST},
    )


def _user(row: Row, departments: tuple[int, ...]) -> User:
    user_id, active, is_admin, user_type, email, registered, changed, *others = row
    last_login, language, *texts = others
    return User(
        id=user_id,
        active=active == 1,
        is_admin=is_admin == 1,
        user_type=UserType(user_type),
        email=email,
        registered=from_micros(registered),
        changed=from_micros(changed),
        last_login=None if last_login is None else from_micros(last_login),
        language=language,
        departments=departments,
        **dict(zip(TEXTS, texts, strict=True)),
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
        "language": user.language,
        "search_key": name_key(user.search_text()),
        **{name: getattr(user, name) for name in TEXTS},
        **{f"{name}_key": name_key(getattr(user, name)) for name in _FOLDED},
    }
