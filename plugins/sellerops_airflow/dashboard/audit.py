"""The audit log: every write of the hub goes through ``write``, in one transaction with its entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import HTTPException

from sellerops.read_models.queries import Connection
from sellerops_airflow.dashboard.database import read
from sellerops_airflow.runtime import get_runtime

_T = TypeVar("_T")
# What the request that runs now has noted; threads inherit it.
_noted: ContextVar[list[str] | None] = ContextVar("sellerops_hub_audit", default=None)


@dataclass(frozen=True)
class Change:
    """What a person changed: ``action`` as page.verb, ``before`` and ``after`` as JSON, None: nothing."""

    action: str
    subject: str
    before: Any = None
    after: Any = None
    account_id: str = ""


def write(user_name: str, work: Callable[[Connection], tuple[_T, Change]]) -> _T:
    """Do ``work`` and note what it changed, both or neither. Raises RetryableError without the database."""
    read(_nothing)
    with get_runtime().ledger.connection() as connection, connection.transaction():
        result, change = work(connection)
        _note(connection, user_name, change)
        return result


def write_outside(user_name: str, change: Change, work: Callable[[], _T]) -> _T:
    """Note a change, then do it where the transaction does not reach, such as in Airflow's database.

    Without a stored entry it is not done. If it is refused (HTTPException), the entry is removed; after any
    other error it may have been done, and the entry stays.
    """
    read(_nothing)
    ledger = get_runtime().ledger
    with ledger.connection() as connection:
        entry = _note(connection, user_name, change)
    try:
        return work()
    except HTTPException:
        with ledger.connection() as connection:
            connection.execute("DELETE FROM sellerops.audit_entry WHERE id = %s", (entry,))
        raise


def only_checked() -> None:
    """Say that a POST has changed nothing, such as a what-if: it needs no entry."""
    _remember("nothing")


@contextmanager
def noticed() -> Iterator[list[str]]:
    """The actions noted within the block, also in threads started in it."""
    entries: list[str] = []
    token = _noted.set(entries)
    try:
        yield entries
    finally:
        _noted.reset(token)


def _nothing(_: Connection) -> None:
    """Whether the database answers: the ledger would wait for it for a minute."""


def _note(connection: Connection, user_name: str, change: Change) -> int:
    """Store an entry; returns its id."""
    from psycopg.types.json import Jsonb

    row = connection.execute(
        """
        INSERT INTO sellerops.audit_entry (user_name, action, account_id, subject, before, after)
        VALUES (%s, %s, %s, %s, %s, %s) RETURNING id
        """,
        (
            user_name,
            change.action,
            change.account_id,
            change.subject,
            None if change.before is None else Jsonb(change.before),
            None if change.after is None else Jsonb(change.after),
        ),
    ).fetchone()
    assert row is not None
    _remember(change.action)
    return int(row["id"])


def _remember(action: str) -> None:
    entries = _noted.get()
    if entries is not None:
        entries.append(action)
