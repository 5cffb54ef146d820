"""PHP's bracket forms: the specification's vectors, properties, and real PHP on the same input."""

import base64
import json
import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.rest.brackets import TooDeep, TooManyParameters, Value, from_pairs, parse_str

PHP_DEPTH = 64  # max_input_nesting_level as PHP ships it


def parse(text: bytes, max_parameters: int = 1000, max_depth: int = PHP_DEPTH) -> dict[str, Value]:
    return parse_str(text, max_parameters=max_parameters, max_depth=max_depth)


# rest-protocol.md 2.2, line by line.
DOCUMENTED: dict[str, tuple[str, dict[str, Value]]] = {
    "last wins": ("a=1&a=2", {"a": "2"}),
    "list": ("a[]=1&a[]=2", {"a": ["1", "2"]}),
    "append after the highest": ("a[5]=x&a[]=y", {"a": {"5": "x", "6": "y"}}),
    "list in a map": ("a[k][]=1&a[k][]=2", {"a": {"k": ["1", "2"]}}),
    "each append is a new map": ("a[][x]=1&a[][y]=2", {"a": [{"x": "1"}, {"y": "2"}]}),
    "list out of order is a map": ("a[1]=x&a[0]=y", {"a": {"1": "x", "0": "y"}}),
    "not canonical": ("a[01]=x", {"a": {"01": "x"}}),
    "not canonical is no index": ("a[01]=x&a[]=y", {"a": {"01": "x", "0": "y"}}),
    "filter operator": ("a[>ID]=5", {"a": {">ID": "5"}}),
    "encoded filter operator": ("a[!%3EID]=5", {"a": {"!>ID": "5"}}),
    "dot in the name": ("a.b=1", {"a_b": "1"}),
    "space in the name": ("a b=1", {"a_b": "1"}),
    "dot and space in brackets": ("a[b.c d]=1", {"a": {"b.c d": "1"}}),
    "never closed": ("a[x=1", {"a_x": "1"}),
    "never opened": ("a]=1", {"a]": "1"}),
    "text after the bracket": ("a[b]c=1", {"a": {"b": "1"}}),
    "scalar replaces map": ("a[x]=1&a=2", {"a": "2"}),
    "map replaces scalar": ("a=1&a[x]=2", {"a": {"x": "2"}}),
    "no equals sign": ("a", {"a": ""}),
    "no value": ("a=", {"a": ""}),
    "no name": ("=b", {}),
    "plus and percent in a value": ("a=1+2%2B3", {"a": "1 2+3"}),
    "percent in a name": ("a%5Bk%5D=1", {"a": {"k": "1"}}),
    "semicolon": ("a[x]=1;b=2", {"a": {"x": "1;b=2"}}),
    "bracket in a key": ("a[%24result[x]]=1", {"a": {"$result[x": "1"}}),
    "ampersand in a value": ("a=x&y", {"a": "x", "y": ""}),
}

