"""Users, departments and groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from sluice.domain.access import with_ancestors
from sluice.errors import (
    DepartmentInsideItself,
    DepartmentParentMissing,
    DepartmentSecondRoot,
    EmailInvalid,
    UserFieldInvalid,
)

ROOT_DEPARTMENT_ID = 1


class UserType(StrEnum):
    """An employee has at least one department, an extranet guest none."""

    EMPLOYEE = "employee"
    EXTRANET = "extranet"


class Role(StrEnum):
    """What somebody is in a group; a request waits until an owner or moderator accepts it."""

    OWNER = "A"
    MODERATOR = "E"
    MEMBER = "K"
    REQUEST = "Z"


class Group(Struct, frozen=True):
    """A workgroup or project. Every working flow is bound to one. flows.md 2.7, 11.4.

    Attributes:
        initiate_perms: who may invite: A the owner, E moderators too, K every member.
        tasks_enabled: the group's `tasks` feature is on.
    """

    id: int
    name: str
    owner_id: int
    created: datetime
    updated: datetime
    activity: datetime
    description: str = ""
    keywords: str = ""
    active: bool = True
    visible: bool = True
    opened: bool = False
    closed: bool = False
    project: bool = False
    initiate_perms: str = "K"
    subject_id: int = 1
    tasks_enabled: bool = True
    project_start: datetime | None = None
    project_finish: datetime | None = None

    @property
    def takes_flows(self) -> bool:
        """Whether a flow may choose this group: not archived, and tasks are on (flows.md 3.1)."""
        return self.tasks_enabled and not self.closed


class Stage(Struct, frozen=True):
    """A kanban column."""

    title: str
    system_type: str
    color: str


# The columns of a group that a flow makes for itself (flows.md 3.1 step 6).
FLOW_GROUP_STAGES = (
    Stage("New", "NEW", "00C4FB"),
    Stage("In progress", "WORK", "47D1E2"),
    Stage("Review", "REVIEW", "FFAB00"),
    Stage("Completed", "FINISH", "75D900"),
)

# The columns that everybody's own plan begins with (flows.md 11.8; which ones is assumed).
MY_PLAN_STAGES = (
    Stage("Not planned", "NEW", "00C4FB"),
    Stage("This week", "", "47D1E2"),
    Stage("Done", "", "75D900"),
)


class User(Struct, frozen=True):
    """Somebody with an account. flows.md 2.5, 11.1.

    Texts are empty when unknown; dates without a time of day are ISO texts (`1990-05-17`).

    Attributes:
        departments: ids in the user's own order; empty for extranet guests.
        time_zone: an IANA name, or empty for the portal's zone.
        language: in which the portal speaks to this user, such as `ru`; empty for the portal's.
        last_login: None when the user never signed in.
    """

    id: int
    email: str
    registered: datetime
    changed: datetime
    active: bool = True
    is_admin: bool = False
    user_type: UserType = UserType.EMPLOYEE
    departments: tuple[int, ...] = ()
    last_login: datetime | None = None
    language: str = ""
    name: str = ""
    last_name: str = ""
    second_name: str = ""
    title: str = ""
    work_position: str = ""
    xml_id: str = ""
    time_zone: str = ""
    personal_gender: str = ""
    personal_birthday: str = ""
    personal_profession: str = ""
    personal_www: str = ""
    personal_phone: str = ""
    personal_mobile: str = ""
    personal_city: str = ""
    personal_street: str = ""
    personal_state: str = ""
    personal_zip: str = ""
    personal_country: str = ""
    personal_notes: str = ""
    work_company: str = ""
    work_department: str = ""
    work_phone: str = ""
    work_city: str = ""
    work_country: str = ""
    uf_employment_date: str = ""
    uf_phone_inner: str = ""
    uf_interests: str = ""
    uf_skills: str = ""

    @property
    def full_name(self) -> str:
        """First and last name, or the e-mail address of somebody without either."""
        return f"{self.name} {self.last_name}".strip() or self.email

    def search_text(self) -> str:
        """Return what `user.search` looks for a phrase in (flows.md 11.1)."""
        return " ".join(
            (self.name, self.last_name, self.second_name, self.email, self.work_position)
        )


GENDERS = ("", "F", "M")

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_MAXIMUM_EMAIL_LENGTH = 254


def check_profile(email: str, gender: str, time_zone: str) -> None:
    """Refuse an e-mail address, a gender or a time zone that cannot be.

    Rule (documented): a wrong e-mail address is refused (user/user-add).
    Rule (observed): a client knows no genders but F, M and none (rest-protocol.md 16.1).
    Rule (assumed): a time zone is an IANA name, because work time is counted in it.

    Raises:
        EmailInvalid, UserFieldInvalid
    """
    if len(email) > _MAXIMUM_EMAIL_LENGTH or not _EMAIL.fullmatch(email):
        raise EmailInvalid(email[:_MAXIMUM_EMAIL_LENGTH])
    if gender not in GENDERS:
        raise UserFieldInvalid("PERSONAL_GENDER", "F, M or empty")
    if time_zone and not is_time_zone(time_zone):
        raise UserFieldInvalid("TIME_ZONE", "an IANA name such as Europe/Berlin, or empty")


def is_time_zone(name: str) -> bool:
    """Tell whether this is the IANA name of a time zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # no name, no file of ours, no zone
        return False
    return True


class Department(Struct, frozen=True):
    """A department. Exactly one, the root, has no parent. flows.md 2.6."""

    id: int
    name: str
    sort: int = 500
    parent_id: int | None = None
    head_id: int | None = None


def check_parent(
    department_id: int, parent_id: int | None, parents: Mapping[int, int | None]
) -> None:
    """Refuse a place in the tree that a department cannot have.

    Rule (documented): there is one top-level department (departments/department-add).
    Rule (assumed): the top-level department stays it, and no department is inside itself.

    Args:
        department_id: 0 for a new department.
        parents: each department's parent, None for the root.

    Raises:
        DepartmentSecondRoot, DepartmentParentMissing, DepartmentInsideItself
    """
    if parent_id is None:
        if department_id not in parents or parents[department_id] is not None:
            raise DepartmentSecondRoot
    elif parent_id not in parents:
        raise DepartmentParentMissing
    elif department_id in with_ancestors(parent_id, parents):
        raise DepartmentInsideItself
