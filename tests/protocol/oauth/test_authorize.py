"""The pages on which a person allows an application, as a browser without scripts sees them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from msgspec.structs import replace

from sluice.clock import VirtualClock
from sluice.domain.application import State
from sluice.domain.password import hash_password
from sluice.rest.oauth import NewApplication
from sluice.rest.request import Incoming
from sluice.rest.response import Answer
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

CALLBACK = "https://app.example/cb?from=sluice"
PASSWORD = "correct horse"


class Browser:
    """Keeps cookies, and fills in the form of the page that it shows."""

    def __init__(self, portal: PortalInTest, *, secure: bool = True) -> None:
        self._portal = portal
        self._secure = secure
        self.cookies: dict[str, str] = {}
        self.answer: Answer

    def get(self, address: str) -> Answer:
        return self._go("GET", address)

    def press(self, step: str, **fields: str) -> Answer:
        """Press a button of the form on the page, with these fields filled in."""
        action = re.search(r'action="([^"]*)"', self.text)
        key = re.search(r'name="key" value="([^"]*)"', self.text)
        assert action is not None, self.text
        assert key is not None
        assert f'value="{step}"' in self.text
        return self._go("POST", unescape(action[1]), {"key": key[1], "step": step, **fields})

    def _go(self, verb: str, address: str, sent: dict[str, str] | None = None) -> Answer:
        parts = urlsplit(address)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.answer = self._portal.answer(
            Incoming(
                verb=verb,
                path=parts.path.encode(),
                query=parts.query.encode(),
                body=urlencode(sent or {}).encode(),
                content_type=b"application/x-www-form-urlencoded",
                secure=self._secure,
                host=b"portal.example",
                headers=[(b"cookie", cookie.encode())] if cookie else [],
            )
        )
        for name, value in self.answer.headers or ():
            if name == b"set-cookie":
                key, _, secret = value.decode().partition(";")[0].partition("=")
                self.cookies[key] = secret
        return self.answer

    @property
    def text(self) -> str:
        return self.answer.body.decode()

    def header(self, name: bytes) -> str:
        assert self.answer.headers is not None
        return dict(self.answer.headers).get(name, b"").decode()

    def follow(self) -> Answer:
        """Go where the answer leads, which is a page of the portal."""
        assert self.answer.status == 303, self.text
        return self.get(self.header(b"location"))


@pytest.fixture
def reports(portal: PortalInTest) -> NewApplication:
    return portal.add_application("Reports", scopes=["task", "user"], redirect_uri=CALLBACK)


@pytest.fixture
def anna(portal: PortalInTest) -> Person:
    """Anna, who has a password."""
    anna = portal.add_user("Anna")
    kept = hash_password(PASSWORD)
    portal.in_store(
        lambda store: store.sessions.set_password_hash(anna.id, kept, portal.clock.now())
    )
    return anna


@pytest.fixture
def browser(portal: PortalInTest) -> Browser:
    return Browser(portal)


def address(reports: NewApplication, **query: str) -> str:
    asked = {"client_id": reports.application.client_id, "state": "xyz", **query}
    return f"/oauth/authorize/?{urlencode(asked)}"


def signed_in(browser: Browser, reports: NewApplication, password: str = PASSWORD) -> Answer:
    browser.get(address(reports))
    browser.press("sign in", email="anna@example.com", password=password)
    return browser.follow() if browser.answer.status == 303 else browser.answer


@documented("settings/oauth/index")
def test_a_person_signs_in_and_allows(
    portal: PortalInTest, reports: NewApplication, anna: Person, browser: Browser
) -> None:
    page = signed_in(browser, reports)
    assert page.status == 200
    assert "Reports asks for access" in browser.text
    assert "Tasks and flows" in browser.text
    assert "The profiles of all users" in browser.text
    assert "app.example" in browser.text

    sent_back = browser.press("allow")

    assert sent_back.status == 303
    parts = urlsplit(browser.header(b"location"))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://app.example/cb"
    answer = parse_qs(parts.query)
    code = answer.pop("code")[0]
    assert answer == {
        "from": ["sluice"],
        "state": ["xyz"],
        "domain": ["portal.example"],
        "member_id": [portal.in_store(lambda store: store.facts.get("member_id"))],
        "scope": ["task,user"],
        "server_domain": ["portal.example"],
    }
    tokens = portal.send(
        "/oauth/token/",
        query=urlencode(
            {
                "grant_type": "authorization_code",
                "client_id": reports.application.client_id,
                "client_secret": reports.client_secret,
                "code": code,
            }
        ),
    ).body
    assert (tokens["user_id"], tokens["client_endpoint"]) == (
        anna.id,
        "https://portal.example/rest/",
    )


@documented("settings/oauth/index")
def test_a_person_who_does_not_allow_goes_nowhere(
    reports: NewApplication, anna: Person, browser: Browser
) -> None:
    signed_in(browser, reports)

    page = browser.press("decline")

    assert page.status == 200
    assert "Nothing was allowed" in browser.text


@documented("settings/oauth/index: redirect_uri from the request is not trusted")
def test_nobody_is_sent_to_an_address_from_the_request(
    reports: NewApplication, anna: Person, browser: Browser
) -> None:
    signed_in(browser, reports)
    browser.get(address(reports, redirect_uri="https://evil.example/", scope="crm"))

    browser.press("allow")

    assert browser.header(b"location").startswith("https://app.example/cb?")
    assert "evil" not in browser.header(b"location")


@documented("settings/oauth/index: failures are pages of the portal")
@pytest.mark.parametrize("query", ["", "client_id=local.0.0", "client_id[]=a"])
def test_an_unknown_application_is_a_page(query: str, browser: Browser) -> None:
    page = browser.get(f"/oauth/authorize/?{query}")

    assert (page.status, page.content_type) == (404, b"text/html; charset=utf-8")


@assumed("there is nowhere to send the person")
def test_an_application_without_an_address_cannot_be_allowed(
    portal: PortalInTest, browser: Browser
) -> None:
    page = browser.get(address(portal.add_application("Script")))

    assert page.status == 400


@assumed("what was uninstalled is as good as unknown")
def test_an_uninstalled_application_cannot_be_allowed(
    portal: PortalInTest, reports: NewApplication, browser: Browser
) -> None:
    portal.change_application(reports.application, state=State.UNINSTALLED)

    assert browser.get(address(reports)).status == 404


@documented("error-codes: user_access_error")
def test_a_person_without_access_can_sign_in_as_somebody_else(
    portal: PortalInTest, reports: NewApplication, anna: Person, browser: Browser
) -> None:
    portal.change_application(reports.application, restricted=True, user_ids=(1,))
    page = signed_in(browser, reports)
    assert page.status == 403
    assert "You have no access" in browser.text

    browser.press("sign out")

    assert "Sign in to go on to Reports" in browser.follow().body.decode()


@assumed("a wrong password and an unknown address are told alike")
@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("anna@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("boris@example.com", PASSWORD),
        ("boris@example.com", ""),
        ("anna@example.com", "x" * 5000),
    ],
    ids=["wrong password", "unknown address", "no password set", "empty", "endless"],
)
def test_who_cannot_sign_in_is_not_told_why(
    email: str,
    password: str,
    reports: NewApplication,
    anna: Person,
    boris: Person,
    browser: Browser,
) -> None:
    browser.get(address(reports))

    page = browser.press("sign in", email=email, password=password)

    assert page.status == 403
    assert "This e-mail address and password do not match." in browser.text


@assumed("a dismissed user may not sign in, and a session of theirs is over")
def test_a_dismissed_user_is_signed_out(
    portal: PortalInTest, reports: NewApplication, anna: Person, browser: Browser
) -> None:
    signed_in(browser, reports)
    portal.in_store(
        lambda store: store.users.save(replace(store.users.find(anna.id), active=False))
    )

    browser.get(address(reports))
    assert "Sign in to go on to Reports" in browser.text
    assert browser.press("sign in", email="anna@example.com", password=PASSWORD).status == 403


@assumed("brute force on passwords is slowed")
def test_an_account_is_held_back_after_five_failures(
    reports: NewApplication, anna: Person, browser: Browser
) -> None:
    for _ in range(5):
        assert signed_in(browser, reports, "wrong").status == 403

    page = signed_in(browser, reports)

    assert page.status == 429
    assert re.search(r"try again in \d+ seconds", browser.text)


@assumed("a session lives twelve hours of the portal's time")
def test_a_session_ends(
    clock: VirtualClock, reports: NewApplication, anna: Person, browser: Browser
) -> None:
    signed_in(browser, reports)
    clock.advance(hours=12)

    page = browser.press("allow")

    assert page.status == 200
    assert "Your session is over" in browser.text


@assumed("a new password ends the sessions of the former one")
def test_a_new_password_ends_sessions(
    portal: PortalInTest, reports: NewApplication, anna: Person, browser: Browser
) -> None:
    signed_in(browser, reports)
    portal.in_store(lambda store: store.sessions.set_password_hash(anna.id, "", portal.clock.now()))

    browser.get(address(reports))

    assert "Sign in to go on to Reports" in browser.text


@assumed("no other site can send a form of ours")
@pytest.mark.parametrize("step", ["sign in", "allow", "decline", "sign out"])
def test_a_form_of_another_site_does_nothing(
    step: str, portal: PortalInTest, reports: NewApplication, anna: Person, browser: Browser
) -> None:
    signed_in(browser, reports)
    before = dict(browser.cookies)
    forged = Browser(portal)
    forged.cookies = browser.cookies  # a browser sends them along
    own = Browser(portal)
    own.get(address(reports))  # the other site knows a key of its own

    key = re.search(r'name="key" value="([^"]*)"', own.text)
    assert key is not None
    page = forged._go("POST", address(reports), {"key": key[1], "step": step})

    assert page.status == 403
    assert "Please start again" in forged.text
    assert browser.cookies == before
    assert "asks for access" in browser.get(address(reports)).body.decode()


@assumed("a session that was prepared by somebody else is not taken over")
def test_signing_in_begins_a_new_secret(
    reports: NewApplication, anna: Person, browser: Browser
) -> None:
    browser.get(address(reports))
    before = browser.cookies["__Host-sluice"]

    signed_in(browser, reports)

    assert browser.cookies["__Host-sluice"] != before


@assumed("OWASP's session and header cheat sheets")
@pytest.mark.parametrize("secure", [True, False], ids=["HTTPS", "HTTP"])
def test_cookies_and_headers_are_hardened(
    secure: bool, portal: PortalInTest, reports: NewApplication
) -> None:
    browser = Browser(portal, secure=secure)

    browser.get(address(reports))

    cookie = browser.header(b"set-cookie")
    prefix, end = ("__Host-", "; Secure") if secure else ("", "")
    assert re.fullmatch(
        rf"{prefix}sluice=[A-Za-z0-9_-]{{43}}; Path=/; HttpOnly; SameSite=Lax{end}", cookie
    )
    policy = browser.header(b"content-security-policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert browser.header(b"x-frame-options") == "DENY"
    assert browser.header(b"referrer-policy") == "no-referrer"
    assert browser.header(b"cache-control") == "no-store"
    assert browser.header(b"access-control-allow-origin") == ""


@assumed("what people write is text, on every page")
def test_a_title_is_not_taken_for_markup(
    portal: PortalInTest, anna: Person, browser: Browser
) -> None:
    hostile = "<script>alert(1)</script>\"'&"
    application = portal.add_application(hostile, scopes=["task"], handler_url=CALLBACK)

    texts = [signed_in(browser, application).body.decode()]
    browser.get(address(application, state='"><script>'))
    texts.append(browser.text)
    browser.press("decline")
    texts.append(browser.text)

    for text in texts:
        assert "<script" not in text
        assert "&lt;script&gt;" in text


@assumed("an answer for a browser never fails with a 500 for what was sent")
@pytest.mark.parametrize(
    ("verb", "query", "body"),
    [
        ("GET", "client_id=%00", ""),
        ("GET", "client_id=%ff", ""),
        ("POST", "", "key=" + "a[" * 100),
        ("POST", "", "&".join(f"a{n}=1" for n in range(20_000))),
        ("GET", "state=" + "x" * 10_000, ""),
    ],
)
def test_damaged_requests_are_refused(
    verb: str, query: str, body: str, portal: PortalInTest
) -> None:
    answer: Any = portal.send("/oauth/authorize/", verb=verb, query=query, body=body)

    assert answer.status in (400, 404)
