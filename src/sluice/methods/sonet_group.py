"""`sonet_group.*`: workgroups and projects, and the people in them.

Source: flows.md 2.7, 11.4. Where those name no words for a lack of rights, a group that the
caller may not touch is one that is not there (assumed; the flow methods do the same).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from sluice.domain.people import FLOW_GROUP_STAGES, Group, Role
from sluice.domain.permission import (
    can_create_groups,
    can_invite,
    can_manage_group,
    can_moderate,
    can_see_group,
    can_use_feature,
)
from sluice.errors import (
    GroupCreateDenied,
    GroupDeleteDenied,
    GroupHasFlow,
    GroupIdWrong,
    GroupInputIncorrect,
    GroupNotCreated,
    GroupNotFound,
    GroupRoleDenied,
    GroupRoleIncorrect,
    GroupUsersWrong,
)
from sluice.rest.call import Call
from sluice.rest.listing import Listed, listed, read_filter, read_order
from sluice.rest.method import classic
from sluice.rest.params import Fields
from sluice.rest.wire_types import as_flag, as_instant, as_integer, as_list, as_scalar_text
from sluice.store.groups import LISTED, Headcount
from sluice.store.listing import Condition

# Rule (assumed): the portal has one site, and one subject that groups can have.
SITE_ID = "s1"
SUBJECT_NAME = "Workgroups"

MAXIMUM_NAME_LENGTH = 255


@classic("sonet_group.get", scope="sonet_group", writes=False, long=True)
def get(
    call: Call,
    order: dict[str, Any] | None = None,
    filter: dict[str, Any] | None = None,
    group_id: int = 0,
) -> Listed:
    """Return the groups that the caller sees, a page at a time.

    Source: sonet-group-get; flows.md 11.4. Administrators see every group, so `IS_ADMIN`, which
    asks for that, adds nothing.

    Raises:
        ArgumentError: a field cannot be filtered or sorted by.
    """
    conditions = read_filter(filter or {}, LISTED, call.zone)
    if group_id:
        conditions.append(Condition(LISTED["ID"], "=", (group_id,)))
    sorting = read_order(order or {}, LISTED)
    groups, total = call.store.groups.page(conditions, sorting, call.page.window, call.actor)
    return listed(group_rows(call, groups), total)


@classic("sonet_group.create", scope="sonet_group")
def create(call: Call, fields: Fields) -> int:
    """Make a group whose owner is the caller, or whom an administrator names; return its id.

    Source: sonet-group-create; flows.md 11.4. It gets the kanban columns of a flow's group.

    Raises:
        GroupCreateDenied: the caller is an extranet guest.
        GroupInputIncorrect: there is no name, or a value cannot be.
        GroupNotCreated: another group has this name (settled 4).
    """
    if not can_create_groups(call.actor):
        raise GroupCreateDenied
    settings = _settings(call, fields)
    if "name" not in settings:
        raise GroupInputIncorrect
    owner_id, now = _owner(call, fields), call.now
    group = Group(0, owner_id=owner_id, created=now, updated=now, activity=now, **settings)
    group_id = call.store.groups.add(group, (), FLOW_GROUP_STAGES)
    if group_id is None:
        raise GroupNotCreated
    return group_id


@classic("sonet_group.update", scope="sonet_group")
def update(call: Call, fields: Fields, group_id: int = 0) -> int:
    """Change what is sent of a group, and leave the rest as it is; return its id.

    Source: sonet-group-update; flows.md 11.4. The owner changes with `sonet_group.setowner` only.

    Raises:
        GroupIdWrong, GroupNotFound: there is no such group that the caller may change.
        GroupInputIncorrect: a value cannot be, or another group has this name (settled 4).
    """
    group = _group_to_manage(call, group_id)
    settings = _settings(call, fields)
    if "name" in settings:
        namesake = call.store.groups.named(settings["name"])
        if namesake is not None and namesake.id != group.id:
            raise GroupInputIncorrect
    call.store.groups.save(replace(group, **settings, updated=call.now, activity=call.now))
    return group.id


@classic("sonet_group.setowner", scope="sonet_group")
def setowner(call: Call, group_id: int = 0, user_id: int = 0) -> bool:
    """Give a group another owner; the former one stays a member.

    Source: sonet-group-setowner; flows.md 11.4. That they stay is assumed.

    Raises:
        GroupIdWrong, GroupNotFound: there is no such group that the caller may change.
        GroupUsersWrong: nobody who works here has this id.
    """
    group = _group_to_manage(call, group_id)
    if not call.store.users.active_among([user_id]):
        raise GroupUsersWrong
    call.store.groups.save(replace(group, owner_id=user_id, updated=call.now, activity=call.now))
    call.store.groups.set_role(group.id, group.owner_id, Role.MEMBER)
    call.store.groups.set_role(group.id, user_id, Role.OWNER)
    return True


@classic("sonet_group.delete", scope="sonet_group")
def delete(call: Call, group_id: int = 0) -> bool:
    """Remove a group that no flow depends on, with its members and its kanban columns.

    Source: sonet-group-delete; flows.md 10 "Group hooks", 11.4.

    Raises:
        GroupIdWrong, GroupNotFound: there is no such group that the caller sees.
        GroupDeleteDenied: the caller neither owns the group nor administers the portal.
        GroupHasFlow: a flow is bound to it; delete the flow first.
    """
    group, _ = _group_seen(call, group_id)
    if not can_manage_group(call.actor, group):
        raise GroupDeleteDenied
    if call.store.flows.of_group(group.id):
        raise GroupHasFlow("project" if group.project else "workgroup")
    call.store.groups.delete(group.id)
    return True


@classic("sonet_group.user.get", scope="sonet_group", writes=False, long=True)
def user_get(call: Call, id: int = 0) -> list[dict[str, str]]:
    """Return the members of a group with their roles; who is only invited is left out.

    Source: sonet-group-user-get; flows.md 11.4.

    Raises:
        GroupIdWrong, GroupNotFound: there is no such group that the caller sees.
    """
    group, _ = _group_seen(call, id)
    members = call.store.groups.members(group.id)
    return [{"USER_ID": str(user_id), "ROLE": role.value} for user_id, role in members]


@classic("sonet_group.user.groups", scope="sonet_group", writes=False, long=True)
def user_groups(call: Call) -> list[dict[str, str | None]]:
    """Return the groups that the caller is a member of.

    Source: sonet-group-user-groups; flows.md 11.4. No group has a picture here.
    """
    return [
        {
            "GROUP_ID": str(group_id),
            "GROUP_NAME": name,
            "ROLE": role.value,
            "GROUP_IMAGE_ID": None,
            "GROUP_IMAGE": "",
        }
        for group_id, name, role in call.store.groups.of_user(call.actor.user_id)
    ]


@classic("sonet_group.user.add", scope="sonet_group")
def user_add(call: Call, group_id: int = 0, user_id: object = None) -> list[str]:
    """Make people members at once, without asking them; return the ids of the new ones.

    Source: sonet-group-user-add; flows.md 11.4.

    Raises:
        GroupIdWrong, GroupNotFound: there is no such group that the caller may bring people into.
        GroupUsersWrong: no user was named.
    """
    group, users = _group_to_invite_to(call, group_id, user_id)
    added = [user for user in users if not call.store.groups.has_member(group.id, user)]
    for user in added:
        call.store.groups.set_role(group.id, user, Role.MEMBER)
    return _texts(added)


@classic("sonet_group.user.invite", scope="sonet_group")
def user_invite(call: Call, group_id: int = 0, user_id: object = None) -> list[str]:
    """Invite people who are not in the group yet; return the ids of those.

    Source: sonet-group-user-invite; flows.md 11.4. Nobody delivers the `MESSAGE`.

    Raises:
        GroupIdWrong, GroupNotFound: there is no such group that the caller may bring people into.
        GroupUsersWrong: no user was named.
    """
    group, users = _group_to_invite_to(call, group_id, user_id)
    return _texts(
        user for user in users if call.store.groups.add_member(group.id, user, Role.REQUEST)
    )


@classic("sonet_group.user.delete", scope="sonet_group")
def user_delete(call: Call, group_id: int = 0, user_id: object = None) -> list[str]:
    """Take people out of a group, but never its owner; return the ids of those who were in it.

    Source: sonet-group-user-delete; flows.md 11.4.

    Raises:
        GroupIdWrong, GroupNotFound: there is no such group that the caller may take people out of.
        GroupUsersWrong: no user was named.
    """
    users = _users(user_id)
    group, own_role = _group_seen(call, group_id)
    if not can_moderate(call.actor, own_role):
        raise GroupNotFound
    roles = {user: call.store.groups.role(group.id, user) for user in users}
    removed = [user for user, role in roles.items() if role not in (None, Role.OWNER)]
    for user in removed:
        call.store.groups.remove_member(group.id, user)
    return _texts(removed)


@classic("sonet_group.user.update", scope="sonet_group")
def user_update(call: Call, group_id: int = 0, user_id: object = None, role: str = "") -> list[str]:
    """Make members moderators (E) or moderators members (K), but never touch the owner.

    Source: sonet-group-user-update; flows.md 11.4. Returns the ids of the members named.

    Raises:
        GroupRoleIncorrect: the role is neither E nor K.
        GroupIdWrong, GroupNotFound: there is no such group that the caller sees.
        GroupUsersWrong: no user was named.
        GroupRoleDenied: the caller is neither owner nor moderator, nor the portal's administrator.
    """
    if role not in (Role.MODERATOR, Role.MEMBER):
        raise GroupRoleIncorrect
    users = _users(user_id)
    group, own_role = _group_seen(call, group_id)
    if not can_moderate(call.actor, own_role):
        raise GroupRoleDenied
    roles = {user: call.store.groups.role(group.id, user) for user in users}
    named = [user for user, has in roles.items() if has in (Role.MODERATOR, Role.MEMBER)]
    for user in named:
        call.store.groups.set_role(group.id, user, Role(role))
    return _texts(named)


@classic("sonet_group.user.request", scope="sonet_group")
def user_request(call: Call, group_id: int = 0) -> bool:
    """Ask to be let into a group; an open one lets everybody in at once.

    Source: sonet-group-user-request; flows.md 11.4. Nobody delivers the `MESSAGE`. Who is in the
    group or has asked before stays what they are.

    Raises:
        GroupIdWrong, GroupNotFound: there is no such group that the caller sees.
    """
    group, role = _group_seen(call, group_id)
    if group.opened and role in (None, Role.REQUEST):
        call.store.groups.set_role(group.id, call.actor.user_id, Role.MEMBER)
    else:
        call.store.groups.add_member(group.id, call.actor.user_id, Role.REQUEST)
    return True


@classic("sonet_group.feature.access", scope="sonet_group", writes=False)
def feature_access(call: Call, group_id: int = 0, feature: str = "", operation: str = "") -> bool:
    """Tell whether the caller may do something in a group, such as `create_tasks` in `tasks`.

    Source: sonet-group-feature-access; flows.md 2.7, 11.4.

    Raises:
        GroupIdWrong, GroupNotFound: there is no such group that the caller sees.
        GroupInputIncorrect: the feature or the operation was not named.
    """
    group, role = _group_seen(call, group_id)
    if not feature or not operation:
        raise GroupInputIncorrect
    return can_use_feature(call.actor, group, role, feature, operation)


# The wire shape of a group


def group_rows(call: Call, groups: list[Group]) -> list[dict[str, str | None]]:
    """Return groups as `sonet_group.get` answers them: these keys, in this order, all texts."""
    headcounts = call.store.groups.headcounts([group.id for group in groups])
    return [_row(call, group, headcounts[group.id]) for group in groups]


def _row(call: Call, group: Group, headcount: Headcount) -> dict[str, str | None]:
    return {
        "ID": str(group.id),
        "SITE_ID": SITE_ID,
        "NAME": group.name,
        "DESCRIPTION": group.description or None,
        "DATE_CREATE": call.wire_time(group.created),
        "DATE_UPDATE": call.wire_time(group.updated),
        "ACTIVE": yes_no(group.active),
        "VISIBLE": yes_no(group.visible),
        "OPENED": yes_no(group.opened),
        "CLOSED": yes_no(group.closed),
        "SUBJECT_ID": str(group.subject_id),
        "OWNER_ID": str(group.owner_id),
        "KEYWORDS": group.keywords or None,
        "NUMBER_OF_MEMBERS": str(headcount.members),
        "DATE_ACTIVITY": call.wire_time(group.activity),
        "SUBJECT_NAME": SUBJECT_NAME,
        "PROJECT": yes_no(group.project),
        # Rule (assumed): an extranet group is one that a guest is a member of.
        "IS_EXTRANET": yes_no(headcount.guests > 0),
    }


def yes_no(value: bool) -> str:
    """Return a flag as classic methods write it."""
    return "Y" if value else "N"


# What the wire may set


def _settings(call: Call, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that were sent, typed and under their Python names.

    Rule (assumed): a value of a wrong kind is as if it had not been sent, as with flows.

    Raises:
        GroupInputIncorrect: a name that is blank or too long, a date that is none, another letter
            than A, E or K for who may invite.
    """
    settings: dict[str, Any] = {}
    for wire, (name, read) in _READ.items():
        if (value := read(fields.get(wire))) is not None:
            settings[name] = value
    for wire, name in _DATES.items():
        if (text := fields.get(wire)) is not None:
            settings[name] = _date(call, text)
    if "name" in settings and not _is_name(settings["name"]):
        raise GroupInputIncorrect
    if settings.get("initiate_perms", "K") not in ("A", "E", "K"):
        raise GroupInputIncorrect
    return settings


