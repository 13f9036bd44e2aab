"""The audit log: every write of the hub goes through ``write``, in one transaction with its entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg.types.json import Jsonb

from sellerops_airflow.runtime import get_runtime

Connection = psycopg.Connection[Any]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Change:
    """What a person changed: ``action`` as page.verb, ``before`` and ``after`` as JSON, None: nothing."""

    action: str
    subject: str
    before: Any = None
    after: Any = None
    account_id: str = ""


def write(user_name: str, work: Callable[[Connection], tuple[_T, Change]]) -> _T:
    """Do ``work`` and note what it changed, both or neither."""
    with get_runtime().ledger.connection() as connection, connection.transaction():
        result, change = work(connection)
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
        return result
