"""`/oauth/authorize/`: a person signs in, sees what an application asks for, and allows it.

Source: rest-protocol.md 13.2. The person is sent to the application's registered address, never
to one from the request; whatever fails is a page of ours and no redirect.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html import escape
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from msgspec import Struct

from sluice.clock import PortalClock
from sluice.domain.application import Application, State
from sluice.domain.password import LONGEST, is_password
from sluice.domain.people import User
from sluice.domain.text import name_key
from sluice.errors import RestError
from sluice.rest.guesses import Guesses
from sluice.rest.oauth import grant_code
from sluice.rest.request import Incoming, Limits, Unreadable, form
from sluice.rest.response import Answer
from sluice.store.database import Database
from sluice.store.tables import Store
from sluice.ui.page import page, redirect
from sluice.ui.visit import SESSION_LIFE, Visit, new_visit, visit_of

SCOPE_WORDS = {
    "task": "Tasks and flows",
    "tasks": "Tasks and flows",
    "tasks_extended": "Tasks and flows, in their older form",
    "tasksmobile": "Tasks on mobile devices",
    "user": "The profiles of all users",
    "user_basic": "The profiles of users, without contact data",
    "user_brief": "The names of users",
    "user.userfield": "Fields of user profiles",
    "placement": "Places in the portal's pages",
    "sonet_group": "Workgroups",
    "socialnetwork": "Workgroups and the news feed",
    "department": "Departments",
    "disk": "Files",
    "im": "Chats and notices",
    "imbot": "Chat bots",
    "log": "The news feed",
    "crm": "Customers and deals",
    "entity": "Stores of data",
    "calendar": "Calendars",
    "bizproc": "Workflows",
    "timeman": "Work time",
    "intranet": "The company's structure",
    "mobile": "The mobile application",
}
# How many passwords are compared at once: each takes a processor and 16 MB for a while.
_COMPARED_AT_ONCE = 2
# Wrong passwords of an account in a row before anybody waits, and how long each one takes then.
FREE_GUESSES = 5
SECONDS_A_GUESS = 30.0

log = logging.getLogger("sluice.sign_in")


class _Asked(Struct, frozen=True):
    """What a browser asks for, and what the portal knows of it."""

    query: dict[str, Any]
    visit: Visit
    origin: str
    application: Application | None
    user: User | None

    @property
    def state(self) -> str:
        state = self.query.get("state")
        return state if isinstance(state, str) else ""


class AuthorizeDoor:
    """Answers browsers."""

    def __init__(self, database: Database, clock: PortalClock, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._guesses = Guesses(FREE_GUESSES, SECONDS_A_GUESS)
        self._comparing = ThreadPoolExecutor(_COMPARED_AT_ONCE, "sluice-password")

    async def __call__(self, incoming: Incoming) -> Answer:
        try:
            query, sent = self._read(incoming)
            origin, visit = incoming.origin, visit_of(incoming)
            find = partial(self._find, query, visit, origin)
            asked = await self._database.run(find)
            if (refusal := _refusal(asked)) is not None:
                return refusal
            if incoming.verb == "POST":
                return await self._step(sent, asked) if visit.sent(sent) else _stale(asked)
            if asked.user is None:
                return _sign_in(asked)
            return _shut_out(asked, asked.user) or _consent(asked, asked.user)
        except RestError as refusal:
            return page("This cannot be shown", _paragraph(refusal.description), status=400)
        except Unreadable:
            return page("This cannot be shown", _paragraph("The request is damaged."), status=400)
        except Exception:
            log.exception("a sign-in page failed for a reason of ours")
            return page(
                "Something went wrong",
                _paragraph("Nothing was changed. Try again; the portal's log tells more."),
                status=500,
            )

    def _read(self, incoming: Incoming) -> tuple[dict[str, Any], dict[str, Any]]:
        sent = form(incoming.body, self._limits) if incoming.verb == "POST" else {}
        return form(incoming.query, self._limits), sent

    def _find(self, query: dict[str, Any], visit: Visit, origin: str, store: Store) -> _Asked:
        client_id = query.get("client_id")
        application = (
            store.applications.find_by_client_id(client_id) if isinstance(client_id, str) else None
        )
        user_id = store.sessions.user_id(visit.secret, self._clock.now_by(store.clock.state()))
        user = None if user_id is None else store.users.find(user_id)
        if user is not None and not user.active:
            user = None
        return _Asked(query, visit, origin, application, user)

    async def _step(self, sent: dict[str, Any], asked: _Asked) -> Answer:
        step = sent.get("step")
        if step == "sign in" and asked.user is None:
            return await self._signed_in(sent, asked)
        if step == "sign out":
            end = partial(_end_session, asked.visit.secret)
            await self._database.run(end, writes=True)
            visit = new_visit(secure=asked.visit.secure)
            return redirect(_here(asked), visit.cookies)
        if asked.user is None:
            return _sign_in(asked, "Your session is over. Please sign in again.")
        if step == "allow":
            return _shut_out(asked, asked.user) or await self._allowed(asked, asked.user)
        return page(
            "Nothing was allowed",
            _paragraph(f"{_title(asked)} was given no access. You can close this page."),
        )

    async def _signed_in(self, sent: dict[str, Any], asked: _Asked) -> Answer:
        email, password = sent.get("email"), sent.get("password")
        if not isinstance(email, str) or not isinstance(password, str):
            return _sign_in(asked, "Please fill in both fields.")
        account = name_key(email.strip())[:200]
        if wait := self._guesses.wait_seconds(account):
            log.warning("sign-in is held back for %.0f s after too many failures", wait)
            return _sign_in(
                asked,
                f"Too many attempts. Please try again in {int(wait) + 1} seconds.",
                status=429,
                email=email,
            )
        self._guesses.count(account)  # before it is known, so that guesses at once count as well
        found = await self._database.run(partial(_password_of, email))
        loop = asyncio.get_running_loop()
        kept = found[1] if found is not None else None
        is_right = len(password) <= LONGEST and await loop.run_in_executor(
            self._comparing, is_password, password, kept
        )
        if found is None or not is_right:
            log.warning("somebody failed to sign in")
            return _sign_in(
                asked, "This e-mail address and password do not match.", status=403, email=email
            )
        self._guesses.forget(account)
        visit = new_visit(secure=asked.visit.secure)  # nobody may have prepared this one
        begin = partial(self._begin_session, visit.secret, found[0])
        await self._database.run(begin, writes=True)
        return redirect(_here(asked), visit.cookies)

    def _begin_session(self, secret: str, user_id: int, store: Store) -> None:
        now = self._clock.now_by(store.clock.state())
        store.sessions.begin(secret, user_id, now + SESSION_LIFE, now)

    async def _allowed(self, asked: _Asked, user: User) -> Answer:
        give = partial(self._give_code, asked, user)
        code, member_id = await self._database.run(give, writes=True)
        application = asked.application
        assert application is not None
        host = asked.origin.partition("://")[2]
        answer = {
            "code": code,
            "state": asked.state,
            "domain": host,
            "member_id": member_id,
            "scope": ",".join(application.scopes),
            "server_domain": host,
        }
        address, hash_sign, fragment = application.return_address.partition("#")
        joined = "&" if "?" in address else "?"
        return redirect(f"{address}{joined}{urlencode(answer)}{hash_sign}{fragment}")

    def _give_code(self, asked: _Asked, user: User, store: Store) -> tuple[str, str]:
        assert asked.application is not None
        now = self._clock.now_by(store.clock.state())
        code = grant_code(store, asked.application.id, user.id, asked.origin, now)
        return code, store.facts.get("member_id") or ""


def _end_session(secret: str, store: Store) -> None:
    store.sessions.end(secret)


def _password_of(email: str, store: Store) -> tuple[int, str | None] | None:
    """Return the id and the kept password of an active user, or None."""
    user_id = store.users.with_email(email.strip())
    user = None if user_id is None else store.users.find(user_id)
    if user is None or not user.active:
        return None
    return user.id, store.sessions.password_hash(user.id)


# Pages


def _refusal(asked: _Asked) -> Answer | None:
    """Return the page of an application that cannot be allowed, or None."""
    application = asked.application
    if application is None or application.state is State.UNINSTALLED:
        return page(
            "There is no such application",
            _paragraph("The address names an application that this portal does not know."),
            status=404,
        )
    if not application.return_address:
        return page(
            "This application cannot be allowed here",
            _paragraph("It was registered without an address to send you back to."),
            status=400,
        )
    return None


def _shut_out(asked: _Asked, user: User) -> Answer | None:
    """Return the page for somebody who may not use the application, or None."""
    assert asked.application is not None
    if asked.application.may_be_used_by(user.id):
        return None
    return page(
        "You have no access",
        _paragraph(f"{_title(asked)} is open to other users of this portal alone.")
        + _form(asked, _button("sign out", "Sign in as somebody else")),
        status=403,
    )


def _sign_in(asked: _Asked, complaint: str = "", *, status: int = 200, email: str = "") -> Answer:
    alert = f'<p class="bad" role="alert">{escape(complaint)}</p>' if complaint else ""
    focus = ("", " autofocus") if email else (" autofocus", "")
    fields = (
        '<label for="email">E-mail address</label>\n'
        f'<input id="email" name="email" type="email" autocomplete="username" required{focus[0]}'
        f' value="{escape(email[:200])}">\n'
        '<label for="password">Password</label>\n'
        '<input id="password" name="password" type="password" autocomplete="current-password"'
        f" required{focus[1]}>\n"
        f'<div class="buttons">{_button("sign in", "Sign in", is_main=True)}</div>'
    )
    hint = (
        '<p class="small">No password yet? The portal’s operator sets one with'
        " <code>sluice user password</code>.</p>"
    )
    return page(
        f"Sign in to go on to {_title(asked)}",
        alert + _form(asked, fields) + hint,
        status=status,
        cookies=asked.visit.cookies,
    )


def _consent(asked: _Asked, user: User) -> Answer:
    application = asked.application
    assert application is not None
    target = urlsplit(application.return_address)
    scopes = [escape(SCOPE_WORDS.get(scope, scope)) for scope in application.scopes]
    listed = "".join(f"<li>{words}</li>" for words in dict.fromkeys(scopes))
    wants = f"<p>It wants to use, in your name:</p>\n<ul>{listed}</ul>" if listed else ""
    buttons = (
        f'<div class="buttons">{_button("allow", "Allow", is_main=True)}'
        f"{_button('decline', 'Do not allow')}</div>"
        f'<p class="small">You are {escape(user.full_name)}.'
        f" {_button('sign out', 'Not you?', kind='link')}</p>"
    )
    where = f"<p>You then go on to <strong>{escape(target.netloc)}</strong>.</p>"
    return page(
        f"{_title(asked)} asks for access",
        wants + where + _form(asked, buttons),
        may_lead_to=f"{target.scheme}://{target.netloc}",
    )


def _stale(asked: _Asked) -> Answer:
    again = f'<p><a href="{escape(_here(asked))}">Start again</a></p>'
    words = "This form was not given out to your browser, or too long ago. Nothing was changed."
    return page("Please start again", _paragraph(words) + again, status=403)


def _title(asked: _Asked) -> str:
    return asked.application.title if asked.application is not None else "this portal"


def _here(asked: _Asked) -> str:
    """Return the page's own address, with what it was asked alone."""
    assert asked.application is not None
    query = {"client_id": asked.application.client_id, "state": asked.state}
    return f"/oauth/authorize/?{urlencode(query, quote_via=quote)}"


def _form(asked: _Asked, fields: str) -> str:
    return (
        f'<form method="post" action="{escape(_here(asked))}">\n'
        f'<input type="hidden" name="key" value="{asked.visit.form_key}">\n{fields}\n</form>'
    )


def _button(step: str, words: str, *, is_main: bool = False, kind: str = "") -> str:
    kind = "main" if is_main else kind
    style = f' class="{kind}"' if kind else ""
    return f'<button name="step" value="{step}"{style}>{escape(words)}</button>'


def _paragraph(words: str) -> str:
    return f"<p>{escape(words)}</p>"
