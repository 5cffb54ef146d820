"""Comments on tasks, and those of them that are results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from sluice.clock import from_micros, to_micros
from sluice.store.database import Row, Transaction
from sluice.store.listing import Column, Condition, Kind, named, ordered, where

_COLUMNS = "id, task_id, author_id, author_name, author_email, posted_micros, message"
_RESULT_COLUMNS = "id, task_id, comment_id, created_by, created_micros, updated_micros, body"

# What `task.commentitem.getlist` filters and sorts by.
LISTED: dict[str, Column] = {
    "ID": Column("id", Kind.NUMBER),
    "AUTHOR_ID": Column("author_id", Kind.NUMBER),
    "AUTHOR_NAME": Column("author_name"),
    "AUTHOR_EMAIL": Column("author_email"),
    "POST_DATE": Column("posted_micros", Kind.INSTANT),
}


class Comment(Struct, frozen=True):
    """Something said about a task; the author's name is that of the day it was said."""

    id: int
    task_id: int
    author_id: int
    author_name: str
    author_email: str
    posted: datetime
    message: str


class Result(Struct, frozen=True):
    """What came of a task, in the words of a comment."""

    id: int
    task_id: int
    comment_id: int
    created_by: int
    created: datetime
    updated: datetime
    text: str


class Comments:
    """The tables `task_comment` and `task_result`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, comment_id: int) -> Comment | None:
        """Return the comment, or None."""
        row = self._tx.one(
            f"SELECT {_COLUMNS} FROM task_comment WHERE id = :id", {"id": comment_id}
        )
        return None if row is None else _comment(row)

    def of_task(
        self,
        task_id: int,
        conditions: Sequence[Condition] = (),
        order: Sequence[tuple[Column, bool]] = (),
    ) -> list[Comment]:
        """Return the comments on a task that meet the conditions."""
        clause, parameters = where(conditions)
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM task_comment WHERE task_id = :task_id AND {clause}"
            f" ORDER BY {ordered(order)}",
            {**parameters, "task_id": task_id},
        )
        return [_comment(row) for row in rows]

    def add(self, comment: Comment) -> int:
        """Store a new comment and return its id."""
        added = self._tx.insert(
            "task_comment",
            {
                "task_id": comment.task_id,
                "author_id": comment.author_id,
                "author_name": comment.author_name,
                "author_email": comment.author_email,
                "posted_micros": to_micros(comment.posted),
                "message": comment.message,
            },
        )
        assert added is not None  # nothing can be in its way
        return added

    def set_message(self, comment_id: int, message: str, now: datetime) -> None:
        """Change the words of a comment, and of the result that it is, if it is one."""
        self._tx.update("task_comment", comment_id, {"message": message})
        self._tx.run(
            "UPDATE task_result SET body = :body, updated_micros = :now"
            " WHERE comment_id = :comment_id",
            {"body": message, "now": to_micros(now), "comment_id": comment_id},
        )

    def delete(self, comment_id: int) -> None:
        """Remove a comment, and the result that it is, if it is one."""
        self.delete_result(comment_id)
        self._tx.run("DELETE FROM task_comment WHERE id = :id", {"id": comment_id})

    def counts(self, task_ids: Sequence[int]) -> dict[int, int]:
        """Return how many comments each of these tasks has; who has none is left out."""
        inside, parameters = named("task", task_ids)
        rows = self._tx.all(
            "SELECT task_id, COUNT(*) FROM task_comment"
            f" WHERE task_id IN ({inside}) GROUP BY task_id",
            parameters,
        )
        return {row[0]: row[1] for row in rows}

    def new_counts(self, task_ids: Sequence[int], reader: int) -> Mapping[int, int]:
        """Return how many comments of others came since the reader saw each of these tasks."""
        if not task_ids:
            return {}
        inside, parameters = named("task", task_ids)
        rows = self._tx.all(
            "SELECT c.task_id, COUNT(*) FROM task_comment c"
            " LEFT JOIN task_mark m ON m.task_id = c.task_id AND m.user_id = :reader"
            f" WHERE c.task_id IN ({inside}) AND c.author_id <> :reader"
            " AND c.posted_micros > COALESCE(m.viewed_micros, 0) GROUP BY c.task_id",
            {**parameters, "reader": reader},
        )
        return {row[0]: row[1] for row in rows}

    def new_of(self, user_id: int, group_id: int, role: str) -> int:
        """Count the new comments on tasks that a user has to do with; 0 and empty for any."""
        row = self._tx.one(
            "SELECT COUNT(*) FROM task_comment c"
            " LEFT JOIN task_mark k ON k.task_id = c.task_id AND k.user_id = :user_id"
            " WHERE c.task_id IN (SELECT m.task_id FROM task_member m"
            " JOIN task t ON t.id = m.task_id WHERE m.user_id = :user_id"
            " AND (:group_id = 0 OR t.group_id = :group_id) AND (:role = '' OR m.role = :role))"
            " AND c.author_id <> :user_id AND c.posted_micros > COALESCE(k.viewed_micros, 0)",
            {"user_id": user_id, "group_id": group_id, "role": role},
        )
        return int(row[0]) if row else 0

    # Results

    def result_of(self, comment_id: int) -> Result | None:
        """Return the result that a comment is, or None."""
        row = self._tx.one(
            f"SELECT {_RESULT_COLUMNS} FROM task_result WHERE comment_id = :comment_id",
            {"comment_id": comment_id},
        )
        return None if row is None else _result(row)

    def results(self, task_id: int) -> list[Result]:
        """Return the results of a task, the newest first."""
        rows = self._tx.all(
            f"SELECT {_RESULT_COLUMNS} FROM task_result WHERE task_id = :task_id ORDER BY id DESC",
            {"task_id": task_id},
        )
        return [_result(row) for row in rows]

    def with_results(self, task_ids: Sequence[int]) -> set[int]:
        """Return which of these tasks have a result."""
        inside, parameters = named("task", task_ids)
        rows = self._tx.all(
            f"SELECT DISTINCT task_id FROM task_result WHERE task_id IN ({inside})", parameters
        )
        return {row[0] for row in rows}

    def add_result(self, result: Result) -> Result:
        """Store a new result and return it with its id."""
        added = self._tx.insert(
            "task_result",
            {
                "task_id": result.task_id,
                "comment_id": result.comment_id,
                "created_by": result.created_by,
                "created_micros": to_micros(result.created),
                "updated_micros": to_micros(result.updated),
                "body": result.text,
            },
        )
        assert added is not None  # nobody asks for it where there is one
        return replace(result, id=added)

    def delete_result(self, comment_id: int) -> None:
        """Let a comment be no result any more."""
        self._tx.run(
            "DELETE FROM task_result WHERE comment_id = :comment_id", {"comment_id": comment_id}
        )


def _comment(row: Row) -> Comment:
    return Comment(row[0], row[1], row[2], row[3], row[4], from_micros(row[5]), row[6])


def _result(row: Row) -> Result:
    created, updated = from_micros(row[4]), from_micros(row[5])
    return Result(row[0], row[1], row[2], row[3], created, updated, row[6])