# What real PHP was seen to do beyond the table; compared with it again below.
PHP_CORNERS: dict[str, tuple[str, dict[str, Value]]] = {
    "empty": ("", {}),
    "only separators": ("&&&", {}),
    "second equals sign": ("a=b=c", {"a": "b=c"}),
    "only a bracket": ("[x]=1", {}),
    "leading spaces": ("++a=1&%20+[x]=2", {"a": "1"}),
    "leading dot": (".a=1", {"_a": "1"}),
    "name ends at NUL": ("a%00b=1&c=2", {"a": "1", "c": "2"}),
    "bracket cut by NUL": ("a[b%00c]=1", {"a_b": "1"}),
    "name is NUL": ("%00a=1", {}),
    "NUL in a value": ("a=1%002", {"a": "1\x002"}),
    "never closed, mangled": ("a[x.y[z w=1", {"a_x_y_z_w": "1"}),
    "second never closed": ("a[b.c][d=1", {"a": {"b.c": "1"}}),
    "append never closed": ("a[][c=1", {"a": ["1"]}),
    "bracket after text": ("a[b]c[d]=1", {"a": {"b": "1"}}),
    "doubled closing": ("a[]]=1", {"a": ["1"]}),
    "one blank is an append": ("a[+]=1&a[%09]=2&a[%0b][]=3", {"a": ["1", "2", ["3"]]}),
    "two blanks are a key": ("a[++]=1", {"a": {"  ": "1"}}),
    "no-break space is a key": ("a[%C2%A0]=1", {"a": {"\xa0": "1"}}),
    "blank before a key": ("a[+x]=1", {"a": {" x": "1"}}),
    "negative": ("a[-5]=x&a[]=y", {"a": {"-5": "x", "-4": "y"}}),
    "negative zero": ("a[-0]=x&a[]=y", {"a": {"-0": "x", "0": "y"}}),
    "signed": ("a[%2B1]=x&a[]=y", {"a": {"+1": "x", "0": "y"}}),
    "other digits": ("a[%D9%A1]=x&a[]=y", {"a": {"١": "x", "0": "y"}}),
    "newline after a digit": ("a[1%0A]=x&a[]=y", {"a": {"1\n": "x", "0": "y"}}),
    "largest integer": (
        "a[9223372036854775806]=x&a[]=y&a[]=z&a[][k]=w",
        {"a": {"9223372036854775806": "x", "9223372036854775807": "y"}},
    ),
    "beyond the largest": (
        "a[9223372036854775808]=x&a[]=y",
        {"a": {"9223372036854775808": "x", "0": "y"}},
    ),
    "smallest integer": (
        "a[-9223372036854775808]=x&a[]=y",
        {"a": {"-9223372036854775808": "x", "-9223372036854775807": "y"}},
    ),
    "beyond the smallest": (
        "a[-9223372036854775809]=x&a[]=y",
        {"a": {"-9223372036854775809": "x", "0": "y"}},
    ),
    "a very long number": ("a[" + "9" * 5000 + "]=x", {"a": {"9" * 5000: "x"}}),
    "list keeps its place": ("a=1&b=2&a[]=3", {"a": ["3"], "b": "2"}),
    "number as a name": ("5[]=1&05=2&0=3", {"5": ["1"], "05": "2", "0": "3"}),
    "broken escapes": ("a=%&b=%4&c=%zz&d=%%41", {"a": "%", "b": "%4", "c": "%zz", "d": "%A"}),
    "UTF-8": ("имя[%D0%B6]=%F0%9F%A6%8A", {"имя": {"ж": "🦊"}}),
    "cookie prefix": ("__Host-a.b=1", {"__Host-a_b": "1"}),
    "as deep as PHP goes": (
        "a" + "[]" * PHP_DEPTH + "=1",
        {"a": json.loads("[" * 64 + '"1"' + "]" * 64)},
    ),
}
VECTORS = DOCUMENTED | PHP_CORNERS


