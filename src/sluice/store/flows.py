"""The flows of a portal, their pins, and the index of whom each flow names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from sluice.clock import from_micros, to_micros
from sluice.domain.access import Actor, Member
from sluice.domain.distribution import Queue
from sluice.domain.flow import Distribution, Flow
from sluice.domain.people import Role
from sluice.domain.text import name_key
from sluice.store.database import Row, Transaction, Value, with_id
from sluice.store.listing import Column, Condition, Kind, Window, page

_COLUMNS = (
    "id, creator_id, owner_id, group_id, template_id, efficiency, active,"
    " planned_completion_seconds, activity_micros, name, description, distribution_type,"
    " responsible_list, demo, responsible_can_change_deadline, match_work_time, task_control,"
    " notify_at_half_time, notify_on_queue_overflow, notify_on_tasks_in_progress_overflow,"
    " notify_when_efficiency_decreases, task_creators"
)

# What `tasks.flow.Flow.list` may select, filter and sort by (flows.md 3.8).
LISTED: dict[str, Column] = {
    "ID": Column("id", Kind.NUMBER),
    "CREATOR_ID": Column("creator_id", Kind.NUMBER),
    "OWNER_ID": Column("owner_id", Kind.NUMBER),
    "GROUP_ID": Column("group_id", Kind.NUMBER),
    "TEMPLATE_ID": Column("template_id", Kind.NUMBER),
    "EFFICIENCY": Column("efficiency", Kind.NUMBER),
    "ACTIVE": Column("active", Kind.FLAG),
    "PLANNED_COMPLETION_TIME": Column("planned_completion_seconds", Kind.NUMBER),
    "ACTIVITY": Column("activity_micros", Kind.INSTANT),
    "NAME": Column("name_key", Kind.NAME),
    "DESCRIPTION": Column("description"),
    "DISTRIBUTION_TYPE": Column("distribution_type"),
    "DEMO": Column("demo", Kind.FLAG),
}

_DISTRIBUTIONS = {known.value: known for known in Distribution}
_members_from_json = msgspec.json.Decoder(tuple[Member, ...]).decode
_ring_from_json = msgspec.json.Decoder(tuple[int, ...]).decode
_to_json = msgspec.json.Encoder().encode


class Flows:
    """The `flow` table. A flow's name is unique in the portal, see `domain.text.name_key`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, flow_id: int) -> Flow | None:
        """Return the flow, or None."""
        return self._tx.recall(("flow", flow_id), lambda: self._read(flow_id))

    def _read(self, flow_id: int) -> Flow | None:
        row = self._tx.one(f"SELECT {_COLUMNS} FROM flow WHERE id = :id", {"id": flow_id})
        return None if row is None else _flow(row)

    def has_named(self, name: str, apart_from: int = 0) -> bool:
        """Tell whether a flow has this name, apart from the one with the given id."""
        row = self._tx.one(
            "SELECT id FROM flow WHERE name_key = :key AND id <> :apart_from",
            {"key": name_key(name), "apart_from": apart_from},
        )
        return row is not None

    def of_group(self, group_id: int) -> bool:
        """Tell whether some flow depends on the group."""
        row = self._tx.one(
            "SELECT id FROM flow WHERE group_id = :group_id LIMIT 1", {"group_id": group_id}
        )
        return row is not None

    def page(
        self,
        conditions: Sequence[Condition],
        order: Sequence[tuple[Column, bool]],
        window: Window,
        reader: Actor,
    ) -> tuple[list[Flow], int | None]:
        """Return a page of the flows that the reader may read; see `domain.permission.can_read`."""
        rows, total = page(
            self._tx,
            columns=_COLUMNS,
            source="flow",
            conditions=conditions,
            order=order,
            window=window,
            extra=_readable_by(reader),
        )
        return [_flow(row) for row in rows], total

    def add(self, flow: Flow) -> int | None:
        """Store a new flow and return its id, or None when its name is taken."""
        flow_id = self._tx.insert(
            "flow", with_id(flow.id, _settings(flow)), "ON CONFLICT (name_key) DO NOTHING"
        )
        if flow_id is not None:
            self._index_members(flow_id, flow)
        return flow_id

    def save(self, flow: Flow) -> None:
        """Store every setting of a flow that exists."""
        self._tx.update("flow", flow.id, _settings(flow))
        self._forget(flow.id)
        self._tx.run("DELETE FROM flow_member WHERE flow_id = :id", {"id": flow.id})
        self._index_members(flow.id, flow)

    def toggle(self, flow_id: int) -> bool:
        """Switch the flow on if it is off, and off if it is on; False when it is gone.

        One statement, so that two at once give back the first state (flows.md 3.6; settled 9).
        """
        changed = self._tx.run(
            "UPDATE flow SET active = 1 - active WHERE id = :id", {"id": flow_id}
        )
        self._remember(flow_id, lambda flow: replace(flow, active=not flow.active))
        return bool(changed)

    def delete(self, flow_id: int) -> None:
        """Remove the flow and everything that is only its own; its group and template stay."""
        for table in ("flow_pin", "flow_member"):
            self._tx.run(f"DELETE FROM {table} WHERE flow_id = :id", {"id": flow_id})
        self._tx.run("DELETE FROM flow WHERE id = :id", {"id": flow_id})
        self._forget(flow_id)

    def forget_template(self, template_id: int) -> None:
        """Leave the flows that use the template without one (flows.md 2.8)."""
        self._tx.run("UPDATE flow SET template_id = 0 WHERE template_id = :id", {"id": template_id})
        self._tx.memory.clear()

    def toggle_pin(self, flow_id: int, user_id: int) -> bool:
        """Pin the flow for the user, or take the pin off; return whether it is pinned now."""
        pin = {"flow_id": flow_id, "user_id": user_id}
        if self._tx.run(
            "DELETE FROM flow_pin WHERE flow_id = :flow_id AND user_id = :user_id", pin
        ):
            return False
        self._tx.run(
            "INSERT INTO flow_pin (flow_id, user_id) VALUES (:flow_id, :user_id)"
            " ON CONFLICT (flow_id, user_id) DO NOTHING",
            pin,
        )
        return True

    # The queue, and what changes with the flow's tasks

    def queue(self, flow_id: int) -> Queue:
        """Return the memory of a flow's queue; empty for a flow that has none."""
        return self._tx.recall(("queue", flow_id), lambda: self._read_queue(flow_id))

    def _read_queue(self, flow_id: int) -> Queue:
        row = self._tx.one(
            "SELECT ring, last_responsible_id FROM flow WHERE id = :id", {"id": flow_id}
        )
        return Queue() if row is None else Queue(_ring_from_json(row[0]), row[1])

    def set_queue(self, flow_id: int, queue: Queue) -> None:
        """Store the memory of a flow's queue."""
        self._tx.update(
            "flow",
            flow_id,
            {"ring": _to_json(queue.ring).decode(), "last_responsible_id": queue.last},
        )
        self._tx.remember(("queue", flow_id), queue)

    def touch(self, flow_id: int, now: datetime) -> None:
        """Note that something happened in the flow."""
        self._tx.update("flow", flow_id, {"activity_micros": to_micros(now)})
        self._remember(flow_id, lambda flow: replace(flow, activity=now))

    def set_efficiency(self, flow_id: int, efficiency: int) -> None:
        """Store the flow's efficiency, in percent."""
        self._tx.update("flow", flow_id, {"efficiency": efficiency})
        self._remember(flow_id, lambda flow: replace(flow, efficiency=efficiency))

    def all_ids(self) -> list[int]:
        """Return the id of every flow."""
        return [row[0] for row in self._tx.all("SELECT id FROM flow ORDER BY id")]

    def indexed_members(self) -> dict[int, set[str]]:
        """Return the access codes under which each flow is found."""
        codes: dict[int, set[str]] = {}
        for flow_id, code in self._tx.all("SELECT flow_id, code FROM flow_member"):
            codes.setdefault(flow_id, set()).add(code)
        return codes

    def _remember(self, flow_id: int, changed: Callable[[Flow], Flow]) -> None:
        """Change what is remembered of a flow, if anything is."""
        known: Flow | None = self._tx.memory.get(("flow", flow_id))
        if known is not None:
            self._tx.remember(("flow", flow_id), changed(known))

    def _forget(self, flow_id: int) -> None:
        for kind in ("flow", "queue"):
            self._tx.memory.pop((kind, flow_id), None)

    def _index_members(self, flow_id: int, flow: Flow) -> None:
        team = {member.code for member in flow.responsible_list}
        for code in dict.fromkeys(flow.codes()):
            self._tx.run(
                "INSERT INTO flow_member (flow_id, code, in_team)"
                " VALUES (:flow_id, :code, :in_team)",
                {"flow_id": flow_id, "code": code, "in_team": int(code in team)},
            )


