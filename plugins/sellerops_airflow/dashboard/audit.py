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

    Without a stored entry it is not done. If it is refused (HTTPException), a second entry says so, because
    nobody may remove the first; after any other error it may have been done.
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
