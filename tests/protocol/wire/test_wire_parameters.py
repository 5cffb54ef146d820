"""From query and body to one parameter map, and loose values to declared types.

rest-protocol.md 2; the bracket forms have their own tests, beside real PHP.
"""

from __future__ import annotations

import json

import pytest

from tests.portals import Person, PortalInTest, Reply
from tests.provenance import assumed, documented, observed

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xyz"
KNOWN, UNKNOWN = "server.time", "no.such.method"


def multipart(**fields: str) -> str:
    parts = [
        f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join(parts) + "--xyz--\r\n"


def ask(
    portal: PortalInTest, query: str = "", body: bytes | str = b"", content_type: str = FORM
) -> Reply:
    """Call `method.get`, which tells by its answer what name arrived."""
    return portal.send(
        portal.admin.path + "method.get", query=query, body=body, content_type=content_type
    )


def found(reply: Reply) -> bool:
    return bool(reply.result["isExisting"])


@documented("settings/how-to-call-rest-api/general-principles")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, f"name={KNOWN}"),
        (f"{FORM}; charset=UTF-8", f"name={KNOWN}"),
        (MULTIPART, multipart(name=KNOWN)),
        (JSON, json.dumps({"name": KNOWN})),
        ("application/json; charset=utf-8", json.dumps({"name": KNOWN})),
        ("Application/JSON ;charset=utf-8", json.dumps({"name": KNOWN})),
        ("text/plain", f"name={KNOWN}"),
        ("", f"name={KNOWN}"),
        ("application/octet-stream", f"name={KNOWN}"),
        (FORM, "na%6De=server%2etime"),
    ],
    ids=[
        "form",
        "form with charset",
        "multipart",
        "json",
        "json with charset",
        "json in odd case",
        "text",
        "no content type",
        "binary",
        "percent-encoded",
    ],
)
def test_a_parameter_in_every_kind_of_body(
    portal: PortalInTest, content_type: str, body: str
) -> None:
    assert found(ask(portal, body=body, content_type=content_type))


@observed("rest-protocol.md 2: only exactly application/json is decoded as JSON")
@pytest.mark.parametrize("content_type", ["text/json", "application/problem+json", "text/plain"])
def test_json_under_another_media_type_is_a_form(portal: PortalInTest, content_type: str) -> None:
    assert not found(ask(portal, body=json.dumps({"name": KNOWN}), content_type=content_type))


@observed("rest-protocol.md 2: the body is merged over the query")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [(FORM, f"name={KNOWN}"), (MULTIPART, multipart(name=KNOWN)), (JSON, f'{{"name":"{KNOWN}"}}')],
    ids=["form", "multipart", "json"],
)
def test_the_body_wins_over_the_query(portal: PortalInTest, content_type: str, body: str) -> None:
    assert found(ask(portal, f"name={UNKNOWN}", body, content_type))


@observed("rest-protocol.md 2: what only one of them has stays")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [(FORM, "other=1"), (MULTIPART, multipart(other="1")), (JSON, '{"other":1}')],
    ids=["form", "multipart", "json"],
)
def test_the_query_stays_beside_the_body(
    portal: PortalInTest, content_type: str, body: str
) -> None:
    assert found(ask(portal, f"name={KNOWN}", body, content_type))


@observed("rest-protocol.md 2: no deep merge")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [(FORM, "flowData[id]=1"), (JSON, '{"flowData":{"id":1}}')],
    ids=["form", "json"],
)
def test_a_map_in_the_body_replaces_the_one_in_the_query(
    portal: PortalInTest, content_type: str, body: str
) -> None:
    reply = portal.send(
        portal.admin.path + "tasks.flow.Flow.isExists",
        query="flowData[name]=Intake",
        body=body,
        content_type=content_type,
    )

    assert reply.refusal == (400, "0", "name: cannot be null")


@observed("rest-protocol.md 2: files travel as base64 in ordinary parameters")
def test_file_parts_are_ignored(portal: PortalInTest) -> None:
    body = (
        '--xyz\r\nContent-Disposition: form-data; name="name"; filename="a.txt"\r\n\r\n'
        f"{UNKNOWN}\r\n" + multipart(name=KNOWN)
    )
    as_file_last = multipart(name=KNOWN).removesuffix("--xyz--\r\n") + (
        '--xyz\r\nContent-Disposition: form-data; name="name"; filename="a.txt"\r\n\r\n'
        f"{UNKNOWN}\r\n--xyz--\r\n"
    )

    assert found(ask(portal, body=body, content_type=MULTIPART))
    assert found(ask(portal, body=as_file_last, content_type=MULTIPART))


