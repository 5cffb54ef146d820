"""One parameter map to a function's typed arguments. rest-protocol.md 6."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import ParameterError
from sluice.rest.params import Fields, bind, bind_classic, camel, in_order, parameters_of
from tests.unit.test_wire_types import WIRE


def controller(
    call: Any,
    flow_id: int,
    title: str = "none",
    with_tasks: bool = False,
    flow_data: dict[str, Any] | None = None,
    select: list[Any] | None = None,
) -> None:
    """Stand for a controller's method."""


def service(
    call: Any,
    id: int = 0,
    event_type: str | None = None,
    full: bool = False,
    anything: object = None,
    access: list[Any] | None = None,
) -> None:
    """Stand for a classic method."""


def everything(call: Any, fields: Fields, admin_mode: bool = False) -> None:
    """Stand for a classic method that takes its fields at top level."""


CONTROLLER = parameters_of(controller, classic=False)
SERVICE = parameters_of(service, classic=True)
EVERYTHING = parameters_of(everything, classic=True)


@pytest.mark.parametrize(
    ("name", "wire"),
    [("id", "id"), ("flow_id", "flowId"), ("planned_completion_time", "plannedCompletionTime")],
)
def test_controllers_write_names_in_camel_case(name: str, wire: str) -> None:
    assert camel(name) == wire


def test_names_on_the_wire() -> None:
    assert [one.wire for one in CONTROLLER] == [
        "flowId",
        "title",
        "withTasks",
        "flowData",
        "select",
    ]
    assert [one.wire for one in SERVICE] == ["ID", "EVENT_TYPE", "FULL", "ANYTHING", "ACCESS"]


def test_a_controllers_arguments_are_typed() -> None:
    sent = {
        "flowId": "517",
        "title": "Intake",
        "withTasks": "N",
        "flowData": [],
        "select": {"0": "ID", "1": "NAME"},
    }

    assert bind(CONTROLLER, sent) == {
        "flow_id": 517,
        "title": "Intake",
        "with_tasks": True,
        "flow_data": {},
        "select": ["ID", "NAME"],
    }


def test_what_a_controller_was_not_sent_has_its_default() -> None:
    assert bind(CONTROLLER, {"flowId": 1, "title": None, "other": 2}) == {
        "flow_id": 1,
        "title": "none",
        "with_tasks": False,
        "flow_data": None,
        "select": None,
    }


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Could not find value for parameter {flowId}"),
        ({"flowId": None}, "Could not find value for parameter {flowId}"),
        ({"flowid": 1}, "Could not find value for parameter {flowId}"),
        (
            {"flowId": "abc"},
            "Invalid value {abc} to match with parameter {flowId}. Should be value of type int.",
        ),
        (
            {"flowId": 1, "title": ["a"]},
            "Invalid value {Array} to match with parameter {title}."
            " Should be value of type string.",
        ),
        (
            {"flowId": 1, "withTasks": []},
            "Invalid value {Array} to match with parameter {withTasks}."
            " Should be value of type bool.",
        ),
        (
            {"flowId": 1, "flowData": ""},
            "Invalid value {} to match with parameter {flowData}. Should be value of type array.",
        ),
        (
            {"flowId": 1, "select": {"a": 1}},
            "Invalid value {Array} to match with parameter {select}."
            " Should be value of type array.",
        ),
    ],
    ids=["missing", "null", "other case", "integer", "text", "truth", "map", "list"],
)
def test_what_a_controller_says(sent: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError) as refused:
        bind(CONTROLLER, sent)

    assert (refused.value.code, refused.value.status) == ("100", 400)
    assert refused.value.description == words


def test_the_first_parameter_declared_complains_first() -> None:
    with pytest.raises(ParameterError, match="flowId"):
        bind(CONTROLLER, {"select": "no list", "title": 5, "flowId": "abc"})


@pytest.mark.parametrize("truth", ["false", "N", "no", 1, 0.5], ids=repr)
def test_a_controllers_truth_is_phps(truth: object) -> None:
    assert bind(CONTROLLER, {"flowId": 1, "withTasks": truth})["with_tasks"] is True


@pytest.mark.parametrize("name", ["event_type", "EVENT_TYPE", "Event_Type"])
def test_classic_names_count_in_any_case(name: str) -> None:
    assert bind_classic(SERVICE, {name: "online"})["event_type"] == "online"


def test_a_classic_method_takes_what_it_can_read() -> None:
    sent = {"ID": "abc", "event_type": 5, "FULL": "1", "ANYTHING": [1], "ACCESS": "U1"}

    assert bind_classic(SERVICE, sent) == {
        "id": 0,
        "event_type": "5",
        "full": True,
        "anything": [1],
        "access": None,
    }


def test_a_classic_method_may_take_every_field_under_upper_case_names() -> None:
    arguments = bind_classic(EVERYTHING, {"Name": "Anna", "admin_mode": 1})

    assert arguments == {"fields": {"NAME": "Anna", "ADMIN_MODE": 1}, "admin_mode": True}


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"0": 7, "1": "online"}, {"ID": 7, "EVENT_TYPE": "online"}),
        ({"1": "online"}, {"EVENT_TYPE": "online"}),
        ({"0": 7, "ID": 8}, {"ID": 8}),
        ({"9": "too many"}, {}),
        ({"ID": 8}, {"ID": 8}),
    ],
    ids=["all", "some", "a name wins", "beyond the last", "names alone"],
)
def test_parameters_without_names_are_named_by_their_order(
    sent: dict[str, Any], named: dict[str, Any]
) -> None:
    ordered = in_order(SERVICE, sent)

    assert {name: value for name, value in ordered.items() if not name.isdigit()} == named


NAMES = st.sampled_from([one.wire for one in (*CONTROLLER, *SERVICE)]) | st.text()


@given(st.dictionaries(NAMES, WIRE, max_size=6))
def test_binding_gives_every_argument_or_a_complaint(sent: dict[str, Any]) -> None:
    assert set(bind_classic(SERVICE, sent)) == {one.name for one in SERVICE}
    try:
        arguments = bind(CONTROLLER, sent)
    except ParameterError:
        return
    assert set(arguments) == {one.name for one in CONTROLLER}
