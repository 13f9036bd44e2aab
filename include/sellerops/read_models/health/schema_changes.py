"""Schema drift: columns that appeared in documents or disappeared from them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class SchemaChange(BaseModel):
    """One change. ``kind``: ``added``, ``dropped``, ``duplicated``, ``missing`` or ``personal``.

    ``dag_id``, ``run_id``: the run whose document showed it.
    """

    id: int
    report: str
    table_name: str
    column_name: str
    kind: str
    seen_at: datetime
    load_id: int | None
    account_id: str | None
    marketplace: str
    dag_id: str | None
    run_id: str | None


def read_schema_changes(connection: Connection, scope: Scope, q: str | None = None) -> list[SchemaChange]:
    """Changes seen on the scope's days or the day after, when these are loaded.

    The newest come first; at most 10,000.
    """
    return select(connection, __file__, SchemaChange, {**scope.values(), "q": q.lower() if q else None})