@assumed("a multipart body that is none is worth a word, where PHP is silent")
@pytest.mark.parametrize("content_type", [MULTIPART, "multipart/form-data"], ids=["body", "header"])
def test_a_multipart_body_that_is_none(portal: PortalInTest, content_type: str) -> None:
    reply = ask(portal, body="name=server.time", content_type=content_type)

    assert (reply.status, reply.error) == (400, "INVALID_REQUEST")


# 2.1: JSON edge cases

NO_PARAMETERS = [
    b'{"name":"server.time"',
    b"{name: 'server.time'}",
    b"name=server.time",
    b'{"name":"server.time"} and more',
    b"\xef\xbb\xbf{}",
    b'{"name":"server.time \xff"}',
    b'{"name":"\\ud800"}',
    b"5",
    b'"server.time"',
    b"true",
    b"null",
    b"",
    b"  ",
    b"[]",
    b"{}",
    b'["server.time"]',
]


@observed("rest-protocol.md 2.1, settled 8: there is no bad JSON")
@pytest.mark.parametrize("body", NO_PARAMETERS, ids=repr)
def test_json_that_is_no_map_is_as_if_nothing_was_sent(portal: PortalInTest, body: bytes) -> None:
    assert not found(ask(portal, body=body, content_type=JSON))


@observed("rest-protocol.md 2.1")
@pytest.mark.parametrize("body", NO_PARAMETERS, ids=repr)
def test_json_that_is_no_map_leaves_the_query_alone(portal: PortalInTest, body: bytes) -> None:
    assert found(ask(portal, f"name={KNOWN}", body, JSON))


@observed("rest-protocol.md 2.1: the visible result of malformed JSON")
def test_malformed_json_misses_its_parameters_and_its_token(portal: PortalInTest) -> None:
    body = '{"flowId":1,"auth":"TOKEN"'

    by_webhook = portal.send(
        portal.admin.path + "tasks.flow.Flow.get", body=body, content_type=JSON
    )
    by_token = portal.send("/rest/tasks.flow.Flow.get", body=body, content_type=JSON)

    assert by_webhook.words == "Could not find value for parameter {flowId}"
    assert by_token.error == "NO_AUTH_FOUND"


@observed("rest-protocol.md 2.1: null counts as absent, and still replaces the query")
def test_a_null_is_absent(portal: PortalInTest) -> None:
    reply = portal.send(
        portal.admin.path + "tasks.flow.Flow.get",
        query="flowId=1",
        body='{"flowId":null}',
        content_type=JSON,
    )

    assert reply.refusal == (400, "100", "Could not find value for parameter {flowId}")


@observed("rest-protocol.md 2.1: nested types are preserved")
def test_json_keeps_its_types_where_forms_have_text(portal: PortalInTest) -> None:
    method = portal.admin.path + "tasks.flow.Flow.isExists"

    as_json = portal.send(method, body='{"flowData":{"name":5}}', content_type=JSON)
    as_form = portal.send(method, body="flowData[name]=5")

    assert as_json.words == "name: cannot be null"
    assert as_form.result == {"exists": False}


# 2.3: type leniency


@observed("rest-protocol.md 2.3: numbers and numeric strings, cut off after the point")
@pytest.mark.parametrize(
    "sent",
    [1, 1.0, 1.9, "1", " 1", "1 ", "\t1\n", "+1", "01", "1.5", "1.", "1e0", "10e-1"],
    ids=repr,
)
def test_what_is_an_integer(portal: PortalInTest, sent: object) -> None:
    flow = portal.add_flow("Intake", portal.admin)
    assert flow.id == 1

    assert portal.admin.call("tasks.flow.Flow.get", flowId=sent).result["id"] == 1


@observed("rest-protocol.md 2.3, 6: the value is shown in braces")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("abc", "abc"),
        ("", ""),
        (" ", " "),
        ("1x", "1x"),
        ("0x1", "0x1"),
        ("1 1", "1 1"),
        ("1e", "1e"),
        ("１", "１"),
        ("None", "None"),
        ("9" * 30, "9" * 30),
        (10**30, str(10**30)),
        (True, "1"),
        (False, ""),
        ([1], "Array"),
        ([], "Array"),
        ({"id": 1}, "Array"),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_what_is_no_integer(admin: Person, sent: object, shown: str) -> None:
    assert admin.call("tasks.flow.Flow.get", flowId=sent).refusal == (
        400,
        "100",
        f"Invalid value {{{shown}}} to match with parameter {{flowId}}."
        " Should be value of type int.",
    )


