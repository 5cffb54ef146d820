"""Every number that is kept, held against a count of what it counts: `sluice doctor --deep`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import tzinfo

from sluice.domain.efficiency import place
from sluice.store.tables import Store
from sluice.store.tasks import Counters, counted_as

_NONE = Counters()


def differences(
    store: Store, zone: tzinfo, progress: Callable[[int], None] = lambda _: None
) -> Iterator[str]:
    """Yield a sentence for each kept number that is wrong; none when all are right.

    Args:
        zone: the portal's, whose days efficiency counts by.
        progress: told how many tasks were counted since the last time.
    """
    total = 0
    counters: defaultdict[int, Counters] = defaultdict(Counters)
    cells: Counter[tuple[int, int, str]] = Counter()
    for tasks in store.tasks.every():
        total += len(tasks)
        progress(len(tasks))
        for task in tasks:
            if task.flow_id is None:
                continue
            counters[task.flow_id] += counted_as(task)
            at = place(task, zone)
            if at.counts:
                cells[task.flow_id, at.closed.toordinal() if at.closed else 0, "total"] += 1
            if at.violates:
                cells[task.flow_id, at.violated.toordinal() if at.violated else 0, "violating"] += 1
    if store.tasks.total() != total:
        yield f"the portal has {total} tasks, {store.tasks.total()} are kept"
    kept = store.tasks.all_counters()
    for flow_id in sorted(kept.keys() | counters.keys()):
        is_kept, is_counted = kept.get(flow_id, _NONE), counters[flow_id]
        if is_kept != is_counted:
            yield f"flow {flow_id}: counted {is_counted}, kept {is_kept}"
    kept_cells = store.efficiency.all_cells()
    for cell in sorted(kept_cells.keys() | cells.keys()):
        if kept_cells[cell] != cells[cell]:
            flow_id, day, kind = cell
            yield (
                f"flow {flow_id}, efficiency, day {day}: {cells[cell]} {kind},"
                f" {kept_cells[cell]} kept"
            )
    yield from _wrong_members(store)


def _wrong_members(store: Store) -> Iterator[str]:
    indexed = store.flows.indexed_members()
    for flow_id in store.flows.all_ids():
        flow = store.flows.find(flow_id)
        named = set() if flow is None else set(flow.codes())
        if indexed.get(flow_id, set()) != named:
            yield f"flow {flow_id}: names {sorted(named)}, indexed {sorted(indexed[flow_id])}"