def _is_name(text: str) -> bool:
    return bool(text.strip()) and len(text) <= MAXIMUM_NAME_LENGTH


def _positive(value: object) -> int | None:
    number = as_integer(value)
    return number if number is not None and number > 0 else None


_READ: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "NAME": ("name", as_scalar_text),
    "DESCRIPTION": ("description", as_scalar_text),
    "KEYWORDS": ("keywords", as_scalar_text),
    "VISIBLE": ("visible", as_flag),
    "OPENED": ("opened", as_flag),
    "CLOSED": ("closed", as_flag),
    "PROJECT": ("project", as_flag),
    "INITIATE_PERMS": ("initiate_perms", as_scalar_text),
    "SUBJECT_ID": ("subject_id", _positive),
}
_DATES = {"PROJECT_DATE_START": "project_start", "PROJECT_DATE_FINISH": "project_finish"}


def _date(call: Call, text: object) -> datetime | None:
    """Return a date; an empty text takes it away."""
    date = as_instant(text, call.zone)
    if date is None and text != "":
        raise GroupInputIncorrect
    return date


def _owner(call: Call, fields: Mapping[str, Any]) -> int:
    """Return who will own a new group.

    Rule (documented): only an administrator may name somebody else (flows.md 11.4).
    """
    owner_id = _positive(fields.get("OWNER_ID"))
    if owner_id is None or not call.actor.is_admin:
        return call.actor.user_id
    if not call.store.users.active_among([owner_id]):
        raise GroupInputIncorrect
    return owner_id


