"""A real portal inside the test's own process: real gateway, real database, a virtual clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from msgspec.structs import replace

from sluice.app import Portal
from sluice.clock import VirtualClock
from sluice.domain.access import META_USER, USER, Member
from sluice.domain.application import Application
from sluice.domain.flow import Distribution, Flow, created
from sluice.domain.people import Department, Group, Role, User, UserType
from sluice.domain.task import Task
from sluice.emulator.time_control import Report, TimeControl
from sluice.rest.door import Doors, door_for
from sluice.rest.method import SCOPES
from sluice.rest.oauth import NewApplication, Tokens, grant, register
from sluice.rest.request import Incoming
from sluice.rest.response import Answer
from sluice.settings import Settings
from sluice.store.database import Database
from sluice.store.engine import Place, address_of
from sluice.store.outbox import Delivery
from sluice.store.recount import differences
from sluice.store.tasks import Counters

T = TypeVar("T")

EVERYBODY = Member(META_USER, 0)


@dataclass(frozen=True)
class Reply:
    """What came back over the wire."""

    status: int
    text: str
    content_type: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def result(self) -> Any:
        assert "result" in self.body, self.text
        return self.body["result"]

    @property
    def total(self) -> int | None:
        total: int | None = self.body.get("total")
        return total

    @property
    def next(self) -> int | None:
        following: int | None = self.body.get("next")
        return following

    @property
    def error(self) -> str:
        assert "error" in self.body, self.text
        return str(self.body["error"])

    @property
    def words(self) -> str:
        return str(self.body["error_description"])

    @property
    def refusal(self) -> tuple[int, str, str]:
        """Status, code and words at once."""
        return self.status, self.error, self.words


class PortalInTest:
    """A portal with its administrator, and ways to make what a test needs."""

    def __init__(self, place: Place, clock: VirtualClock, **settings: Any) -> None:
        """Open the portal there, with its administrator alone if it is new."""
        self.clock = clock
        self.place = place
        self._loop = asyncio.new_event_loop()
        self._portal = Portal(
            Settings(database=address_of(place), **settings),
            clock=clock,
            empty=True,
        )
        self.admin = self.person(1)

    @property
    def database(self) -> Database:
        return self._portal.database

    @property
    def doors(self) -> Doors:
        return self._portal.doors

    def close(self) -> None:
        self.wait(self._portal.deliveries.drain())
        self._portal.close()
        self._loop.close()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def answer(self, incoming: Incoming) -> Answer:
        """Return the answer to a request as the server would hand it in."""
        answer = door_for(incoming.path, self._portal.doors) or self._portal.gateway.answer
        return self.wait(answer(incoming))

    def send(
        self,
        path: str,
        *,
        verb: str = "POST",
        query: str = "",
        body: bytes | str = b"",
        content_type: str = "application/x-www-form-urlencoded",
        authorization: str = "",
        secure: bool = True,
        host: str = "portal.example",
        peer: str = "",
    ) -> Reply:
        """Send a request as bytes and return what comes back."""
        answer = self.answer(
            Incoming(
                verb=verb,
                path=path.encode(),
                query=query.encode(),
                content_type=content_type.encode(),
                authorization=authorization.encode(),
                body=body if isinstance(body, bytes) else body.encode(),
                secure=secure,
                host=host.encode(),
                peer=peer,
            )
        )
        return Reply(answer.status, answer.body.decode(), answer.content_type.decode())

    def in_store(self, work: Any) -> Any:
        """Run `work(store)` in a transaction of its own and return what it returned."""
        return self._portal.database.run_now(work)

    def deliveries(self) -> list[Delivery]:
        """Return what is in the outbox, oldest first."""
        found: list[Delivery] = self.in_store(lambda store: store.outbox.newest(1000))
        return found[::-1]

    def set_state(self, **states: Any) -> None:
        """Set states of the portal, as `sluice portal set` does."""
        self.in_store(lambda store: store.portal.set(replace(store.portal.get(), **states)))

    def set_language(self, person: Person, language: str) -> None:
        """Let the portal speak to somebody in a language."""
        self.in_store(
            lambda store: store.users.save(replace(store.users.find(person.id), language=language))
        )

    def webhook(self, user_id: int, scopes: Iterable[str] = SCOPES) -> str:
        """Make an incoming webhook and return its path, `/rest/USER/CODE/`."""
        _, code = self._portal.add_webhook(user_id, scopes, "in a test")
        return f"/rest/{user_id}/{code}/"

    def person(self, user_id: int, scopes: Iterable[str] = SCOPES) -> Person:
        """Return somebody who can call."""
        return Person(self, user_id, self.webhook(user_id, scopes))

    def add_application(
        self, title: str = "Reports", scopes: Iterable[str] = SCOPES, **facts: Any
    ) -> NewApplication:
        """Register a local application."""
        made: NewApplication = self.in_store(
            lambda store: register(
                store, title=title, scopes=tuple(scopes), now=self.clock.now(), **facts
            )
        )
        return made

    def change_application(self, application: Application, **facts: Any) -> None:
        """Store an application with other values in these fields."""
        self.in_store(lambda store: store.applications.save(replace(application, **facts)))

    def tokens(self, application: Application, user_id: int) -> Tokens:
        """Give an application tokens for a user."""
        granted: Tokens = self.in_store(
            lambda store: grant(
                store, application.id, user_id, "https://portal.example", self.clock.now()
            )
        )
        return granted

    def add_department(self, name: str, parent: int = 1, head: int | None = None) -> int:
        return int(
            self.in_store(
                lambda store: store.departments.add(
                    Department(0, name, parent_id=parent, head_id=head)
                )
            )
        )

    def add_user(
        self,
        name: str,
        departments: tuple[int, ...] = (1,),
        *,
        is_admin: bool = False,
        active: bool = True,
        **profile: Any,
    ) -> Person:
        """Add an employee, or with no departments an extranet guest."""
        now = self.clock.now()
        user = User(
            0,
            f"{name.lower()}@example.com",
            now,
            now,
            active=active,
            is_admin=is_admin,
            user_type=UserType.EMPLOYEE if departments else UserType.EXTRANET,
            departments=departments,
            name=name,
            **profile,
        )
        user_id = self.in_store(lambda store: store.users.add(user))
        return self.person(user_id)

    def add_group(
        self, name: str, owner: Person, members: Iterable[Person] = (), **facts: Any
    ) -> int:
        now = self.clock.now()
        group = Group(0, name, owner.id, now, now, now, **facts)
        ids = [member.id for member in members]
        return int(self.in_store(lambda store: store.groups.add(group, ids, ())))

    def add_flow(self, name: str, creator: Person, **settings: Any) -> Flow:
        """Add a flow straight into the store: a queue of its creator, in a group of its own."""
        group = self.add_group(f"Group of {name}", creator)
        values = {
            "name": name,
            "planned_completion_seconds": 3600,
            "distribution_type": Distribution.QUEUE,
            "responsible_list": (Member(USER, creator.id),),
            "group_id": group,
            **settings,
        }
        flow = created(values, creator_id=creator.id, now=self.clock.now())
        return self.flow(self.in_store(lambda store: store.flows.add(flow)))

    def flow(self, flow_id: int) -> Flow:
        """Return a flow as it is stored."""
        found = self.in_store(lambda store: store.flows.find(flow_id))
        assert isinstance(found, Flow), f"no flow {flow_id}"
        return found

    def has_flow(self, flow_id: int) -> bool:
        return self.in_store(lambda store: store.flows.find(flow_id)) is not None

    def task(self, task_id: int | str) -> Task:
        """Return a task as it is stored."""
        found = self.in_store(lambda store: store.tasks.find(int(task_id)))
        assert isinstance(found, Task), f"no task {task_id}"
        return found

    def add_absence(self, person: Person, *, days: int) -> None:
        """Let somebody be away from now on, by the documented call."""
        start, end = self.clock.now(), self.clock.now() + timedelta(days=days)
        reply = self.admin.call(
            "calendar.event.add",
            type="user",
            ownerId=person.id,
            name="Away",
            accessibility="absent",
            **{"from": start.isoformat(), "to": end.isoformat()},
        )
        assert reply.status == 200, reply.text

    def counters(self, flow_id: int) -> Counters:
        """Return the kept counters of a flow."""
        counters = self.in_store(lambda store: store.tasks.counters(flow_id))
        assert isinstance(counters, Counters)
        return counters

    def differences(self) -> list[str]:
        """Return which kept numbers differ from a count: `sluice doctor --deep`."""
        found = self.in_store(lambda store: list(differences(store, UTC)))
        assert isinstance(found, list)
        return found

    @property
    def time(self) -> TimeControl:
        """The control of the portal's clock; `clock` stands for the machine's."""
        return self._portal.time

    def now(self) -> datetime:
        """Return the portal's time."""
        return self.wait(self.time.show()).now

    def advance(self, **amount: float) -> Report:
        """Lead the portal's clock forward by `timedelta(**amount)`."""
        return self.wait(self.time.advance(by=timedelta(**amount)))

    def run_due(self) -> list[str]:
        """Do everything that has fallen due, and return the kinds of jobs in order."""
        return [ran.kind for ran in self.wait(self._portal.worker.run_due())]

    def told(self, flow_id: int) -> list[tuple[str, int]]:
        """Return what was told of a flow, and to whom, in order."""
        alerts = self.in_store(lambda store: store.alerts.of_flow(flow_id))
        return [(alert.notice.value, alert.user_id) for alert in alerts]

    def group_members(self, group_id: int) -> dict[int, Role]:
        return dict(self.in_store(lambda store: store.groups.members(group_id)))

    def group_named(self, name: str) -> Group | None:
        """Return the group of this name as it is stored, or None."""
        found: Group | None = self.in_store(lambda store: store.groups.named(name))
        return found


@dataclass(frozen=True)
class Person:
    """Somebody with a webhook of all scopes (or those given)."""

    portal: PortalInTest
    id: int
    path: str

    @property
    def member(self) -> Member:
        return Member(USER, self.id)

    def call(self, method: str, **parameters: Any) -> Reply:
        """Call a method with a JSON body."""
        return self.portal.send(
            self.path + method,
            body=json.dumps(parameters),
            content_type="application/json",
        )
