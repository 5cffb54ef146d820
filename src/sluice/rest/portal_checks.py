"""What the portal's state refuses: every call, some callers, some methods.

The order is the protocol's (rest-protocol.md 3.5): first what is wrong with the portal, then with
the caller, then with the method. Only portals in another state than the normal one come here.
"""

from __future__ import annotations

from sluice.domain.access import Actor
from sluice.domain.portal import PortalState
from sluice.errors import (
    ConnectionFailed,
    HttpsRequired,
    ManifestNotAvailable,
    MethodConfirmDenied,
    MethodConfirmWaiting,
    OnlyIntranetUser,
    OverloadLimit,
    PaymentRequired,
    PortalDeleted,
    RestNotInPlan,
    UnexpectedAnswer,
)
from sluice.rest.method import Method


class BrokenOnPurpose(Exception):
    """A method was set to fail; it fails as a bug of ours would."""


def check_portal(state: PortalState, *, secure: bool) -> None:
    """Refuse every call of a portal that answers none.

    Raises:
        PortalDeleted, OverloadLimit, RestNotInPlan: it is closed, overloaded, or has no REST.
        HttpsRequired: the call came over plain HTTP.
    """
    if not state.portal:
        raise PortalDeleted
    if state.overload:
        raise OverloadLimit
    if not state.rest:
        raise RestNotInPlan
    if state.https and not secure:
        raise HttpsRequired


def check_caller(state: PortalState, actor: Actor, method: Method) -> None:
    """Refuse a caller, or a method, that the portal does not answer now.

    Raises:
        ConnectionFailed, PaymentRequired, ManifestNotAvailable: of applications alone.
        OnlyIntranetUser: the caller is a guest.
        MethodConfirmWaiting, MethodConfirmDenied: an administrator was asked, or has refused.
    """
    if actor.token is not None:
        if not state.auth_host:
            raise ConnectionFailed
        if not state.payment:
            raise PaymentRequired
        if not state.manifest:
            raise ManifestNotAvailable
    if not state.extranet and not actor.is_intranet:
        raise OnlyIntranetUser
    name = method.name.lower()
    if name in state.deny:
        raise MethodConfirmDenied
    if name in state.confirm:
        raise MethodConfirmWaiting


def check_inside(state: PortalState, method: Method) -> None:
    """Let a method fail after its work, which is undone then.

    Raises:
        BrokenOnPurpose: no refusal, but a fault.
        UnexpectedAnswer: its answer was lost.
    """
    name = method.name.lower()
    if name in state.broken:
        raise BrokenOnPurpose(f"{method.name} is set to fail (sluice portal)")
    if name in state.garbled:
        raise UnexpectedAnswer