def in_order(value: Value) -> Any:
    """Return the value in a form whose equality minds the order of keys."""
    if isinstance(value, dict):
        return [dict, *((key, in_order(item)) for key, item in value.items())]
    return [in_order(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("text", "expected"), VECTORS.values(), ids=VECTORS.keys())
def test_a_query_string_is_decoded_as_php_decodes_it(text: str, expected: dict[str, Value]) -> None:
    assert in_order(parse(text.encode())) == in_order(expected)


def test_a_raw_nul_is_data_as_in_a_posted_form() -> None:
    assert parse(b"a=1\x002&b\x00c=3&d=4") == {"a": "1\x002", "b": "3", "d": "4"}


def test_pairs_of_a_multipart_body_are_nested_but_not_decoded() -> None:
    pairs = [("f[NAME]", "a+b%20&c"), ("f[IDS][]", "1"), ("f[IDS][]", "2"), ("", "lost")]

    fields = from_pairs(pairs, max_parameters=4, max_depth=2)

    assert fields == {"f": {"NAME": "a+b%20&c", "IDS": ["1", "2"]}}


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        parse(b"a=%FF")


@pytest.mark.parametrize("text", [b"a=1&b=2&c=3", b"a&a&a", b"a[]=1&a[]=2&a[]=3", b"=1&=2&=3"])
def test_more_parameters_than_allowed_are_refused(text: bytes) -> None:
    with pytest.raises(TooManyParameters) as refusal:
        parse(text, max_parameters=2)

    assert refusal.value.limit == 2


def test_empty_parts_are_no_parameters() -> None:
    assert parse(b"&&a=1&&&b=2&", max_parameters=2) == {"a": "1", "b": "2"}


@pytest.mark.parametrize("text", [b"a[b][][d]=1", b"a[][][=1", b"x=1&a[1][2][3]"])
def test_deeper_brackets_than_allowed_are_refused(text: bytes) -> None:
    with pytest.raises(TooDeep) as refusal:
        parse(text, max_depth=2)

    assert refusal.value.limit == 2


@pytest.mark.parametrize("text", [b"a[b][c]=1", b"a[b][c]d[e]=1", b"a[b[[[c]=1", b"a]]]=1"])
def test_brackets_as_deep_as_allowed_pass(text: bytes) -> None:
    assert "a" in str(parse(text, max_depth=2))


# --- properties


def http_build_query(parameters: dict[str, Value]) -> bytes:
    """Encode as PHP's function of this name does; empty lists and maps leave no trace."""
    parts: list[str] = []

    def add(name: str, value: Value) -> None:
        if isinstance(value, str):
            parts.append(f"{quote_plus(name)}={quote_plus(value)}")
            return
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            add(f"{name}[{key}]", item)

    for name, value in parameters.items():
        add(name, value)
    return "&".join(parts).encode()


def is_map(candidate: dict[str, Value]) -> bool:
    """Tell a map from what PHP cannot tell from a list."""
    return list(candidate) != [str(index) for index in range(len(candidate))]


TEXT = st.text("abz019[].&=+%;- \0\néж🦊", max_size=8)
KEYS = st.integers(-3, 12).map(str) | st.text(
    "abz019[.&=+%;- \nж🦊", min_size=1, max_size=8
).filter(lambda key: key not in (" ", "\n"))
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,7}", fullmatch=True)
NESTED: st.SearchStrategy[Value] = st.recursive(
    TEXT,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(KEYS, inner, min_size=1, max_size=4).filter(is_map)
    ),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, NESTED, max_size=5))
def test_what_php_would_encode_comes_back_in_the_same_order(parameters: dict[str, Value]) -> None:
    assert in_order(parse(http_build_query(parameters))) == in_order(parameters)


# Pieces that make every branch likely; plain random bytes would seldom close a bracket.
PIECES = [
    *"aab[[[]]]]&&&==.+ -%0125",
    *("[]", "[]", "[0]", "[1]", "[-3]", "[x]", "[ ]", "]=", "&a[", "&a[]=", "&a=", "&b["),
    *("\0", "%00", "%5B", "%5D", "%26", "%3D", "%2E", "%09", "%D0%B6", "ж", "%FF", "%C3"),
    *("9223372036854775807", "9223372036854775806", "-9223372036854775808"),
]


def refusal_of(
    text: bytes, max_parameters: int = 1000, max_depth: int = PHP_DEPTH
) -> type[ValueError] | None:
    """Return the documented refusal that the text meets, if any; others rise."""
    try:
        parse(text, max_parameters, max_depth)
    except (TooManyParameters, TooDeep, UnicodeDecodeError) as refusal:
        return type(refusal)
    return None


@given(st.lists(st.sampled_from(PIECES)).map("".join).map(str.encode) | st.binary())
def test_no_input_raises_anything_but_the_documented_refusals(text: bytes) -> None:
    refusal = refusal_of(text, max_parameters=8, max_depth=3)

    if text.count(b"&") < 8:
        assert refusal is not TooManyParameters
    if text.count(b"[") + text.upper().count(b"%5B") <= 3:
        assert refusal is not TooDeep


@given(st.lists(st.tuples(st.text("a[].x\0 "), TEXT), max_size=12), st.integers(0, 12))
def test_the_limit_on_parameters_is_exact(pairs: list[tuple[str, str]], limit: int) -> None:
    try:
        from_pairs(pairs, max_parameters=limit, max_depth=100)
    except TooManyParameters:
        assert len(pairs) > limit
    else:
        assert len(pairs) <= limit


