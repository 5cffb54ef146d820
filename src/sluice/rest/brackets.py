"""PHP's bracket forms: `fields[NAME]=x&ids[]=1` to nested maps and lists.

A port of what PHP 8 does when it fills `$_GET` and `$_POST`, which `parse_str` shares
(rest-protocol.md 2.2). The differences, none of which loses a parameter without a word:

- where PHP drops what exceeds `max_input_vars` or `max_input_nesting_level`, we refuse;
- a raw NUL byte is data, as it is for `$_POST`; `parse_str` alone stops reading there;
- no name is dropped for looking like a prefixed cookie (`__Host-`): we read no cookies here.

Every byte of the input is looked at a fixed number of times, so hostile input costs linear time.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

Value: TypeAlias = "str | list[Value] | dict[str, Value]"

_MANGLED = str.maketrans(" .[", "___")
# `[]` and `[ ]` ask for the next index: PHP skips one character of C's isspace() before it looks.
_NEXT_INDEX = frozenset(["", *" \t\n\v\f\r"])
_SPECIAL = re.compile(rb"[^0-9A-Za-z_&=.,:>-]")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")  # what PHP turns into an integer key
_LARGEST_INTEGER = 2**63 - 1


class TooManyParameters(ValueError):
    """Say that a request has more parameters than `limit`."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} parameters")
        self.limit = limit


class TooDeep(ValueError):
    """Say that a parameter's name has more bracket levels than `limit`."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"a parameter name with more than {limit} levels of brackets")
        self.limit = limit


def parse_str(text: bytes, *, max_parameters: int, max_depth: int) -> dict[str, Value]:
    """Decode a query string or an urlencoded body as PHP would.

    Source: rest-protocol.md 2.2. All scalars are strings; of equal names the last wins.

    Args:
        text: the bytes as they came, still percent-encoded.
        max_parameters: how many non-empty parts between `&` are accepted.
        max_depth: how many bracket levels a name may have; keep it far below Python's recursion
            limit (PHP's default is 64).

    Raises:
        TooManyParameters, TooDeep: a limit is exceeded.
        UnicodeDecodeError: a decoded name or value is not UTF-8.
    """
    if not _SPECIAL.search(text):  # most commands of a batch: nothing to decode or to nest
        plain = text.decode().split("&")
        if len(plain) <= max_parameters:
            pairs = [part.partition("=") for part in plain]
            if all(name.isidentifier() for name, _, _ in pairs):
                return {name: value for name, _, value in pairs}
    return from_pairs(_pairs(text), max_parameters=max_parameters, max_depth=max_depth)


def from_pairs(
    pairs: Iterable[tuple[str, str]], *, max_parameters: int, max_depth: int
) -> dict[str, Value]:
    """Nest already decoded pairs, such as the fields of a multipart body, by their names.

    A PHP array whose keys are exactly 0..n-1 in this order becomes a list, any other a dict; the
    outermost is always a dict. Pairs with a name that PHP ignores count, and are left out.

    Raises:
        TooManyParameters, TooDeep: a limit is exceeded; see `parse_str`.
    """
    parameters = _Array()
    for count, (name, value) in enumerate(pairs, start=1):
        if count > max_parameters:
            raise TooManyParameters(max_parameters)
        if name.isidentifier():  # the common case has nothing to mangle, nest or ignore
            parameters.entries[name] = value
        elif path := _path(name, max_depth):
            parameters.put_at(path, value)
    return parameters.to_dict()


def _pairs(text: bytes) -> Iterator[tuple[str, str]]:
    for part in text.replace(b"+", b" ").split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            yield _decode(name), _decode(value)


def _decode(encoded: bytes) -> str:
    return (unquote_to_bytes(encoded) if b"%" in encoded else encoded).decode()


def _path(name: str, max_depth: int) -> list[str | None]:
    """Split a name into its keys, outermost first; None stands for `[]`.

    Returns no key for a name that PHP ignores: one with nothing before the first bracket.
    """
    name = name.partition("\0")[0].lstrip(" ")
    outermost = name.partition("[")[0]
    if not outermost:
        return []
    keys = _keys(name, len(outermost), max_depth)
    if not keys:  # also `a[x`, which never closes: its bracket is but a character to mangle
        return [name.translate(_MANGLED)]
    return [outermost.translate(_MANGLED), *keys]


def _keys(name: str, position: int, max_depth: int) -> list[str | None]:
    """Return the keys in the brackets from this position on.

    What follows the last bracket that closes is ignored, a key ends at the first `]`.
    """
    keys: list[str | None] = []
    while name.startswith("[", position):
        if len(keys) == max_depth:
            raise TooDeep(max_depth)
        end = name.find("]", position)
        if end < 0:
            break
        key = name[position + 1 : end]
        keys.append(None if key in _NEXT_INDEX else key)
        position = end + 1
    return keys


class _Array:
    """A PHP array: an ordered map that knows the next index of `[]`.

    Integer keys are kept as their decimal text: PHP makes no difference between 5 and "5" as a key,
    while "05" or "+5" are other keys in both notations.
    """

    __slots__ = ("entries", "next_index")

    def __init__(self) -> None:
        self.entries: dict[str, str | _Array] = {}
        self.next_index: int | None = None  # None as long as there is no integer key

    def put_at(self, path: list[str | None], value: str) -> None:
        *parents, last = path
        array = self
        for key in parents:
            child = array.child(key)
            if child is None:
                return
            array = child
        array.put(last, value)

    def child(self, key: str | None) -> "_Array | None":
        """Return the array under the key, made now if there was none or a string in its place."""
        found = None if key is None else self.entries.get(key)
        if isinstance(found, _Array):
            return found
        made = _Array()
        return made if self.put(key, made) else None

    def put(self, key: str | None, item: "str | _Array") -> bool:
        """Set the entry, or append it if the key is None.

        Returns False if it cannot be appended because the largest integer is taken: PHP goes on
        without the entry.
        """
        if key is None:
            key = str(self.next_index or 0)
            if key in self.entries:
                return False
        self.entries[key] = item
        if _INTEGER.fullmatch(key):
            self._count_index(int(key))
        return True

    def _count_index(self, index: int) -> None:
        if -_LARGEST_INTEGER - 1 <= index <= _LARGEST_INTEGER and (
            self.next_index is None or index >= self.next_index
        ):
            self.next_index = min(index + 1, _LARGEST_INTEGER)

    def to_dict(self) -> dict[str, Value]:
        return {
            key: item if isinstance(item, str) else item.to_value()
            for key, item in self.entries.items()
        }

    def to_value(self) -> Value:
        values = self.to_dict()
        for index, key in enumerate(values):
            if key != str(index):
                return values
        return list(values.values())
