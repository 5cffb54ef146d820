"""The portal as a whole: its plan with its limits, and the states that refuse calls.

Source: rest-protocol.md 7.2, 12; settled.md 14. Every state is set on purpose, by `sluice portal`,
so that programs can be tried against each refusal.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

# Rule (observed): a plan without flows lets them be tried once, for fifteen days (flows.md 3.0).
FLOWS_TRIAL = timedelta(days=15)


class Plan(StrEnum):
    """What the vendor calls a portal's plan, as far as limits go."""

    NONE = "none"
    COMMERCIAL = "commercial"
    ENTERPRISE = "enterprise"
    BOX = "box"


class PlanLimits(Struct, frozen=True):
    """How much a plan lets programs do; 0 is no limit.

    Attributes:
        burst: calls that one address may make at once.
        per_second: calls that are forgotten each second.
        operating_seconds: time that a credential may use of a method within ten minutes.
    """

    burst: int = 0
    per_second: float = 0.0
    operating_seconds: float = 0.0


LIMITS = {
    Plan.NONE: PlanLimits(),
    Plan.COMMERCIAL: PlanLimits(50, 2.0, 480.0),
    Plan.ENTERPRISE: PlanLimits(250, 5.0, 480.0),
    # Rule (documented): self-hosted, no intensity limit, and 420 s when operating time is limited.
    Plan.BOX: PlanLimits(operating_seconds=420.0),
}


class Flows(StrEnum):
    """Whether the plan has task flows."""

    ON = "on"
    TRIAL = "trial"
    OFF = "off"


class PortalState(Struct, frozen=True, dict=True):
    """What `sluice portal` sets. The defaults refuse nothing.

    Attributes:
        plan: whose limits hold.
        rest: the plan has REST at all.
        flows: the plan has flows; `trial`: not, but they can be tried once.
        portal: the portal is there; False once it was closed.
        overload: calls are blocked because of overload.
        https: plain HTTP is refused.
        payment: applications are paid for.
        auth_host: the authorization server can be reached, so that tokens can be checked.
        manifest: applications have a manifest.
        extranet: guests may call.
        private_handlers: events may be sent to addresses of this machine and of private networks.
        confirm: methods that wait for an administrator's confirmation, in lower case.
        deny: methods that an administrator has refused.
        operating_limit: seconds of operating time instead of the plan's; 0 leaves the plan's.
        broken: methods that fail inside.
        garbled: methods whose answer is lost inside.
        flows_trial_until: when the trial of flows is over; None before it began.
    """

    plan: Plan = Plan.NONE
    rest: bool = True
    flows: Flows = Flows.ON
    portal: bool = True
    overload: bool = False
    https: bool = False
    payment: bool = True
    auth_host: bool = True
    manifest: bool = True
    extranet: bool = True
    private_handlers: bool = True
    confirm: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    operating_limit: float = 0.0
    broken: tuple[str, ...] = ()
    garbled: tuple[str, ...] = ()
    flows_trial_until: datetime | None = None

    @cached_property
    def limits(self) -> PlanLimits:
        """The plan's limits."""
        return LIMITS[self.plan]

    @cached_property
    def operating_seconds(self) -> float:
        """The limit of operating time, see `PlanLimits`."""
        return self.operating_limit or self.limits.operating_seconds

    @cached_property
    def refuses(self) -> bool:
        """Tell whether anything but limits may make it refuse a call."""
        limits_alone = replace(self, plan=Plan.NONE, operating_limit=0.0, private_handlers=True)
        return limits_alone != NORMAL

    def has_flows(self, now: datetime) -> bool:
        """Tell whether flows can be used now."""
        if self.flows is Flows.ON:
            return True
        until = self.flows_trial_until
        return self.flows is Flows.TRIAL and until is not None and now < until

    def may_try_flows(self) -> bool:
        """Tell whether the trial of flows can begin."""
        return self.flows is Flows.TRIAL and self.flows_trial_until is None


NORMAL = PortalState()


class StateInvalid(ValueError):
    """A name is no state, or a value is none of its values; the words say what would do."""


# State -> the words for True and False, the first of which is the default.
_WORDS = {
    "rest": ("on", "off"),
    "portal": ("open", "closed"),
    "overload": ("off", "on"),
    "https": ("optional", "required"),
    "payment": ("current", "ended"),
    "auth_host": ("up", "down"),
    "manifest": ("available", "missing"),
    "extranet": ("on", "off"),
    "private_handlers": ("on", "off"),
}
_SECONDS = re.compile(r"|[0-9]{1,9}(\.[0-9]{1,9})?")
_METHODS = ("confirm", "deny", "broken", "garbled")
NAMES = ("plan", "operating_limit", "flows", *_WORDS, *_METHODS)


def read_state(name: str, text: str, methods: Collection[str]) -> Any:
    """Return the value that a text stands for.

    Args:
        methods: the names of all methods, in lower case.

    Raises:
        StateInvalid
    """
    wanted = text.strip().lower()
    if name == "plan" or name == "flows":
        kind: type[StrEnum] = Plan if name == "plan" else Flows
        if wanted not in list(kind):
            raise StateInvalid(f"{name} is one of {', '.join(kind)}, not {text!r}.")
        return kind(wanted)
    if name in _WORDS:
        normal, other = _WORDS[name]
        if wanted not in (normal, other):
            raise StateInvalid(f"{name} is {normal} or {other}, not {text!r}.")
        is_normal: bool = getattr(NORMAL, name)
        return is_normal if wanted == normal else not is_normal
    if name == "operating_limit":
        if not _SECONDS.fullmatch(wanted):
            raise StateInvalid(f"{name} is a number of seconds, or empty, not {text!r}.")
        return float(wanted or 0)
    if name in _METHODS:
        named = tuple(dict.fromkeys(part.strip() for part in wanted.split(",") if part.strip()))
        if unknown := [one for one in named if one not in methods]:
            raise StateInvalid(f"{name}: there is no method {unknown[0]!r}.")
        return named
    raise StateInvalid(f"There is no state {name!r}. The states are {', '.join(NAMES)}.")


def written_state(name: str, state: PortalState) -> str:
    """Return the text that `read_state` reads as this state's value."""
    value = getattr(state, name)
    if name in _WORDS:
        normal, other = _WORDS[name]
        return normal if value == getattr(NORMAL, name) else other
    if name == "operating_limit":
        return f"{value:g}" if value else ""
    return ",".join(value) if isinstance(value, tuple) else str(value)
