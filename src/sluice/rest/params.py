"""From one loose parameter map to a function's typed arguments.

A controller's parameters are examined in the order of declaration and the first failure wins; a
classic method takes what it can read and complains in its own words. Source: rest-protocol.md 6.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, NewType

from msgspec import Struct

from sluice.errors import ParameterInvalid, ParameterMissing
from sluice.rest import wire_types

# A parameter of this type receives the whole map: for methods that take their fields at top level.
# Classic ones get the names in upper case (`user.add`).
Fields = NewType("Fields", dict[str, Any])


class Parameter(Struct, frozen=True):
    """One declared parameter.

    Attributes:
        name: the function's own name for it.
        wire: its name on the wire: camelCase, or UPPER_SNAKE for classic methods.
        read: wire value to typed value, or None when the value is of another kind.
        declared: how a complaint names the type.
        required: absent is an error.
        default: used when absent.
    """

    name: str
    wire: str
    read: Callable[[Any], Any]
    declared: str
    required: bool
    default: Any
    takes_everything: bool = False


_READERS: dict[Any, tuple[Callable[[Any], Any], str]] = {
    int: (wire_types.as_integer, "int"),
    str: (wire_types.as_text, "string"),
    bool: (
        lambda value: None if isinstance(value, (list, dict)) else wire_types.as_truth(value),
        "bool",
    ),
    list: (wire_types.as_list, "array"),
    dict: (wire_types.as_map, "array"),
    object: (lambda value: value, "mixed"),
}
_CLASSIC_READERS: dict[Any, tuple[Callable[[Any], Any], str]] = {
    **_READERS,
    str: (wire_types.as_scalar_text, "string"),
}


def parameters_of(function: Callable[..., Any], *, classic: bool) -> tuple[Parameter, ...]:
    """Return what a method's function declares after its `call`."""
    declared = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    return tuple(_parameter(one, classic) for one in declared)


def _parameter(declared: inspect.Parameter, classic: bool) -> Parameter:
    if declared.annotation is Fields:
        return Parameter(declared.name, "", lambda value: value, "array", False, {}, True)
    kind = _kind(declared.annotation)
    read, shown_type = (_CLASSIC_READERS if classic else _READERS)[kind]
    required = declared.default is inspect.Parameter.empty
    return Parameter(
        name=declared.name,
        wire=declared.name.upper() if classic else camel(declared.name),
        read=read,
        declared=shown_type,
        required=required,
        default=None if required else declared.default,
    )


def _kind(annotation: Any) -> Any:
    """Return the bare type of `int | None`, `list[Any]` and the like."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        annotation = next(arm for arm in typing.get_args(annotation) if arm is not types.NoneType)
    return typing.get_origin(annotation) or annotation


def camel(name: str) -> str:
    """Return `flow_id` as `flowId`: a Python name as controllers write it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def bind(parameters: tuple[Parameter, ...], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return a controller's arguments.

    A null counts as absent (rest-protocol.md 2.1).

    Raises:
        ParameterMissing: a required parameter is absent.
        ParameterInvalid: a value is of another kind than declared.
    """
    arguments = {}
    for parameter in parameters:
        if parameter.takes_everything:
            arguments[parameter.name] = sent
            continue
        value = sent.get(parameter.wire)
        if value is None:
            if parameter.required:
                raise ParameterMissing(parameter.wire)
            arguments[parameter.name] = parameter.default
            continue
        typed = parameter.read(value)
        if typed is None:
            raise ParameterInvalid(parameter.wire, wire_types.shown(value), parameter.declared)
        arguments[parameter.name] = typed
    return arguments


def bind_classic(parameters: tuple[Parameter, ...], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return a classic method's arguments; what is absent or unreadable gets the default."""
    fields = {name.upper(): value for name, value in sent.items()}
    arguments = {}
    for parameter in parameters:
        if parameter.takes_everything:
            arguments[parameter.name] = fields
            continue
        value = fields.get(parameter.wire)
        typed = None if value is None else parameter.read(value)
        arguments[parameter.name] = parameter.default if typed is None else typed
    return arguments


def in_order(parameters: tuple[Parameter, ...], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was sent without names, under 0, 1, ..., by the names declared in that order.

    Source: rest-protocol.md 2.1. Rule (assumed): a name that was sent wins over a place.
    """
    placed = {
        parameter.wire: sent[str(place)]
        for place, parameter in enumerate(parameters)
        if str(place) in sent
    }
    return {**placed, **sent}
