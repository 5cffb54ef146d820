"""`user.*`: people found, invited and changed, and what the caller is.

Source: flows.md 2.5, 11.1; rest-protocol.md 3.4, 9, 10, 16.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from msgspec.structs import replace

from sluice.domain.events import user_added
from sluice.domain.people import Role, User, UserType, check_profile
from sluice.domain.permission import can_add_users, can_edit_user, can_make_change
from sluice.errors import (
    ArgumentMissing,
    CoreAccessDenied,
    EmailTaken,
    SelfDeactivation,
    UserDepartmentMissing,
    UserFieldInvalid,
    UserNotFound,
)
from sluice.methods.tasks.flow_people import plan_look
from sluice.rest.call import Call
from sluice.rest.listing import Listed, classic_filter, classic_order, listed, read_filter
from sluice.rest.method import classic
from sluice.rest.params import Fields
from sluice.rest.wire_types import as_date, as_flag, as_integer, as_list, as_scalar_text
from sluice.store.listing import Condition, Kind
from sluice.store.users import DATES, LISTED, TEXTS

# A user's fields with their titles, in the order of the wire (flows.md 11.1).
TITLES = {
    "ID": "ID",
    "XML_ID": "External code",
    "ACTIVE": "Active",
    "NAME": "First name",
    "LAST_NAME": "Last name",
    "SECOND_NAME": "Second name",
    "TITLE": "Title",
    "EMAIL": "E-mail",
    "LAST_LOGIN": "Last login",
    "DATE_REGISTER": "Registration date",
    "TIME_ZONE": "Time zone",
    "IS_ONLINE": "Online",
    "TIMESTAMP_X": "Modified on",
    "LAST_ACTIVITY_DATE": "Last activity",
    "PERSONAL_GENDER": "Gender",
    "PERSONAL_PROFESSION": "Profession",
    "PERSONAL_WWW": "Website",
    "PERSONAL_BIRTHDAY": "Birthday",
    "PERSONAL_PHONE": "Phone",
    "PERSONAL_MOBILE": "Mobile phone",
    "PERSONAL_STREET": "Street",
    "PERSONAL_CITY": "City",
    "PERSONAL_STATE": "State",
    "PERSONAL_ZIP": "Postal code",
    "PERSONAL_COUNTRY": "Country",
    "PERSONAL_NOTES": "Notes",
    "WORK_COMPANY": "Company",
    "WORK_DEPARTMENT": "Department at the company",
    "WORK_POSITION": "Position",
    "WORK_PHONE": "Work phone",
    "WORK_CITY": "Work city",
    "WORK_COUNTRY": "Work country",
    "UF_EMPLOYMENT_DATE": "Employment date",
    "UF_DEPARTMENT": "Departments",
    "UF_INTERESTS": "Interests",
    "UF_SKILLS": "Skills",
    "UF_PHONE_INNER": "Extension number",
    "USER_TYPE": "User type",
}


@classic("user.current", scope="user", writes=False)
def current(call: Call) -> dict[str, Any]:
    """Return the caller. Source: user/user-current."""
    user = call.store.users.find(call.actor.user_id)
    assert user is not None  # nobody is ever deleted
    return user_object(user, call.zone)


@classic("user.get", scope="user", writes=False, long=True)
def get(call: Call, fields: Fields) -> Listed:
    """Return the users that meet a filter, inactive ones too, a page at a time.

    Source: user/user-get; flows.md 11.1.

    Raises:
        ArgumentError: a field cannot be filtered or sorted by.
    """
    wanted = classic_filter(fields, LISTED)
    return _page(call, fields, list(wanted.items()))


@classic("user.search", scope="user", writes=False, long=True)
def search(call: Call, fields: Fields) -> Listed:
    """Return the users whose names, positions or departments contain what is looked for.

    Source: user/user-search; flows.md 11.1. Rule (observed): case does not count, and inactive
    users are found too.

    Raises:
        ArgumentError: a field cannot be filtered or sorted by.
    """
    wanted = classic_filter(fields, LISTED)
    return _page(call, fields, [(_loosened(key, value), value) for key, value in wanted.items()])


@classic("user.add", scope="user")
def add(call: Call, fields: Fields) -> int:
    """Invite somebody: an employee to departments, an extranet user to groups.

    Source: user/user-add; flows.md 11.1.

    Raises:
        CoreAccessDenied: the caller is no administrator.
        ArgumentError: a field's value cannot be, or the e-mail address is in use.
    """
    if not can_add_users(call.actor):
        raise CoreAccessDenied
    changes = _changes(call, fields)
    if not changes.get("email"):
        raise ArgumentMissing("EMAIL")
    groups: list[int] = []
    if as_flag(fields.get("EXTRANET")):
        groups = _groups(call, fields.get("SONET_GROUP_ID"))
        changes |= {"user_type": UserType.EXTRANET, "departments": ()}
    if not groups and not changes.get("departments"):
        raise UserDepartmentMissing
    user = User(0, registered=call.now, changed=call.now, **changes)
    check_profile(user.email, user.personal_gender, user.time_zone)
    user_id = call.store.users.add(user)
    if user_id is None:
        raise EmailTaken(user.email)
    for group_id in groups:
        call.store.groups.add_member(group_id, user_id, Role.MEMBER)
    call.emit(user_added(user_id, user.email))
    return user_id


@classic("user.update", scope="user")
def update(call: Call, fields: Fields) -> bool:
    """Change what is sent of a user, and leave the rest as it is.

    Source: user/user-update; flows.md 11.1. Rule (assumed): an extranet user who is given a
    department becomes an employee. Nobody deactivates themselves, so that a portal always keeps
    an administrator.

    Raises:
        ArgumentMissing: `ID` was not sent.
        CoreAccessDenied: the caller is no administrator, and this is not theirs to change.
        UserNotFound: no user has this id, and the caller may know it.
        SelfDeactivation: the caller would switch themselves off.
        ArgumentError: a field's value cannot be, or the e-mail address is in use.
    """
    user_id = as_integer(fields.get("ID"))
    if not user_id:
        raise ArgumentMissing("ID")
    if not can_edit_user(call.actor, user_id):
        raise CoreAccessDenied
    user = call.store.users.find(user_id)
    if user is None:
        raise UserNotFound
    changed = replace(user, changed=call.now, **_changes(call, fields))
    if not can_make_change(call.actor, user, changed):
        raise CoreAccessDenied
    if user.id == call.actor.user_id and not changed.active:
        raise SelfDeactivation
    if changed.departments:
        changed = replace(changed, user_type=UserType.EMPLOYEE)
    elif user.departments:
        raise UserDepartmentMissing
    check_profile(changed.email, changed.personal_gender, changed.time_zone)
    if call.store.users.with_email(changed.email) not in (None, user.id):
        raise EmailTaken(changed.email)
    call.store.users.save(changed)
    if user.active and not changed.active:
        plan_look(call)
    return True


@classic("user.fields", scope="user", writes=False)
def fields(call: Call) -> dict[str, str]:
    """Return the fields of a user with their titles. Source: user/user-fields."""
    return TITLES


@classic("user.admin", writes=False)
def admin(call: Call) -> bool:
    """Tell whether the caller administers the portal. Source: common/users/user-admin."""
    return call.actor.is_admin


@classic("user.access", writes=False)
def access(call: Call, access: object = None) -> bool:
    """Tell whether the caller has at least one of these access codes, such as `U1`, `D17`, `AU`.

    Source: common/users/user-access.

    Raises:
        ArgumentMissing: `ACCESS` was not sent, or is empty.
    """
    codes = as_list(access) or ([access] if isinstance(access, str) and access else [])
    if not codes:
        raise ArgumentMissing("ACCESS")
    return any(isinstance(code, str) and _has_code(call, code) for code in codes)


def _has_code(call: Call, code: str) -> bool:
    """Tell whether the caller has an access code.

    Rule (observed): `AU` are all who may sign in, `G2` everybody (test_user::access).
    Rule (assumed): `G1` are the administrators; `SG5` the members of group 5.
    """
    if code in call.actor.codes or code in ("AU", "G2"):
        return True
    if code == "G1":
        return call.actor.is_admin
    group_id = as_integer(code[2:]) if code.startswith("SG") else None
    return group_id is not None and call.store.groups.has_member(group_id, call.actor.user_id)


# The wire shape of a user


def user_object(user: User, zone: tzinfo) -> dict[str, Any]:
    """Return a user as the wire has it: every field, empty when unknown (flows.md 11.1).

    Rule (assumed): calls are no presence, so nobody is ever online.
    """
    unlike_stored = {
        "ID": str(user.id),
        "LAST_LOGIN": _instant(user.last_login, zone),
        "DATE_REGISTER": _instant(user.registered, zone),
        "IS_ONLINE": "N",
        "TIMESTAMP_X": _instant(user.changed, zone),
        "LAST_ACTIVITY_DATE": _instant(user.last_login, zone),
        "PERSONAL_BIRTHDAY": _midnight(user.personal_birthday, zone),
        "UF_EMPLOYMENT_DATE": _midnight(user.uf_employment_date, zone),
        "UF_DEPARTMENT": list(user.departments),
        "USER_TYPE": user.user_type.value,
    }
    return {
        field: unlike_stored[field] if field in unlike_stored else getattr(user, field.lower())
        for field in TITLES
    }


def _instant(instant: datetime | None, zone: tzinfo) -> str:
    return "" if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")


def _midnight(day: str, zone: tzinfo) -> str:
    """Return a day as the date-time clients read: a bare date makes one of them stumble."""
    return day and datetime.fromisoformat(day).replace(tzinfo=zone).isoformat()


# Lists


def _page(call: Call, fields: Fields, wanted: list[tuple[str, Any]]) -> Listed:
    conditions = [
        condition for key, value in wanted for condition in _conditions(key, value, call.zone)
    ]
    users, total = call.store.users.page(
        conditions, classic_order(fields, LISTED), call.page.window, call.actor
    )
    selected = _selected(as_list(fields.get("SELECT")) or [])
    objects = (user_object(user, call.zone) for user in users)
    return listed([{field: one[field] for field in selected} for one in objects], total)


MOST_WORDS = 20


def _conditions(key: str, value: object, zone: tzinfo) -> Iterator[Condition]:
    """Return what one entry of a filter asks for.

    Rule (assumed): of a phrase to find, every word counts, in any order; words after the
    twentieth do not.
    """
    name = key.upper()
    text = as_scalar_text(value)
    if name not in ("FIND", "NAME_SEARCH"):
        yield from read_filter({key: value}, LISTED, zone)
    elif text is None:
        yield from read_filter({f"@{name}": []}, LISTED, zone)
    else:
        for word in text.split()[:MOST_WORDS]:
            yield from read_filter({f"%{name}": word}, LISTED, zone)


def _loosened(key: str, value: object) -> str:
    """Return a filter key of `user.search`: names are looked for inside, unless it says how."""
    name = key.upper()
    if name in ("FIND", "NAME_SEARCH") or isinstance(value, (list, dict)):
        return key
    return f"%{key}" if name in LISTED and LISTED[name].kind == Kind.NAME else key


def _selected(select: list[Any]) -> list[str]:
    names = {str(name).upper() for name in select}
    if not names or "*" in names:
        return list(TITLES)
    return [field for field in TITLES if field == "ID" or field in names]


# What the wire may set


def _changes(call: Call, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that were sent, typed and under their Python names.

    Rule (assumed): null empties a text; unknown fields, and values of a wrong kind, are as if
    they had not been sent.

    Raises:
        UserFieldInvalid: a date is none, or a department does not exist.
    """
    changes: dict[str, Any] = {}
    for name in (*TEXTS, "email"):
        if name.upper() in fields:
            value = fields[name.upper()]
            text = "" if value is None else as_scalar_text(value)
            if text is not None:
                changes[name] = text.strip()
    for name in DATES:
        if changes.get(name):
            day = as_date(changes[name])
            if day is None:
                raise UserFieldInvalid(name.upper(), "a date such as 1990-05-17, or empty")
            changes[name] = day
    active = as_flag(fields.get("ACTIVE"))
    if active is not None:
        changes["active"] = active
    if "UF_DEPARTMENT" in fields:
        changes["departments"] = _departments(call, fields["UF_DEPARTMENT"])
    return changes


def _departments(call: Call, sent: object) -> tuple[int, ...]:
    ids = _ids(sent)
    if None in ids or call.store.departments.first_missing(known := _known(ids)) is not None:
        raise UserFieldInvalid("UF_DEPARTMENT", "ids of departments")
    return tuple(known)


def _groups(call: Call, sent: object) -> list[int]:
    ids = _ids(sent)
    known = _known(ids)
    if None in ids or any(call.store.groups.find(group_id) is None for group_id in known):
        raise UserFieldInvalid("SONET_GROUP_ID", "ids of groups")
    return known


def _ids(sent: object) -> list[int | None]:
    """Return the ids of a list, or the only one; None for each that is no number."""
    if sent is None or sent == "":
        return []
    listed_ids = as_list(sent)
    return [as_integer(item) for item in ([sent] if listed_ids is None else listed_ids)]


def _known(ids: list[int | None]) -> list[int]:
    return list(dict.fromkeys(number for number in ids if number is not None))