def _readable_by(reader: Actor) -> tuple[str, dict[str, Value]]:
    """Return `can_read` and `team_is_group` as a condition on the table `flow`."""
    if reader.is_admin:
        return "1 = 1", {}
    codes = {f"code{number}": code for number, code in enumerate(sorted(reader.codes))}
    named = ", ".join(f":{name}" for name in codes)
    clause = (
        f"EXISTS (SELECT 1 FROM flow_member m WHERE m.flow_id = flow.id AND m.code IN ({named}))"
    )
    parameters: dict[str, Value] = {**codes}
    if reader.is_intranet:
        clause = (
            f"({clause} OR (flow.distribution_type = :manually AND EXISTS (SELECT 1"
            " FROM workgroup_member g WHERE g.group_id = flow.group_id AND g.user_id = :reader"
            " AND g.role <> :request)))"
        )
        parameters |= {
            "manually": Distribution.MANUALLY,
            "reader": reader.user_id,
            "request": Role.REQUEST,
        }
    return clause, parameters


def _flow(row: Row) -> Flow:
    return Flow(
        id=row[0],
        creator_id=row[1],
        owner_id=row[2],
        group_id=row[3],
        template_id=row[4],
        efficiency=row[5],
        active=row[6] == 1,
        planned_completion_seconds=row[7],
        activity=from_micros(row[8]),
        name=row[9],
        description=row[10],
        distribution_type=_DISTRIBUTIONS[row[11]],
        responsible_list=_members_from_json(row[12]),
        demo=row[13] == 1,
        responsible_can_change_deadline=row[14] == 1,
        match_work_time=row[15] == 1,
        task_control=row[16] == 1,
        notify_at_half_time=row[17] == 1,
        notify_on_queue_overflow=row[18],
        notify_on_tasks_in_progress_overflow=row[19],
        notify_when_efficiency_decreases=row[20],
        task_creators=_members_from_json(row[21]),
    )


def _settings(flow: Flow) -> dict[str, Value]:
    return {
        "creator_id": flow.creator_id,
        "owner_id": flow.owner_id,
        "group_id": flow.group_id,
        "template_id": flow.template_id,
        "efficiency": flow.efficiency,
        "active": int(flow.active),
        "planned_completion_seconds": flow.planned_completion_seconds,
        "activity_micros": to_micros(flow.activity),
        "name": flow.name,
        "name_key": name_key(flow.name),
        "description": flow.description,
        "distribution_type": flow.distribution_type.value,
        "responsible_list": _to_json(flow.responsible_list).decode(),
        "demo": int(flow.demo),
        "responsible_can_change_deadline": int(flow.responsible_can_change_deadline),
        "match_work_time": int(flow.match_work_time),
        "task_control": int(flow.task_control),
        "notify_at_half_time": int(flow.notify_at_half_time),
        "notify_on_queue_overflow": flow.notify_on_queue_overflow,
        "notify_on_tasks_in_progress_overflow": flow.notify_on_tasks_in_progress_overflow,
        "notify_when_efficiency_decreases": flow.notify_when_efficiency_decreases,
        "task_creators": _to_json(flow.task_creators).decode(),
    }
