"""Which tasks a list shows: its filters, and what the reader may read. flows.md 5.6, 5.9."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from sluice.clock import to_micros
from sluice.domain.access import USER, Actor, Member
from sluice.domain.flow import Distribution
from sluice.domain.people import Role
from sluice.domain.task import OPEN, MetaStatus, Status
from sluice.store.database import Parameters, Value
from sluice.store.listing import Column, Condition, Kind, named

CREATOR, RESPONSIBLE, ACCOMPLICE, AUDITOR = "C", "R", "A", "U"


def _role(role: str) -> Column:
    return Column(
        "user_id",
        Kind.NUMBER,
        within=f"SELECT task_id FROM task_member WHERE role = '{role}'",
    )


_NOTHING = Column("NULL", Kind.NUMBER, nullable=True)

# What `tasks.task.list` may filter by (flows.md 5.6).
LISTED: dict[str, Column] = {
    "ID": Column("id", Kind.NUMBER),
    "PARENT_ID": Column("parent_id", Kind.NUMBER, nullable=True),
    "GROUP_ID": Column("group_id", Kind.NUMBER),
    "CREATED_BY": Column("created_by", Kind.NUMBER),
    "RESPONSIBLE_ID": Column("responsible_id", Kind.NUMBER),
    "STATUS_CHANGED_BY": Column("status_changed_by", Kind.NUMBER, nullable=True),
    "CHANGED_BY": Column("changed_by", Kind.NUMBER),
    "CLOSED_BY": Column("closed_by", Kind.NUMBER, nullable=True),
    "PRIORITY": Column("priority", Kind.NUMBER),
    "TITLE": Column("title_key", Kind.NAME),
    "REAL_STATUS": Column("status", Kind.NUMBER),
    "STATUS": Column("status", Kind.NUMBER),
    "MARK": Column("COALESCE(mark, '')"),
    "SITE_ID": Column("site_id"),
    "XML_ID": Column("xml_id", nullable=True),
    "GUID": Column("guid"),
    "ADD_IN_REPORT": Column("add_in_report", Kind.FLAG),
    "ALLOW_CHANGE_DEADLINE": Column("allow_change_deadline", Kind.FLAG),
    "ALLOW_TIME_TRACKING": Column("allow_time_tracking", Kind.FLAG),
    "TASK_CONTROL": Column("task_control", Kind.FLAG),
    "TIME_ESTIMATE": Column("time_estimate_seconds", Kind.NUMBER),
    "DATE_START": Column("started_micros", Kind.INSTANT, nullable=True),
    "DEADLINE": Column("deadline_micros", Kind.INSTANT, nullable=True),
    "START_DATE_PLAN": Column("plan_start_micros", Kind.INSTANT, nullable=True),
    "END_DATE_PLAN": Column("plan_end_micros", Kind.INSTANT, nullable=True),
    "CREATED_DATE": Column("created_micros", Kind.INSTANT),
    "CLOSED_DATE": Column("closed_micros", Kind.INSTANT, nullable=True),
    "CHANGED_DATE": Column("changed_micros", Kind.INSTANT),
    "ACTIVITY_DATE": Column("activity_micros", Kind.INSTANT),
    "STATUS_CHANGED_DATE": Column("status_changed_micros", Kind.INSTANT),
    "STAGE_ID": Column("stage_id", Kind.NUMBER),
    "FORKED_BY_TEMPLATE_ID": Column("forked_by_template_id", Kind.NUMBER, nullable=True),
    "MATCH_WORK_TIME": Column("match_work_time", Kind.FLAG),
    # What no task of ours has can be asked for all the same.
    "FORUM_TOPIC_ID": _NOTHING,
    "SPRINT_ID": _NOTHING,
    "BACKLOG_ID": _NOTHING,
    "UF_CRM_TASK": _NOTHING,
    "FLOW_ID": Column("flow_id", Kind.NUMBER, nullable=True),
    "FLOW": Column("flow_id", Kind.NUMBER, nullable=True),
    "ACCOMPLICE": _role(ACCOMPLICE),
    "AUDITOR": _role(AUDITOR),
    "MEMBER": Column("user_id", Kind.NUMBER, within="SELECT task_id FROM task_member WHERE 1 = 1"),
    "TAG": Column(
        "title_key",
        Kind.NAME,
        within="SELECT task_id FROM task_tag JOIN tag ON tag.id = tag_id WHERE 1 = 1",
    ),
    "DEPENDS_ON": Column(
        "depends_on_id", Kind.NUMBER, within="SELECT task_id FROM task_dependence WHERE 1 = 1"
    ),
}


class AnyStatus(Struct, frozen=True):
    """That a task has one of these statuses, real or meta; or, denied, none of them."""

    statuses: frozenset[int]
    denied: bool


class Wanted(Struct, frozen=True):
    """What a list is asked for.

    Attributes:
        conditions: on columns.
        statuses: conditions that meta statuses have a part in.
        roots_only: no subtasks.
        now: the instant of the call.
        soon: until when an open task counts as almost overdue.
    """

    conditions: Sequence[Condition]
    statuses: Sequence[AnyStatus]
    roots_only: bool
    now: datetime
    soon: datetime


class Reader(Struct, frozen=True):
    """Who reads a list; `below` are the departments whose people the reader is superior of."""

    actor: Actor
    below: tuple[int, ...]


EVERYTHING: tuple[str, dict[str, Value]] = ("1 = 1", {})
_OPEN = f"status IN ({', '.join(str(int(status)) for status in OPEN)})"
_DUE = "deadline_micros IS NOT NULL"  # said, so that the condition can be denied
_META = {
    MetaStatus.OVERDUE: f"({_OPEN} AND {_DUE} AND deadline_micros < :now)",
    MetaStatus.ALMOST_OVERDUE: (
        f"({_OPEN} AND {_DUE} AND deadline_micros >= :now AND deadline_micros < :soon)"
    ),
    MetaStatus.UNVIEWED: (
        f"(status = {Status.PENDING:d} AND NOT EXISTS (SELECT 1 FROM task_mark k"
        " WHERE k.task_id = task.id AND k.user_id = :viewer AND k.viewed_micros IS NOT NULL))"
    ),
}


def condition(wanted: Wanted, reader: Reader) -> tuple[str, Parameters]:
    """Return what is wanted beyond columns, and that the reader may read it, as a condition."""
    clauses = ["parent_id IS NULL"] if wanted.roots_only else []
    parameters: dict[str, Value] = {}
    if wanted.statuses:
        clauses += [_any_status(condition) for condition in wanted.statuses]
        parameters |= {
            "now": to_micros(wanted.now),
            "soon": to_micros(wanted.soon),
            "viewer": reader.actor.user_id,
        }
    if not reader.actor.is_admin:
        clause, named_values = _readable_by(reader)
        clauses.append(clause)
        parameters |= named_values
    return (" AND ".join(clauses), parameters) if clauses else EVERYTHING


def _any_status(condition: AnyStatus) -> str:
    ways = [clause for meta, clause in _META.items() if meta in condition.statuses]
    if real := [f"{status:d}" for status in Status if status in condition.statuses]:
        ways.append(f"status IN ({', '.join(real)})")
    return f"{'NOT ' if condition.denied else ''}({' OR '.join(ways)})"


def _readable_by(reader: Reader) -> tuple[str, dict[str, Value]]:
    """Return `domain.task.can_read` for many rows at once.

    Each reason is an index's range, so the cost is that of what may be read, not of what there is.
    """
    codes, parameters = named("code", sorted(reader.actor.codes))
    reasons = [
        "SELECT task_id FROM task_member WHERE user_id = :reader",
        "SELECT id FROM task WHERE group_id IN (SELECT group_id FROM workgroup_member"
        " WHERE user_id = :reader AND role <> :request)",
        "SELECT id FROM task WHERE flow_id IN (SELECT f.id FROM flow_member m"
        " JOIN flow f ON f.id = m.flow_id WHERE m.code = :own_code AND f.owner_id = :reader)",
        f"SELECT id FROM task WHERE status = {Status.PENDING:d} AND responsible_id = created_by"
        " AND flow_id IN (SELECT f.id FROM flow_member m JOIN flow f ON f.id = m.flow_id"
        f" WHERE m.in_team = 1 AND m.code IN ({codes}) AND f.distribution_type = :himself)",
    ]
    parameters |= {
        "reader": reader.actor.user_id,
        "own_code": Member(USER, reader.actor.user_id).code,
        "request": Role.REQUEST.value,
        "himself": Distribution.HIMSELF.value,
    }
    if reader.below:
        below, departments = named("below", reader.below)
        parameters |= departments
        reasons.append(
            "SELECT m.task_id FROM user_department d JOIN task_member m ON m.user_id = d.user_id"
            f" WHERE d.department_id IN ({below})"
        )
    return f"id IN ({' UNION ALL '.join(reasons)})", parameters
