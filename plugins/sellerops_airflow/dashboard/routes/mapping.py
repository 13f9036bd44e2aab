"""Catalogue mapping: SKUs without an ASIN or own number, suggestions, and the mapping as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, Field

from sellerops.base.errors import InvalidRows
from sellerops.read_models.health.unmapped import UnmappedSku, read_unmapped
from sellerops.read_models.health.unmapped_days import UnmappedDay, read_unmapped_days
from sellerops.read_models.queries import Connection
from sellerops_airflow.dashboard import audit
from sellerops_airflow.dashboard.access import GetUserDep
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.small_tables import table_of
from sellerops_airflow.dashboard.tables import InPaging, Table
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.reference.suggestions import Suggestion

router = APIRouter(prefix="/health/mapping", tags=["health"], route_class=HubRoute)
_TABLE = "product_mapping"
_LARGEST = 5_000_000
_MOST_SHOWN = 50
_MOST_NAMED = 5


class MappingLine(UnmappedSku):
    """An unmapped SKU with the SKU that it probably belongs to. ``certainty``: 0 to 1; None: no suggestion.

    ``suggested_own_id`` and ``suggested_asin``: what is stored if you accept.
    """

    like_sku: str | None = None
    like_reason: str | None = None
    certainty: float | None = None
    suggested_own_id: str | None = None
    suggested_asin: str | None = None


class MappingRow(BaseModel):
    """What you say about a SKU; empty texts are unknown."""

    account_id: str
    sku: str
    own_id: str | None = None
    asin: str | None = None
    note: str | None = None


class Accepted(BaseModel):
    """The rows to store, as suggested or corrected."""

    rows: list[MappingRow] = Field(min_length=1, max_length=500)


class MappingFile(BaseModel):
    """A CSV file of the table product_mapping. ``check``: only report what it would change."""

    content: str = Field(max_length=_LARGEST)
    check: bool = False


class Problem(BaseModel):
    """Something wrong in a file. ``place``: line or row; ``remedy``: what to write instead."""

    place: str
    problem: str
    remedy: str


class Stored(BaseModel):
    """What a write changed, in rows; with ``problems`` nothing was changed."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    problems: list[Problem] = []


@router.get("")
def mapping(scope: InScope, paging: InPaging) -> Table[MappingLine]:
    """Unmapped SKUs, most recently seen first, with suggestions: by FNSKU, by ASIN, then by spelling."""
    from sellerops.reference.suggestions import read_products, suggest

    def work(connection: Connection) -> tuple[list[UnmappedSku], list[Any]]:
        unmapped = read_unmapped(connection, scope)
        return unmapped, read_products(connection) if unmapped else []

    unmapped, products = read(work)
    page = table_of([MappingLine(**each.__dict__) for each in unmapped], paging, MappingLine)
    wanted = {(each.account_id, each.sku) for each in page.rows}
    found = {(each.account_id, each.sku): each for each in suggest(products, wanted)}
    rows = [_with_suggestion(each, found.get((each.account_id, each.sku))) for each in page.rows]
    return page.model_copy(update={"rows": rows})


@router.get("/trend")
def trend(scope: InScope) -> list[UnmappedDay]:
    """Unmapped SKUs by day, according to the current mapping."""
    return read(lambda connection: read_unmapped_days(connection, scope))