# --- real PHP

# Prints, for each line of base64, the keys and values it made of it: keys as PHP types them.
PHP_DUMP = """
function dump($value) {
    if (is_string($value)) return base64_encode($value);
    $entries = [];
    foreach ($value as $key => $item)
        $entries[] = [is_int($key) ? $key : base64_encode($key), dump($item)];
    return $entries;
}
while (($line = fgets(STDIN)) !== false) {
    parse_str(base64_decode($line), $made);
    echo json_encode(dump($made), 0, 1000), "\\n";
}
"""


@pytest.fixture(scope="module")
def php() -> str:
    """Give the path of PHP's command line; in CI it may not be missing."""
    path = shutil.which("php")
    if path is None and os.environ.get("CI"):
        pytest.fail("php is not installed, and CI has to compare with it")
    if path is None:
        pytest.skip("php is not installed (package php-cli)")
    return path


def ask_php(php: str, texts: Sequence[bytes], max_depth: int = PHP_DEPTH) -> list[Any]:
    """Return PHP's own dump for each text, by one process."""
    settings = {
        "max_input_vars": 1_000_000,
        "max_input_nesting_level": max_depth,
        "arg_separator.input": "&",
        "display_errors": "stderr",
    }
    arguments = [
        argument for item in settings.items() for argument in ("-d", "{}={}".format(*item))
    ]
    # A raw NUL is data in a posted form, but ends the text for parse_str alone.
    lines = [base64.b64encode(text.replace(b"\0", b"%00")) + b"\n" for text in texts]
    answer = subprocess.run(
        [php, "-n", *arguments, "-r", PHP_DUMP],
        input=b"".join(lines),
        capture_output=True,
        check=True,
        timeout=60,
    )
    dumps = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(dumps) == len(texts)
    return dumps


def from_dump(dump: Any) -> Value:
    """Make of a dump what Sluice should make of the same array."""
    if isinstance(dump, str):
        return base64.b64decode(dump).decode()
    if [key for key, _ in dump] == list(range(len(dump))):
        return [from_dump(item) for _, item in dump]
    return entries_of(dump)


def entries_of(dump: Any) -> dict[str, Value]:
    return {
        str(key) if isinstance(key, int) else base64.b64decode(key).decode(): from_dump(item)
        for key, item in dump
    }


def random_texts(seed: int, count: int, pieces: Sequence[str]) -> list[bytes]:
    """Return always the same texts for a seed, so that a failure can be repeated."""
    chance = random.Random(seed)
    return ["".join(chance.choices(pieces, k=chance.randint(1, 24))).encode() for _ in range(count)]


def test_real_php_agrees_with_every_vector(php: str) -> None:
    dumps = ask_php(php, [text.encode() for text, _ in VECTORS.values()])

    made = {name: in_order(entries_of(dump)) for name, dump in zip(VECTORS, dumps, strict=True)}

    assert made == {name: in_order(expected) for name, (_, expected) in VECTORS.items()}


def test_real_php_agrees_on_random_query_strings(php: str) -> None:
    texts = [text for text in random_texts(1, 1500, PIECES) if refusal_of(text) is None]
    assert len(texts) > 500

    for text, dump in zip(texts, ask_php(php, texts), strict=True):
        assert in_order(parse(text)) == in_order(entries_of(dump)), text


def test_real_php_drops_exactly_the_names_that_are_refused_as_too_deep(php: str) -> None:
    pieces = ["[]", "[x]", "[0]", "[ ]", "%5B%5D", "[y%5D", "[", "]", "z"]
    texts = [b"a[k]" + text for text in random_texts(2, 400, pieces)]

    dumps = ask_php(php, texts, max_depth=2)

    refused = [text for text in texts if refusal_of(text, max_depth=2) is TooDeep]
    assert [text for text, dump in zip(texts, dumps, strict=True) if not dump] == refused
    assert 50 < len(refused) < len(texts) - 50
