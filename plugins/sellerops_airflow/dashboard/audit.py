"""The audit log: every write of the hub goes through ``write``, in one transaction with its entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from fastapi import HTTPException

from sellerops.read_models.queries import Connection
from sellerops_airflow.dashboard.database import read
from sellerops_airflow.runtime import get_runtime

_T = TypeVar("_T")
# The actions that the current request has recorded; threads inherit them.
_noted: ContextVar[list[str] | None] = ContextVar("sellerops_hub_audit", default=None)


@dataclass(frozen=True)
class Change:
    """What a person changed. ``action`` is page.verb; ``before`` and ``after`` are JSON, None for nothing."""

    action: str
    subject: str
    before: Any = None
    after: Any = None
    account_id: str = ""


def write(user_name: str, work: Callable[[Connection], tuple[_T, Change]]) -> _T:
    """Do ``work`` and record what it changed, both or neither. Raises RetryableError without the database."""
    read(_nothing)
    with get_runtime().ledger.connection() as connection, connection.transaction():
        result, change = work(connection)
        _note(connection, user_name, change)
        return result


def write_outside(user_name: str, change: Change, work: Callable[[], _T]) -> _T:
    """Record a change, then make it where the transaction does not reach, such as in Airflow's database.

    Unless its entry is stored, the change is not made. If it is refused (HTTPException), a second entry says
    so, because nobody may remove the first; after any other error it may have been made.
    """
    read(_nothing)
    ledger = get_runtime().ledger
    with ledger.connection() as connection:
        _note(connection, user_name, change)
    try:
        return work()
    except HTTPException as error:
        refused = replace(change, action=f"{change.action}.refused", after={"reason": str(error.detail)})
        with ledger.connection() as connection:
            _note(connection, user_name, refused)
        raise


def only_checked() -> None:
    """Declare that a POST, such as a what-if, has changed nothing, so it needs no entry."""
    _remember("nothing")


@contextmanager
def noticed() -> Iterator[list[str]]:
    """The actions recorded within the block, also in threads started in it."""
    entries: list[str] = []
    token = _noted.set(entries)
    try:
        yield entries
    finally:
        _noted.reset(token)


def _nothing(_: Connection) -> None:
    """Read nothing, only to find out if the database answers: the ledger would wait for it for a minute."""


def _note(connection: Connection, user_name: str, change: Change) -> None:
    from psycopg.types.json import Jsonb

    connection.execute(
        """
        INSERT INTO sellerops.audit_entry (user_name, action, account_id, subject, before, after)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        (
            user_name,
            change.action,
            change.account_id,
            change.subject,
            None if change.before is None else Jsonb(change.before),
            None if change.after is None else Jsonb(change.after),
        ),
    )
    _remember(change.action)


def _remember(action: str) -> None:
    entries = _noted.get()
    if entries is not None:
        entries.append(action)
