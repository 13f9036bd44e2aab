"""Writes of the Inventory page: stock in own warehouses and open purchase orders."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from sellerops.read_models.queries import Connection
from sellerops_airflow.dashboard import audit
from sellerops_airflow.dashboard.access import GetUserDep
from sellerops_airflow.dashboard.reading import HubRoute

if TYPE_CHECKING:
    from sellerops.reference.table import ReferenceTable

router = APIRouter(prefix="/inventory", tags=["inventory"], route_class=HubRoute)
_TABLE = "stock_elsewhere"
_SOURCE = "seller hub"
_MOST_ROWS = 500
Cells = dict[str, Any]


class StockKey(BaseModel):
    """What identifies a row of the table ``stock_elsewhere``."""

    account_id: str
    sku: str
    kind: str
    reference: str = ""
    valid_from: date


class StockRow(BaseModel):
    """A row as a person enters it: texts and numbers, all of which are checked against the table at once.

    ``replaces``: the row that this one replaces, if its key changes.
    """

    account_id: str
    sku: str
    kind: str = "warehouse"
    reference: str = ""
    valid_from: str
    valid_to: str | None = None
    quantity: int | str | None
    expected_date: str | None = None
    supplier: str | None = None
    note: str | None = None
    replaces: StockKey | None = None


class StockRows(BaseModel):
    """Rows to store: all or none."""

    rows: list[StockRow] = Field(min_length=1, max_length=_MOST_ROWS)
    allow_unknown: bool = Field(default=False, description="Accept SKUs that no report contains yet.")


class StockKeys(BaseModel):
    """Rows to delete."""

    keys: list[StockKey] = Field(min_length=1, max_length=_MOST_ROWS)


class StockAnswer(BaseModel):
    """The rows before and after, as stored."""

    before: list[dict[str, Any]]
    after: list[dict[str, Any]]


@router.put("/elsewhere")
def put_stock(body: StockRows, user: GetUserDep) -> StockAnswer:
    """Store rows. A row of the same SKU, kind and reference that began earlier ends the day before.

    422 lists every problem; then nothing is stored.
    """
    return audit.write(user.get_name(), lambda connection: _put(connection, body, user.get_name()))


@router.delete("/elsewhere")
def delete_stock(body: StockKeys, user: GetUserDep) -> StockAnswer:
    """Delete rows. 404 if one does not exist; then nothing is deleted."""
    return audit.write(user.get_name(), lambda connection: _delete(connection, body.keys, user.get_name()))


def _put(connection: Connection, body: StockRows, name: str) -> tuple[StockAnswer, audit.Change]:
    from sellerops.reference.edits import delete_rows, lock_table
    from sellerops.reference.importing import import_rows

    table = _table()
    lock_table(connection, table)
    before = _stored(connection, table)
    replaced = [row.replaces for row in body.rows if row.replaces is not None]
    _require(before, replaced)
    if replaced:
        keys = [each.model_dump() for each in replaced]
        delete_rows(connection, table, keys, source=_SOURCE, edited_by=name)
    rows = [row.model_dump(exclude={"replaces"}, exclude_none=True) for row in body.rows]
    import_rows(connection, table, rows, source=_SOURCE, edited_by=name, allow_unknown=body.allow_unknown)
    return _answer("inventory.edit", before, _stored(connection, table))


def _delete(connection: Connection, keys: list[StockKey], name: str) -> tuple[StockAnswer, audit.Change]:
    from sellerops.reference.edits import delete_rows, lock_table

    table = _table()
    lock_table(connection, table)
    before = _stored(connection, table)
    _require(before, keys)
    delete_rows(connection, table, [each.model_dump() for each in keys], source=_SOURCE, edited_by=name)
    return _answer("inventory.delete", before, _stored(connection, table))


def _table() -> ReferenceTable:
    from sellerops.reference.importing import given_table

    return given_table(_TABLE)


def _stored(connection: Connection, table: ReferenceTable) -> dict[tuple[Any, ...], Cells]:
    """All rows by key, as JSON."""
    from sellerops.reference.edits import stored_rows

    return {tuple(row[name] for name in table.key): _as_json(row) for row in stored_rows(connection, table)}


def _require(stored: dict[tuple[Any, ...], Cells], keys: list[StockKey]) -> None:
    for each in keys:
        if (each.account_id, each.sku, each.kind, each.reference, each.valid_from) not in stored:
            raise HTTPException(
                404, f"The row of SKU {each.sku} from {each.valid_from} no longer exists. Reload this page."
            )


def _answer(
    action: str, before: dict[tuple[Any, ...], Cells], after: dict[tuple[Any, ...], Cells]
) -> tuple[StockAnswer, audit.Change]:
    old = [row for key, row in before.items() if after.get(key) != row]
    new = [row for key, row in after.items() if before.get(key) != row]
    touched = [*new, *old]
    skus = sorted({row["sku"] for row in touched})
    accounts = {row["account_id"] for row in touched}
    subject = skus[0] if len(skus) == 1 else f"{len(skus)} SKUs"
    change = audit.Change(
        action, subject, old or None, new or None, accounts.pop() if len(accounts) == 1 else ""
    )
    return StockAnswer(before=old, after=new), change


def _as_json(row: Cells) -> Cells:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
