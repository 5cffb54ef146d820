"""XML output: the suffix `.xml`. rest-protocol.md 20."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.portals import Person, PortalInTest, Reply
from tests.provenance import documented, observed


def ask(person: Person, method: str, body: str = "") -> Reply:
    return person.portal.send(person.path + method, body=body)


@documented("settings/how-to-call-rest-api/general-principles")
@pytest.mark.parametrize("suffix", [".xml", ".XML", ".Xml/"])
def test_the_suffix_asks_for_xml(admin: Person, suffix: str) -> None:
    reply = ask(admin, f"server.time{suffix}")

    assert reply.status == 200
    assert reply.content_type == "text/xml; charset=utf-8"
    assert reply.text.startswith(
        "<response><result>2026-01-12T09:30:00+00:00</result><time><start>"
    )


@observed("rest-protocol.md 20: maps are elements, list entries items, truth 1")
def test_a_flow_in_xml(portal: PortalInTest, admin: Person) -> None:
    flow = portal.add_flow("Take <care> & go", admin)

    root = ElementTree.fromstring(ask(admin, "tasks.flow.Flow.get.xml", f"flowId={flow.id}").text)

    result = root.find("result")
    assert result is not None
    assert result.findtext("id") == str(flow.id)
    assert result.findtext("active") == "1"
    assert result.findtext("demo") == ""
    assert result.findtext("notifyOnQueueOverflow") == ""
    assert result.findtext("name") == "Take <care> & go"
    assert [item.text for item in result.findall("responsibleList/item/item")] == ["user", "1"]


@observed("rest-protocol.md 20: total and next stand beside the result")
def test_a_list_in_xml(portal: PortalInTest, admin: Person) -> None:
    portal.add_flow("Intake", admin)

    root = ElementTree.fromstring(ask(admin, "tasks.flow.Flow.list.xml").text)

    assert root.findtext("result/item/name") == "Intake"
    assert root.findtext("total") == "1"


@observed("rest-protocol.md 20: errors")
@pytest.mark.parametrize(
    ("method", "status", "text"),
    [
        (
            "no.such.method.xml",
            404,
            "<response><error>ERROR_METHOD_NOT_FOUND</error>"
            "<error_description>Method not found!</error_description></response>",
        ),
        (
            "tasks.flow.Flow.get.xml",
            400,
            "<response><error>100</error><error_description>"
            "Could not find value for parameter {flowId}</error_description></response>",
        ),
    ],
    ids=["system", "binding"],
)
def test_an_error_in_xml(admin: Person, method: str, status: int, text: str) -> None:
    reply = ask(admin, method)

    assert (reply.status, reply.text) == (status, text)
    assert reply.content_type == "text/xml; charset=utf-8"


@observed("XML 1.0 has no such characters, not even escaped")
def test_what_xml_cannot_carry_is_dropped(admin: Person) -> None:
    reply = ask(admin, "tasks.flow.Flow.get.xml", "flowId=a%01b%EF%BF%BEc%1Fd")

    assert "Invalid value {abcd}" in reply.text
    ElementTree.fromstring(reply.text)
