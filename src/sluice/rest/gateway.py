"""The one door: find, authenticate, check, bind, run in the store, envelope.

HTTP and the command line come through here; nothing reaches the data another way.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct

from sluice.clock import ClockState, PortalClock, stopwatch
from sluice.domain.portal import NORMAL, PortalState
from sluice.errors import (
    GuessedWrong,
    HttpsRequired,
    InternalServerError,
    OutOfMemory,
    QueryLimitExceeded,
    RestError,
)
from sluice.rest.auth import authenticate
from sluice.rest.batch import BATCH, is_writing
from sluice.rest.call import Call
from sluice.rest.guesses import Slowdown
from sluice.rest.limits import LeakyBucket
from sluice.rest.meter import Meter
from sluice.rest.method import Method, MethodTable
from sluice.rest.portal_checks import check_caller, check_inside, check_portal
from sluice.rest.request import JSON, Incoming, Limits, Request, Route, read, route
from sluice.rest.response import Answer, refused, succeeded
from sluice.rest.shared_limits import SharedLimits
from sluice.settings import Settings
from sluice.store.database import Database
from sluice.store.tables import Store

log = logging.getLogger("sluice.gateway")


class _Done(Struct):
    """What the store's part of a call gives back.

    Attributes:
        clock: by which the call's instants are told.
    """

    result: Any
    clock: ClockState
    credential: str
    seconds: float


class Gateway:
    """Answers calls on one portal.

    Attributes:
        called: set by every call.
    """

    def __init__(
        self,
        table: MethodTable,
        database: Database,
        clock: PortalClock,
        settings: Settings,
        slowdown: Slowdown,
    ) -> None:
        self.table = table
        self.database = database
        self.clock = clock
        self.limits = Limits(settings.max_body_bytes, settings.max_parameters, settings.max_depth)
        self._zone = settings.zone
        self._slowdown = slowdown
        self._https_required = settings.https_required
        self._meter = Meter(clock, self._zone)
        self._bucket = LeakyBucket()
        self._shared = SharedLimits(database, self._bucket, self._meter.operating)
        self._state, self._limits = NORMAL, NORMAL.limits
        self.called = asyncio.Event()

    async def answer(self, incoming: Incoming) -> Answer:
        """Return the answer to a request. Never raises: a bug of ours is logged and said as 500.

        Order of refusals: transport, method, credentials, scope, parameters, then the method's
        own (rest-protocol.md 3.5).
        """
        output = JSON
        self.called.set()
        try:
            if self._slowdown.is_flooding(incoming.peer):
                raise QueryLimitExceeded
            arrived = self.clock.machine.now()
            if self._limits.burst and incoming.peer and not self._admits(incoming.peer, arrived):
                await self._look_again(incoming.peer, arrived)
            if self._https_required and not incoming.secure:
                raise HttpsRequired
            asked = route(incoming.path, incoming.host)
            output = asked.format
            return await self._call(incoming, asked, arrived)
        except RestError as refusal:
            if isinstance(refusal, GuessedWrong) and incoming.peer:
                await self._slowdown.wrong(incoming.peer)
            return refused(refusal, output)
        except MemoryError:
            log.error("%s", OutOfMemory.description)
            return refused(OutOfMemory(), output)
        except Exception:
            log.exception("a call failed for a reason of ours: %s", _without_code(incoming.path))
            return refused(InternalServerError(), output)
        finally:
            self.called.set()  # again: a call counts when it comes, and its work when it is done

    async def share_limits(self) -> bool:
        """Add what was counted here to what other processes have counted, if there is a limit.

        Returns whether there is one.
        """
        return await self._shared.share(self._limits, self.clock.now().timestamp())

    async def _call(self, incoming: Incoming, asked: Route, arrived: datetime) -> Answer:
        if asked.method not in self.table:
            await self.database.run(partial(self._check_state, incoming.secure))
        method = self.table.find(asked.method)
        incoming.method = method.name
        request = read(incoming, self.limits)
        done = await self.database.run(
            partial(self._perform, method, asked, request, incoming.secure),
            writes=method.writes
            and (method.name != BATCH or is_writing(request.params, self.table)),
            long=method.long,
        )
        start = done.clock.told(arrived)
        time = self._meter.time(done.credential, method.name, start, done.seconds)
        return succeeded(done.result, request.page, time, asked.format)

    def _admits(self, address: str, arrived: datetime) -> bool:
        """Tell whether an address may make one more call. A batch is one call too.

        Args:
            arrived: by the machine's clock.
        """
        limits, now = self._limits, self.clock.state.told(arrived)
        return self._bucket.admit(address, now.timestamp(), limits.burst, limits.per_second)

    async def _look_again(self, address: str, arrived: datetime) -> None:
        """Refuse a call that is one too many, unless plan or clock were changed meanwhile.

        Both are those that the last call saw, so others hold from the second call after they were
        set; but nobody is refused wrongly.

        Raises:
            QueryLimitExceeded
        """

        def look(store: Store) -> PortalState:
            self.clock.now_by(store.clock.state())
            return store.portal.get()

        limits, clock = self._limits, self.clock.state
        self._limits = (await self.database.run(look)).limits
        if self._limits != limits:
            return
        if self.clock.state == clock or not self._admits(address, arrived):
            raise QueryLimitExceeded

    def _check_state(self, secure: bool, store: Store) -> PortalState:
        """Return the portal's state.

        Raises:
            RestError: in this state no call is answered.
        """
        state = store.portal.get()
        if state is not self._state:
            self._state, self._limits = state, state.limits
            self._meter.set_limit(state.operating_seconds)
        if state.refuses:
            check_portal(state, secure=secure)
        return state

    def _perform(
        self, method: Method, asked: Route, request: Request, secure: bool, store: Store
    ) -> _Done:
        """Do the part of a call that touches data, inside its transaction."""
        began = stopwatch()
        state = self._check_state(secure, store)
        clock = store.clock.state()
        now = self.clock.now_by(clock)
        actor = authenticate(store, asked.webhook, request.token, method, now)
        if state.refuses:
            check_caller(state, actor, method)
        if method.name != BATCH:  # its commands are checked, one by one
            self._meter.check(actor.credential, method.name, now)
        arguments = method.arguments(request.params)
        call = Call(
            *(actor, now, store, request.page, self.table, self._zone, self._meter),
            connector=request.connector,
        )
        result = method.function(call, **arguments)
        call.keep_events()
        if state.refuses:
            check_inside(state, method)
        return _Done(result, clock, actor.credential, stopwatch() - began)


def _without_code(path: bytes) -> str:
    """Return a path for the log; the code of a webhook is a secret."""
    segments = [segment for segment in path.decode("latin-1").split("/") if segment]
    if len(segments) == 4:
        segments[2] = "***"
    return "/" + "/".join(segments)