@observed("rest-protocol.md 2.3: a declared string is a string, no number and no array")
@pytest.mark.parametrize(
    ("sent", "shown"), [(5, "5"), (["a"], "Array"), (True, "1")], ids=["number", "array", "truth"]
)
def test_what_is_no_string(admin: Person, sent: object, shown: str) -> None:
    assert admin.call("method.get", name=sent).refusal == (
        400,
        "100",
        f"Invalid value {{{shown}}} to match with parameter {{name}}."
        " Should be value of type string.",
    )


@observed("rest-protocol.md 2.3: array or object only")
@pytest.mark.parametrize("sent", ["", "Intake", 5, False], ids=repr)
def test_what_is_no_array(admin: Person, sent: object) -> None:
    reply = admin.call("tasks.flow.Flow.isExists", flowData=sent)

    assert (reply.status, reply.error) == (400, "100")
    assert reply.words.endswith("Should be value of type array.")


@assumed("rest-protocol.md 2.3: clients write flags inside structures in many ways")
@pytest.mark.parametrize(
    ("sent", "flag"),
    [
        *[(yes, True) for yes in (True, 1, "1", "true", "True", "Y", "y", "yes")],
        *[(no, False) for no in (False, 0, "0", "false", "False", "N", "n", "no", "")],
    ],
    ids=repr,
)
def test_a_flag_inside_a_structure(portal: PortalInTest, sent: object, flag: bool) -> None:
    flow = portal.add_flow("Intake", portal.admin, task_control=not flag)

    portal.admin.call("tasks.flow.Flow.update", flowData={"id": flow.id, "taskControl": sent})

    assert portal.flow(flow.id).task_control is flag


@documented("rest-protocol.md 6: names of controllers keep their case, classic names do not")
def test_the_case_of_parameter_names(portal: PortalInTest, admin: Person) -> None:
    flow = portal.add_flow("Intake", portal.admin)

    assert admin.call("tasks.flow.Flow.get", FLOWID=flow.id).error == "100"
    for name in ("code", "CODE", "Code"):
        assert admin.call("feature.get", **{name: "teleport"}).result == {"value": "N"}


@observed("rest-protocol.md 2, 3.1: telemetry that real servers ignore")
@pytest.mark.parametrize(
    "name",
    ["bx24_request_id", "bx24_sdk_ver", "bx24_sdk_type", "__order", "state", "auth_connector", "x"],
)
def test_unknown_parameters_are_ignored(portal: PortalInTest, name: str) -> None:
    assert found(ask(portal, f"{name}=1", json.dumps({name: [1], "name": KNOWN}), JSON))


@observed("rest-protocol.md 2.2, 7.6: text that is not UTF-8 is refused in the fixed words")
@pytest.mark.parametrize(
    ("query", "body", "content_type"),
    [
        ("name=%FF", b"", FORM),
        ("%FF=1", b"", FORM),
        ("", b"name=\xff", FORM),
        ("", b"name=%C3", FORM),
        ("", b"name=\xff", "text/plain"),
        ("", multipart(name="?").encode().replace(b"?", b"\xff"), MULTIPART),
        ("name=a%00b", b"", FORM),
        ("a%00b=1", b"", FORM),
        ("", b"name=a\x00b", FORM),
        ("", multipart(name="\0").encode(), MULTIPART),
        ("", b'{"name":"a\\u0000b"}', JSON),
        ("", b'{"x":[{"a\\u0000b":1}]}', JSON),
    ],
    ids=[
        "value in query",
        "name in query",
        "raw in form",
        "cut off in form",
        "text",
        "multipart",
        "NUL in query",
        "NUL in a name",
        "raw NUL in form",
        "NUL in multipart",
        "NUL in JSON",
        "NUL in a JSON name",
    ],
)
def test_text_in_a_wrong_encoding(
    portal: PortalInTest, query: str, body: bytes, content_type: str
) -> None:
    reply = ask(portal, query, body, content_type)

    assert reply.body == {"error": "WRONG_ENCODING", "error_description": "Wrong request encoding"}
    assert reply.status == 400


@assumed("text of every language and plane passes unchanged")
@pytest.mark.parametrize("name", ["Приём", "受付", "🦆 flow", "a\\u0000b", 'a"b\\c/<d>&e'])
def test_text_goes_in_and_out_unchanged(portal: PortalInTest, name: str) -> None:
    flow = portal.add_flow("Intake", portal.admin)

    reply = portal.admin.call("tasks.flow.Flow.update", flowData={"id": flow.id, "name": name})

    assert reply.result["name"] == name
