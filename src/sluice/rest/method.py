"""`@method`, `@classic` and the method table: what the wire can ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any, TypeVar

from sluice.errors import MethodNotFound
from sluice.rest.params import Parameter, bind, bind_classic, in_order, parameters_of

F = TypeVar("F", bound=Callable[..., Any])

# What Sluice grants and lists. One client throws on codes outside its own list, so no others
# (rest-protocol.md 16.4).
SCOPES = (
    "task",
    "tasks",
    "tasks_extended",
    "tasksmobile",
    "user",
    "user_basic",
    "user_brief",
    "user.userfield",
    "placement",
    "sonet_group",
    "socialnetwork",
    "department",
    "disk",
    "im",
    "imbot",
    "log",
    "crm",
    "entity",
    "calendar",
    "bizproc",
    "timeman",
    "intranet",
    "mobile",
)

# A scope on the left is also had by whoever was granted one on the right (rest-protocol.md 3.4).
_ALSO_GRANTED_BY = {
    "task": ("tasks",),
    "tasks": ("task",),
    "user": ("user_basic", "user_brief"),
    "sonet_group": ("socialnetwork",),
    "socialnetwork": ("sonet_group",),
}


def granted_by(scope: str) -> frozenset[str]:
    """Return the scopes each of which is enough for this one."""
    return frozenset((scope, *_ALSO_GRANTED_BY.get(scope, ())))


class Method:
    """One entry of the table.

    Attributes:
        name: as the documentation writes it; the wire may use any case.
        function: takes a `Call`, then its parameters.
        scope: what the credential must have been granted; None for global methods.
        writes: whether it may change something, and so needs the writer.
        long: whether it touches many rows and must not hold up quick calls.
        classic: parameter names in any case, no binding errors (rest-protocol.md 6).
        listed: whether `methods` tells of it; what the product has but does not document is not.
        positional: parameters may also come without names, in the order of declaration.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        scope: str | None,
        writes: bool,
        long: bool,
        classic: bool,
        listed: bool,
        positional: bool = False,
    ) -> None:
        self.name = name
        self.function = function
        self.scope = scope
        self.writes = writes
        self.long = long
        self.classic = classic
        self.listed = listed
        self.positional = positional
        self.granted_by = granted_by(scope) if scope else None

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The function's parameters after `call`, read from its annotations on first use."""
        return parameters_of(self.function, classic=self.classic)

    @property
    def summary(self) -> str:
        """The first line of the docstring: what the method does, for people."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]

    def arguments(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Return the function's arguments after `call`, from what was sent.

        Raises:
            ParameterMissing, ParameterInvalid: see `params.bind`; classic methods raise neither.
        """
        if self.positional:
            sent = in_order(self.parameters, sent)
        return (bind_classic if self.classic else bind)(self.parameters, sent)

    def allowed(self, scopes: frozenset[str]) -> bool:
        """Tell whether these scopes are enough to call the method."""
        return self.granted_by is None or not self.granted_by.isdisjoint(scopes)


def method(
    name: str,
    *,
    scope: str | None = None,
    writes: bool = True,
    long: bool = False,
    listed: bool = True,
) -> Callable[[F], F]:
    """Offer a function as a controller-style method: exact parameter names, fixed complaints."""
    return _offer(name, scope=scope, writes=writes, long=long, classic=False, listed=listed)


def classic(
    name: str,
    *,
    scope: str | None = None,
    writes: bool = True,
    long: bool = False,
    listed: bool = True,
    positional: bool = False,
) -> Callable[[F], F]:
    """Offer a function as a classic method: upper-case parameter names, in any case on the wire."""
    return _offer(
        name,
        scope=scope,
        writes=writes,
        long=long,
        classic=True,
        listed=listed,
        positional=positional,
    )


def _offer(name: str, **properties: Any) -> Callable[[F], F]:
    def offered(function: F) -> F:
        function.offered_as = Method(name, function, **properties)  # type: ignore[attr-defined]
        return function

    return offered


class MethodTable:
    """The methods by name, whatever its case."""

    def __init__(self, methods: Iterable[Method]) -> None:
        self._by_name = {method.name.lower(): method for method in methods}

    @classmethod
    def of(cls, modules: Iterable[ModuleType]) -> MethodTable:
        """Return the table of every function that the modules offer."""
        return cls(
            member.offered_as
            for module in modules
            for member in vars(module).values()
            if hasattr(member, "offered_as")
        )

    def find(self, name: str) -> Method:
        """Return the method of this name, in any case.

        Raises:
            MethodNotFound: there is none. It is said before credentials are looked at
                (rest-protocol.md 3.5).
        """
        found = self._by_name.get(name.lower())
        if found is None:
            raise MethodNotFound
        return found

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._by_name

    def __iter__(self) -> Iterator[Method]:
        return iter(self._by_name.values())