@router.get("/csv")
def download(
    suggestions: Annotated[bool, Query(description="The suggested rows instead of the stored ones.")] = False,
) -> Response:
    """The table product_mapping as a file that can be corrected and uploaded again."""
    from sellerops.reference.edits import stored_rows
    from sellerops.reference.importing import export_csv
    from sellerops.reference.suggestions import read_products, suggest
    from sellerops.reference.tables import TABLES

    def work(connection: Connection) -> list[dict[str, Any]]:
        if suggestions:
            return [each.row for each in suggest(read_products(connection))]
        return stored_rows(connection, TABLES[_TABLE])

    text = export_csv(TABLES[_TABLE], read(work))
    name = "suggested_mapping" if suggestions else _TABLE
    return Response(
        text.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.post("/accept")
def accept(user: GetUserDep, accepted: Accepted) -> Stored:
    """Store rows of the mapping; other columns of these SKUs keep what is stored."""
    from sellerops.reference.edits import lock_table
    from sellerops.reference.tables import TABLES

    keys = [(row.account_id, row.sku) for row in accepted.rows]

    def work(connection: Connection) -> tuple[Stored, audit.Change]:
        lock_table(connection, TABLES[_TABLE])
        before = _stored(connection)
        rows = [{**before.get(key, {}), **row.model_dump(exclude_none=True)}
                for key, row in zip(keys, accepted.rows, strict=True)]  # fmt: skip
        done = _import_rows(connection, rows, user.get_name())
        after = _stored(connection)
        return done, audit.Change(
            "mapping.accept",
            ", ".join(sku for _, sku in keys[:_MOST_NAMED]) + (", ..." if len(keys) > _MOST_NAMED else ""),
            before=[before[key] for key in keys if key in before] or None,
            after=[after[key] for key in keys],
            account_id=keys[0][0] if len({account for account, _ in keys}) == 1 else "",
        )

    try:
        return audit.write(user.get_name(), work)
    except InvalidRows as error:
        raise HTTPException(422, error.cause) from error


@router.post("/upload")
def upload(user: GetUserDep, file: MappingFile) -> Stored:
    """Import a CSV file: all rows or, with problems, none."""

    def work(connection: Connection) -> tuple[Stored, audit.Change]:
        before = _stored(connection)
        done = _import_csv(connection, file, user.get_name())
        after = _stored(connection)
        changed = [key for key in after if after[key] != before.get(key)]
        return done, audit.Change(
            "mapping.upload",
            f"{len(changed)} SKUs",
            before=[before[key] for key in changed if key in before][:_MOST_SHOWN] or None,
            after=[after[key] for key in changed][:_MOST_SHOWN],
        )

    try:
        if file.check:
            audit.only_checked()
            with get_runtime().ledger.connection() as connection:
                return _import_csv(connection, file, user.get_name())
        return audit.write(user.get_name(), work)
    except InvalidRows as error:
        audit.only_checked()
        return Stored(problems=_problems(error))


def _with_suggestion(line: MappingLine, found: Suggestion | None) -> MappingLine:
    if found is None:
        return line
    return line.model_copy(
        update={
            "like_sku": found.like.sku,
            "like_reason": found.reason,
            "certainty": found.certainty,
            "suggested_own_id": found.like.own_id or None,
            "suggested_asin": found.like.asin or None,
        }
    )


def _stored(connection: Connection) -> dict[tuple[str, str], dict[str, Any]]:
    from sellerops.reference.edits import stored_rows
    from sellerops.reference.tables import TABLES

    return {(row["account_id"], row["sku"]): row for row in stored_rows(connection, TABLES[_TABLE])}


def _import_rows(connection: Connection, rows: list[dict[str, Any]], user_name: str) -> Stored:
    from sellerops.reference.importing import import_rows
    from sellerops.reference.tables import TABLES

    done = import_rows(connection, TABLES[_TABLE], rows, source="seller hub", edited_by=user_name)
    return Stored(rows=done.rows, added=done.edit.added, changed=done.edit.changed)


def _import_csv(connection: Connection, file: MappingFile, user_name: str) -> Stored:
    from sellerops.reference.importing import import_csv
    from sellerops.reference.tables import TABLES

    done = import_csv(
        connection,
        TABLES[_TABLE],
        file.content.encode(),
        source="seller hub",
        edited_by=user_name,
        check=file.check,
    )
    return Stored(rows=done.rows, added=done.edit.added, changed=done.edit.changed)


def _problems(error: InvalidRows) -> list[Problem]:
    return [
        Problem(place=each["place"], problem=each["cause"], remedy=each["remedy"])
        for each in error.details["problems"][:_MOST_SHOWN]
    ]
