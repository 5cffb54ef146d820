"""Incoming webhooks: hashed, cached, and forgotten as soon as anything about them changes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sluice.domain.access import Actor
from sluice.domain.people import Department, User, UserType
from sluice.store import copy, migrate
from sluice.store.credentials import Caller, Webhook
from sluice.store.engine import Place, open_portal
from sluice.store.tables import Store
from tests.contract.conftest import NOW, Run, change_user

CODE = "a1b2c3d4e5f6"


@pytest.fixture
def webhook(run: Run) -> int:
    """A webhook of Anna, user 1, in department 2 below the root 1."""

    def fill(store: Store) -> int:
        store.departments.add(Department(0, "Acme"))
        store.departments.add(Department(0, "Support", parent_id=1))
        store.users.add(User(0, "anna@example.com", NOW, NOW, departments=(2,)))
        return store.credentials.add_webhook(
            1, CODE, title="For a test", scopes=["task", "user"], now=NOW
        )

    webhook_id = run(fill)
    assert isinstance(webhook_id, int)
    return webhook_id


def caller(run: Run, user: str = "1", code: str = CODE) -> Caller | None:
    found: Caller | None = run(lambda store: store.credentials.caller(user, code))
    return found


def actor(run: Run) -> Actor:
    found = caller(run)
    assert found is not None
    assert found.actor is not None
    return found.actor


def test_a_webhook_stands_for_its_user(run: Run, webhook: int) -> None:
    assert actor(run) == Actor(
        user_id=1,
        is_admin=False,
        is_intranet=True,
        codes=frozenset({"U1", "UA", "D2", "DR2", "DR1"}),
        scopes=frozenset({"task", "user"}),
        credential=f"webhook {webhook}",
    )


@pytest.mark.parametrize(
    ("user", "code"),
    [("2", CODE), ("01", CODE), ("", CODE), ("1", CODE.upper()), ("1", ""), ("1", "' OR 1=1")],
)
def test_what_is_not_exactly_a_webhook_stands_for_nobody(
    run: Run, webhook: int, user: str, code: str
) -> None:
    assert caller(run, user, code) is None
    assert caller(run, user, code) is None  # asked again, it still is none


def test_the_code_is_nowhere_in_the_tables(run: Run, webhook: int) -> None:
    tables = copy.tables(migrate.known())

    everything = run(
        lambda store: str([list(copy.read_rows(store.transaction, table)) for table in tables])
    )

    assert "For a test" in everything
    assert CODE not in everything


def test_webhooks_are_listed_without_their_codes(run: Run, webhook: int) -> None:
    known = Webhook(webhook, 1, "For a test", ("task", "user"), NOW, None)
    assert run(lambda store: store.credentials.webhooks()) == [known]

    run(lambda store: store.credentials.revoke_webhook(webhook, NOW))

    assert run(lambda store: store.credentials.webhooks()) == [replace(known, revoked=NOW)]


def test_a_revoked_webhook_stands_for_nobody(run: Run, webhook: int) -> None:
    assert caller(run) is not None

    assert run(lambda store: store.credentials.revoke_webhook(webhook, NOW)) is True

    assert caller(run) is None
    assert run(lambda store: store.credentials.revoke_webhook(webhook, NOW)) is False
    assert run(lambda store: store.credentials.revoke_webhook(99, NOW)) is False


def test_a_dismissed_user_is_known_but_is_no_actor(run: Run, webhook: int) -> None:
    assert actor(run).user_id == 1

    change_user(run, 1, active=False)

    assert caller(run) == Caller(None)
    assert run(lambda store: store.credentials.actor_of(1)) is None


def test_a_user_who_becomes_a_guest_loses_the_codes_of_employees(run: Run, webhook: int) -> None:
    assert "UA" in actor(run).codes

    change_user(run, 1, departments=(), user_type=UserType.EXTRANET)

    assert actor(run).codes == {"U1"}


def test_a_moved_department_changes_the_codes_at_once(run: Run, webhook: int) -> None:
    assert "DR1" in actor(run).codes

    def move(store: Store) -> None:
        store.departments.add(Department(0, "Operations", parent_id=1))
        store.departments.save(Department(2, "Support", parent_id=3))

    run(move)
    assert "DR3" in actor(run).codes

    run(lambda store: store.departments.delete(3, heir_id=1))
    assert "DR3" not in actor(run).codes


def test_an_actor_without_a_credential_has_no_scopes(run: Run, webhook: int) -> None:
    found = run(lambda store: store.credentials.actor_of(1))

    assert (found.codes, found.is_admin) == (actor(run).codes, False)
    assert run(lambda store: store.credentials.actor_of(99)) is None


def test_what_another_program_revokes_ends_at_the_next_call(
    place: Place, run: Run, webhook: int
) -> None:
    assert caller(run) is not None  # cached from here on

    other = open_portal(place, NOW)
    other.run_now(lambda store: store.credentials.revoke_webhook(webhook, NOW))
    other.close()

    assert caller(run) is None


def test_what_another_program_adds_works_at_the_next_call(
    place: Place, run: Run, webhook: int
) -> None:
    assert caller(run, code="another") is None

    other = open_portal(place, NOW)
    other.run_now(
        lambda store: store.credentials.add_webhook(1, "another", title="", scopes=[], now=NOW)
    )
    other.close()

    assert caller(run, code="another") is not None