def _users(value: object) -> list[int]:
    """Return the user ids of one number or a list of them, each once."""
    values = as_list(value)
    numbers = [_positive(item) for item in ([value] if values is None else values)]
    users = list(dict.fromkeys(number for number in numbers if number is not None))
    if not users:
        raise GroupUsersWrong
    return users


def _texts(users: Iterable[int]) -> list[str]:
    return [str(user) for user in users]


# Rights


def _group_seen(call: Call, group_id: int) -> tuple[Group, Role | None]:
    """Return a group that the caller sees, and what the caller is in it."""
    if group_id <= 0:
        raise GroupIdWrong
    group = call.store.groups.find(group_id)
    role = call.store.groups.role(group_id, call.actor.user_id)
    if group is None or not can_see_group(call.actor, group, role):
        raise GroupNotFound
    return group, role


def _group_to_manage(call: Call, group_id: int) -> Group:
    group, _ = _group_seen(call, group_id)
    if not can_manage_group(call.actor, group):
        raise GroupNotFound
    return group


def _group_to_invite_to(call: Call, group_id: int, user_id: object) -> tuple[Group, list[int]]:
    """Return a group that the caller may bring people into, and those named who work here."""
    users = _users(user_id)
    group, role = _group_seen(call, group_id)
    if not can_invite(call.actor, group, role):
        raise GroupNotFound
    active = call.store.users.active_among(users)
    return group, [user for user in users if user in active]
