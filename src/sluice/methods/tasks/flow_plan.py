"""Whether the portal's plan has flows, and the one trial of a plan that has none. flows.md 3.0."""

from __future__ import annotations

from msgspec.structs import replace

from sluice.domain.portal import FLOWS_TRIAL, NORMAL
from sluice.errors import FlowAccessDenied
from sluice.rest.call import Call


def check_plan(call: Call) -> None:
    """Refuse flows to a plan that has none.

    Rule (observed): the words are those of an access that is denied (flows.md 3.0).

    Raises:
        FlowAccessDenied
    """
    if not has_flows(call):
        raise FlowAccessDenied


def has_flows(call: Call) -> bool:
    """Tell whether the plan has flows, or they are being tried."""
    state = call.store.portal.get()
    return state is NORMAL or state.has_flows(call.now)


def begin_trial(call: Call) -> bool:
    """Begin the trial of flows if the plan has none and there was no trial yet; tell whether.

    Rule (observed): it is the call that makes or changes a flow which begins it, and which alone
    is answered with `trialFeatureEnabled`. A call that is refused begins nothing.
    """
    state = call.store.portal.get()
    if state is NORMAL or not state.may_try_flows():
        return False
    call.store.portal.set(replace(state, flows_trial_until=call.now + FLOWS_TRIAL))
    return True
