"""The first people of a portal, and the demo portal that the documentation's samples run on."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from sluice.domain.access import DEPARTMENT, META_USER, USER, Member
from sluice.domain.flow import Distribution, created
from sluice.domain.people import (
    FLOW_GROUP_STAGES,
    ROOT_DEPARTMENT_ID,
    Department,
    Group,
    User,
    UserType,
)
from sluice.store.tables import Store

ADMINISTRATOR_ID = 1
DEMO_FLOW_ID = 517  # the flow of the documentation's samples
EVERYBODY = Member(META_USER, 0)


def add_foundation(store: Store, now: datetime) -> None:
    """Add what every portal has: the root department and its administrator (flows.md 2.5, 2.6)."""
    store.departments.add(Department(ROOT_DEPARTMENT_ID, "Sluice & Co", head_id=ADMINISTRATOR_ID))
    store.users.add(
        User(
            ADMINISTRATOR_ID,
            "admin@sluice.example",
            now,
            now,
            is_admin=True,
            departments=(ROOT_DEPARTMENT_ID,),
            name="Maria",
            last_name="Keller",
            work_position="Managing director",
            personal_gender="F",
            uf_phone_inner="101",
        )
    )


_DEPARTMENTS = (
    Department(3, "Support", 100, ROOT_DEPARTMENT_ID, head_id=3),
    Department(17, "Engineering", 200, ROOT_DEPARTMENT_ID, head_id=7),
    Department(18, "Backend", 100, 17, head_id=8),
    Department(19, "Frontend", 200, 17, head_id=9),
    Department(20, "Design", 300, ROOT_DEPARTMENT_ID, head_id=11),
)

# id, first name, last name, gender, position, inner phone, departments
_EMPLOYEES = (
    (2, "Omar", "Haddad", "M", "Office manager", "102", (1,)),
    (3, "Anna", "Lindqvist", "F", "Head of support", "103", (3,)),
    (4, "Boris", "Novak", "M", "Support engineer", "104", (3,)),
    (5, "Chiara", "Rossi", "F", "Support engineer", "105", (3,)),
    (6, "Daniel", "Okafor", "M", "Support engineer", "106", (3,)),
    (7, "Elena", "Sokolova", "F", "Head of engineering", "107", (17,)),
    (8, "Farid", "Rahimi", "M", "Backend lead", "108", (18,)),
    (9, "Grace", "Wong", "F", "Frontend lead", "109", (19,)),
    (10, "Hugo", "Test", "M", "Quality engineer", "110", (18, 19)),
    (11, "Ines", "Moreau", "F", "Head of design", "111", (20,)),
)


def add_demo(store: Store, now: datetime) -> None:
    """Add a believable team, its groups, and flow 517, switched on."""
    for department in _DEPARTMENTS:
        store.departments.add(department)
    for user_id, name, last_name, gender, position, phone, departments in _EMPLOYEES:
        store.users.add(
            User(
                user_id,
                f"{name.lower()}@sluice.example",
                now,
                now,
                departments=departments,
                name=name,
                last_name=last_name,
                work_position=position,
                personal_gender=gender,
                uf_phone_inner=phone,
            )
        )
    store.users.add(
        User(
            12,
            "guest@partner.example",
            now,
            now,
            user_type=UserType.EXTRANET,
            name="Jonas",
            last_name="Weber",
            work_position="Partner",
            personal_gender="M",
        )
    )
    store.groups.add(
        Group(1, "All hands", 1, now, now, now, opened=True, description="News for everybody"),
        range(2, 12),
        FLOW_GROUP_STAGES,
    )
    store.groups.add(
        Group(2, "Website relaunch", 7, now, now, now, project=True),
        (8, 9, 11),
        FLOW_GROUP_STAGES,
    )
    _add_flow_517(store, now)
    _add_sample_flow(store, now)


def _add_flow_517(store: Store, now: datetime) -> None:
    store.groups.add(Group(3, "Support requests", 3, now, now, now), (4, 5, 6), FLOW_GROUP_STAGES)
    flow = created(
        {
            "owner_id": 3,
            "group_id": 3,
            "planned_completion_seconds": 7200,
            "name": "Support requests",
            "description": "Questions of customers, dealt out in turn.",
            "distribution_type": Distribution.QUEUE,
            "responsible_list": (Member(DEPARTMENT, 3),),
            "notify_on_queue_overflow": 50,
            "task_creators": (EVERYBODY,),
        },
        creator_id=ADMINISTRATOR_ID,
        now=now,
    )
    store.flows.add(replace(flow, id=DEMO_FLOW_ID))


def _add_sample_flow(store: Store, now: datetime) -> None:
    """Add a flow to be turned into a real one by `activateDemo` (flows.md 9, form presets)."""
    flow = created(
        {
            "planned_completion_seconds": 3600,
            "name": "Sample: design requests",
            "distribution_type": Distribution.MANUALLY,
            "responsible_list": (Member(USER, ADMINISTRATOR_ID),),
            "task_control": True,
            "notify_on_queue_overflow": 50,
            "notify_on_tasks_in_progress_overflow": 50,
            "notify_when_efficiency_decreases": 70,
            "task_creators": (EVERYBODY,),
        },
        creator_id=ADMINISTRATOR_ID,
        now=now,
    )
    store.flows.add(replace(flow, active=False, demo=True))
