"""`sluice call`: parameters as they are typed, answers as they are read."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest

from sluice.cli.call import read_pairs
from tests.cli.portal import PortalInFile


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["flowId=517"], {"flowId": 517}),
        (["name=Intake"], {"name": "Intake"}),
        (["name="], {"name": ""}),
        (["name=a=b"], {"name": "a=b"}),
        (['code="517"'], {"code": "517"}),
        (["on=true", "off=false", "none=null"], {"on": True, "off": False, "none": None}),
        (["price=1.5", "debt=-2"], {"price": 1.5, "debt": -2}),
        (["phone=+491234", "code=007"], {"phone": "+491234", "code": "007"}),
        (["number=NaN", "word=True"], {"number": "NaN", "word": "True"}),
        (['flowData={"id": 5, "tags": []}'], {"flowData": {"id": 5, "tags": []}}),
        (["flowData={broken"], {"flowData": "{broken"}),
        (["flowData[id]=5", "flowData[name]=X"], {"flowData": {"id": 5, "name": "X"}}),
        (["ids[]=1", "ids[]=2"], {"ids": [1, 2]}),
        (["ids[2]=1"], {"ids": {"2": 1}}),
        (['list[][]="user"', "list[0][]=3"], {"list": [["user", 3]]}),
        (["filter[>=ID]=3"], {"filter": {">=ID": 3}}),
        (["filter[=NAME]=a[b]=c"], {"filter": {"=NAME": "a[b]=c"}}),
        (["id=1", "id=2"], {"id": 2}),
        (["text=two\nlines"], {"text": "two\nlines"}),
        ([], {}),
    ],
    ids=lambda value: None if isinstance(value, dict) else " ".join(value),
)
def test_pairs_mean(typed: list[str], meant: dict[str, Any]) -> None:
    assert read_pairs(typed) == meant


@pytest.mark.parametrize(
    "typed", ["flowId", "=5", "filter[ID", "name=\udcff", "a" + "[x]" * 99 + "=1"]
)
def test_what_is_no_pair_is_a_wrong_command_line(typed: str) -> None:
    with pytest.raises(click.UsageError):
        read_pairs([typed])


def test_a_call_is_the_administrators(portal: PortalInFile) -> None:
    done = portal.run("call", "profile")

    assert done.exit_code == 0
    assert json.loads(done.stdout)["ID"] == "1"


def test_a_call_changes_the_portal(portal: PortalInFile) -> None:
    portal.answer("call", "tasks.flow.Flow.activate", "flowId=517")

    flow = portal.answer("call", "tasks.flow.Flow.get", "flowId=517")["result"]
    assert flow["active"] is False


def test_nested_parameters_arrive_nested(portal: PortalInFile) -> None:
    done = portal.answer("call", "user.get", "filter[>=ID]=11", "order=DESC", "sort=ID")

    assert [user["ID"] for user in done["result"]] == ["12", "11"]


def test_json_is_the_whole_answer(portal: PortalInFile) -> None:
    answer = portal.answer("call", "user.get")

    assert answer["total"] == 12
    assert answer["time"]["start"] > 0


def test_a_longer_list_says_how_to_go_on(portal: PortalInFile) -> None:
    for number in range(55):
        portal.answer("call", "department.add", f'NAME="{number}"', "PARENT=1")

    done = portal.run("call", "department.get")

    assert len(json.loads(done.stdout)) == 50
    assert done.stderr == "61 in all; go on with start=50\n"


def test_a_refusal_is_told_in_the_portals_words(portal: PortalInFile) -> None:
    done = portal.run("call", "tasks.flow.Flow.get", "flowId=4711")

    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr == "Error: 0: Flow not found\n"


def test_json_has_refusals_too(portal: PortalInFile) -> None:
    done = portal.run("call", "tasks.flow.Flow.get", "flowId=4711", "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout)["error_description"] == "Flow not found"


def test_a_misspelt_method_is_answered_with_the_one_that_was_meant(portal: PortalInFile) -> None:
    done = portal.run("call", "task.flow.flow.activat")

    assert done.exit_code == 1
    assert "ERROR_METHOD_NOT_FOUND" in done.stderr
    assert "Did you mean tasks.flow.Flow.activate" in done.stderr


@pytest.mark.parametrize("method", ["../user.get", "a/b/c", "profile?x=1", "ёж"])
def test_a_method_is_one_name_whatever_it_holds(portal: PortalInFile, method: str) -> None:
    assert "ERROR_METHOD_NOT_FOUND" in portal.run("call", method).stderr


def test_an_answer_in_xml_is_no_json(portal: PortalInFile) -> None:
    done = portal.run("call", "profile.xml")

    assert done.exit_code == 1
    assert "not one of a portal's REST in JSON" in done.stderr


def test_a_terminal_gets_colours(portal: PortalInFile) -> None:
    assert "\x1b[" in portal.run("call", "profile", color=True).stdout


def test_no_color_is_respected(portal: PortalInFile) -> None:
    shown = portal.run("call", "profile", color=True, env={"NO_COLOR": "1"}).stdout

    assert json.loads(shown)["ID"] == "1"


@pytest.mark.parametrize(
    "webhook",
    [
        "portal.example/rest/1/code/",
        "ftp://portal.example/rest/1/code/",
        "https://portal.example/",
        "https://portal.example/rest/code/",
        "https://portal.example:0/rest/1/code/",
        "https://portal.example:port/rest/1/code/",
        "https://[::1/rest/1/code/",
        "https://portal.example/rest/1/code/?auth=x",
    ],
)
def test_what_is_no_webhook_is_a_wrong_command_line(portal: PortalInFile, webhook: str) -> None:
    done = portal.run("call", "profile", "--webhook", webhook)

    assert done.exit_code == 2
    assert "a webhook looks like https://portal.example/rest/1/CODE/" in done.stderr
