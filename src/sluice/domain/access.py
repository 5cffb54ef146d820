"""Member codes, the people they mean, and the actor who calls.

A list such as `responsibleList` names users, departments and everybody. The wire has pairs
(`["department", "17:F"]`); the store and the rights compare access codes (`D17`).
Source: flows.md 2.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from sluice.domain.application import Token

USER, DEPARTMENT, META_USER = "user", "department", "meta-user"
EVERYBODY = "all-users"


class Member(Struct, frozen=True):
    """One entry of a member list.

    Attributes:
        kind: `user`, `department` or `meta-user`.
        id: the user's or department's id; 0 for everybody.
        flat: only people directly in the department; otherwise its sub-departments count too.
    """

    kind: str
    id: int
    flat: bool = False

    @property
    def pair(self) -> list[str]:
        """The wire form; the second element is always a string."""
        if self.kind == META_USER:
            return [META_USER, EVERYBODY]
        return [self.kind, f"{self.id}:F" if self.flat else str(self.id)]

    @property
    def code(self) -> str:
        """The access code: `U3`, `D17` (flat), `DR17` (with sub-departments) or `UA`."""
        if self.kind == META_USER:
            return "UA"
        if self.kind == USER:
            return f"U{self.id}"
        return f"D{self.id}" if self.flat else f"DR{self.id}"


def member_from_pair(kind: object, value: object) -> Member | None:
    """Return the member a pair names, or None when it names nothing.

    Rule (documented): without `:F` a department includes its sub-departments, with it not.
    Rule (observed): the id may be a number or a digit string (FlowTest::testCreate).
    """
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if kind == META_USER:
        return Member(META_USER, 0) if text == EVERYBODY else None
    flat = kind == DEPARTMENT and text.endswith(":F")
    digits = text[:-2] if flat else text
    if kind not in (USER, DEPARTMENT) or not _is_id(digits):
        return None
    return Member(str(kind), int(digits), flat)


def _is_id(digits: str) -> bool:
    # A stored id is a 64-bit number; more than 18 digits name nobody.
    return digits.isascii() and digits.isdigit() and len(digits) <= 18 and int(digits) > 0


class Actor(Struct, frozen=True):
    """Who calls, with what rights.

    Attributes:
        user_id: the user on whose behalf the call runs.
        is_admin: an administrator of the portal.
        is_intranet: an employee; False for extranet guests.
        codes: the access codes that include the user, see `codes_of`.
        scopes: what the credential was granted.
        credential: a stable name of the credential, for limits and logs; never a secret.
        token: the access token of an application that calls; None for a webhook.
    """

    user_id: int
    is_admin: bool
    is_intranet: bool
    codes: frozenset[str]
    scopes: frozenset[str]
    credential: str
    token: Token | None = None

    @property
    def application_id(self) -> int | None:
        """The application that calls; None for a webhook."""
        return None if self.token is None else self.token.application_id


def codes_of(
    user_id: int,
    *,
    is_intranet: bool,
    departments: Iterable[int],
    parents: Mapping[int, int | None],
) -> frozenset[str]:
    """Return every access code that includes the user.

    Rule (observed): everybody (`UA`) does not include extranet users; a department counts for
    the people of its sub-departments unless it is flat. flows.md 2.2, 4.

    Args:
        departments: the departments the user is directly in.
        parents: each department's parent, None for the root.
    """
    codes = {f"U{user_id}"}
    if is_intranet:
        codes.add("UA")
        for department in departments:
            codes.add(f"D{department}")
            codes.update(f"DR{above}" for above in with_ancestors(department, parents))
    return frozenset(codes)


def with_ancestors(department: int, parents: Mapping[int, int | None]) -> list[int]:
    """Return the department and the departments above it, from itself to the root."""
    chain: list[int] = []
    current: int | None = department
    while current is not None and current not in chain:
        chain.append(current)
        current = parents.get(current)
    return chain


def with_descendants(department: int, parents: Mapping[int, int | None]) -> list[int]:
    """Return the department and all departments below it, in ascending order of id."""
    return sorted(other for other in parents if department in with_ancestors(other, parents))


def expanded(
    members: Sequence[Member],
    staff: Mapping[int, Sequence[int]],
    parents: Mapping[int, int | None],
    available: Iterable[int],
) -> list[int]:
    """Return the people behind a member list, in order, each once.

    Rule (observed): departments come first, in list order, then single users in list order;
    inactive users drop out. flows.md 6.1.
    Rule (assumed): inside a department people stand in order of id.

    Args:
        staff: the people directly in each department.
        parents: each department's parent, None for the root.
        available: users who are active and may receive tasks.
    """
    people: list[int] = []
    for member in members:
        if member.kind == DEPARTMENT:
            where = [member.id] if member.flat else with_descendants(member.id, parents)
            people.extend(sorted({user for at in where for user in staff.get(at, ())}))
    people.extend(member.id for member in members if member.kind == USER)
    present = set(available)
    return [user for user in dict.fromkeys(people) if user in present]
