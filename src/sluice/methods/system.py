"""What a portal tells about itself: scopes, methods, time, features, names of access codes.

Source: rest-protocol.md 3.4, 16.1, 16.2, 16.4; flows.md 11.2. None of these needs a scope.
"""

from __future__ import annotations

import re
from typing import Any

from sluice.errors import ArgumentError, CodeEmpty
from sluice.rest.call import Call
from sluice.rest.method import SCOPES, Method, classic, method
from sluice.rest.wire_types import as_truth
from sluice.store.tables import Store

FEATURES = frozenset(("rest_auth_connector",))


@classic("scope", writes=False)
def scope(call: Call, full: object = None) -> list[str]:
    """Return the scopes the credential was granted, with `full` all there are.

    Source: common/system/scope.
    """
    return list(SCOPES) if _is_asked(full) else granted(call)


@classic("methods", writes=False)
def methods(call: Call, scope: str | None = None, full: object = None) -> list[str]:
    """Return the names of the methods the credential may call, in lower case.

    With `full` those of every scope, with `scope` those of this scope alone; an empty `scope`
    stands for the methods that need none. Source: common/system/methods.
    """
    return sorted(
        offered.name.lower()
        for offered in call.table
        if offered.listed and (_is_asked(full) or _is_in(offered, scope, call))
    )


# Quirk: not `NAME`; unlike other classic methods this one takes its parameter's name, and the
# value, as they stand (rest-protocol.md 6, 16.1). It finds what `methods` and the pages print.
@method("method.get", writes=False)
def method_get(call: Call, name: str = "") -> dict[str, bool]:
    """Tell whether a method exists, and whether the credential's scopes are enough to call it.

    Source: common/system/method-get.
    """
    found = call.table.find(name) if name in call.table else None
    if found is None or name not in (found.name, found.name.lower()):
        return {"isExisting": False, "isAvailable": False}
    return {"isExisting": True, "isAvailable": found.allowed(call.actor.scopes)}


@classic("server.time", writes=False)
def server_time(call: Call) -> str:
    """Return the portal's time. Source: common/system/server-time."""
    return call.wire_time(call.now)


@classic("feature.get", writes=False)
def feature_get(call: Call, code: str = "") -> dict[str, str]:
    """Tell whether the portal has a feature: Y or N.

    Source: common/system/feature-get. Rule (observed): an official client reads nothing but Y
    and N, so a feature nobody knows is N (rest-protocol.md 16.1).

    Raises:
        CodeEmpty: `CODE` is missing or empty.
    """
    if not code:
        raise CodeEmpty
    return {"value": "Y" if code in FEATURES else "N"}


@classic("access.name", writes=False)
def access_name(call: Call, access: list[Any] | None = None) -> dict[str, dict[str, str]]:
    """Return the names of access codes, such as `U1`, `DR17`, `SG4` or `AU`.

    Source: common/users/access-name. Rule (assumed): a code that names nobody is left out.

    Raises:
        ArgumentError: `ACCESS` is missing, or no list.
    """
    if access is None:
        raise ArgumentError("Argument 'ACCESS' is null or empty", argument="ACCESS")
    codes = dict.fromkeys(code for code in access if isinstance(code, str))
    return {code: named for code in codes if (named := _named(call, code)) is not None}


def _is_asked(full: object) -> bool:
    # Rule (assumed): a bare `?full` asks for it too; flows.md 11.2 writes it so.
    return full == "" or as_truth(full)


def granted(call: Call) -> list[str]:
    """Return the scopes of the credential, in the order of `SCOPES`."""
    return [scope for scope in SCOPES if scope in call.actor.scopes]


def _is_in(offered: Method, scope: str | None, call: Call) -> bool:
    if scope is None:
        return offered.allowed(call.actor.scopes)
    return scope in offered.granted_by if offered.granted_by else scope == ""


_EVERYBODY = {"AU": "All authorized users", "G2": "All users", "UA": "All employees"}
_PROVIDERS = {
    "U": ("Users", "user"),
    "D": ("Departments", "intranet"),
    "DR": ("Departments", "intranet"),
    "SG": ("Workgroups", "socnetgroup"),
}
# Nineteen digits may already be more than an id can be.
_CODE = re.compile(r"(U|DR?|SG)([1-9][0-9]{0,17})")


def _named(call: Call, code: str) -> dict[str, str] | None:
    """Return what the wire tells of an access code, or None when the code names nobody."""
    if code in _EVERYBODY:
        return {"provider": "", "name": _EVERYBODY[code], "provider_id": "other"}
    understood = _CODE.fullmatch(code)
    if understood is None:
        return None
    kind, number = understood.groups()
    name = _name_of(call.store, kind, int(number))
    if name is None:
        return None
    provider, provider_id = _PROVIDERS[kind]
    return {"provider": provider, "name": name, "provider_id": provider_id}


def _name_of(store: Store, kind: str, number: int) -> str | None:
    if kind == "U":
        user = store.users.find(number)
        return None if user is None else user.full_name
    if kind == "SG":
        group = store.groups.find(number)
        return None if group is None else group.name
    department = store.departments.find(number)
    if department is None:
        return None
    return f"{department.name} and its subdepartments" if kind == "DR" else department.name
