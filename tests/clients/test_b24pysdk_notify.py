"""The SDK's own calls of `im.notify`. Source: flows.md 12.3, im_notify."""

from collections.abc import Callable
from typing import Any

from tests.server_process import ServerProcess


def test_b24pysdk_tells_reads_marks_and_removes(
    connect_b24pysdk: Callable[[str], Any], server: ServerProcess
) -> None:
    notify = connect_b24pysdk(server.ready.webhook).im.notify
    schema = notify.schema.get().result
    assert "LIST" in schema["tasks"]

    ids = [
        notify(user_id=1, message="Hello", type="SYSTEM", tag="sdk").result,
        notify.personal.add(user_id=1, message="Lunch?").result,
        notify.system.add(user_id=1, message="Backup done").result,
    ]
    told = notify.get(limit=3, convert_text=True).result
    assert [one["id"] for one in told["notifications"]] == ids[::-1]
    assert [
        one["id"] for one in notify.history.search(search_text="backup").result["notifications"]
    ] == ids[2:]

    assert notify.read(ids[1], action=True, only_current=True).result is True
    assert notify.read.list([ids[0]], action=True).result is True
    marked = {one["id"]: one["notify_read"] for one in notify.get(limit=3).result["notifications"]}
    assert marked == {ids[0]: "Y", ids[1]: "Y", ids[2]: "N"}
    assert isinstance(notify.read.all().result, dict)
    assert notify.get().result["total_unread_count"] == 0
    assert notify.answer(ids[1], "yes").result == {"result_message": False}
    assert notify.confirm(ids[1], True).result == {"result_message": False}

    assert notify.delete(tag="sdk").result is True
    assert notify.delete(bitrix_id=ids[1]).result is True
    assert [one["id"] for one in notify.get(limit=1).result["notifications"]] == ids[2:]
