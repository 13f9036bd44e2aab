"""Reference data over HTTP, for other systems: costs, suppliers, stock elsewhere, the product mapping.

``GET reference`` lists the tables, ``GET reference/<table>`` returns its rows, ``POST reference/<table>``
imports rows: all of them, or none with a list of every problem. Users who may read the logs of
``marts__reference`` may read; those who may trigger it may write.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response

from sellerops.base.errors import ConfigurationError, InvalidRows
from sellerops_airflow.pages.access import GetUserDep
from sellerops_airflow.runtime import get_runtime

DAG_ID = "marts__reference"
_LARGEST_BODY = 20_000_000
_CSV, _JSON = "text/csv", "application/json"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_may_read = requires_access_dag("GET", DagAccessEntity.TASK_LOGS, DAG_ID)
_may_write = requires_access_dag("POST", DagAccessEntity.RUN, DAG_ID)


def reference_router() -> APIRouter:
    """The routes. Opens no connection."""
    router = APIRouter(prefix="/reference", dependencies=[Depends(_may_read)])
    router.get("")(tables)
    router.get("/{table}")(rows)
    router.post("/{table}", dependencies=[Depends(_may_write)])(import_body)
    return router


def tables() -> Response:
    """The tables that people may edit, with their columns."""
    from sellerops.reference.tables import GIVEN

    return _json(
        [
            {
                "table": table.name,
                "description": table.description,
                "columns": [
                    {
                        "name": name,
                        "type": each.type.value,
                        "required": each.required,
                        "description": each.description,
                    }
                    for name, each in table.columns.items()
                ],
            }
            for table in GIVEN.values()
        ]
    )


def rows(table: str, request: Request, account: Annotated[str | None, Query()] = None) -> Response:
    """The rows of a table as JSON, or as CSV if the caller accepts ``text/csv``."""
    from sellerops.reference.edits import stored_rows
    from sellerops.reference.importing import export_csv

    declared = _table(table)
    with get_runtime().ledger.connection() as connection:
        found = stored_rows(connection, declared)
    if account is not None:
        found = [row for row in found if row.get("account_id") == account]
    if _CSV in request.headers.get("accept", ""):
        return Response(export_csv(declared, found), media_type=_CSV, headers=_HEADERS)
    return _json([{name: _plain(value) for name, value in row.items()} for row in found])


async def import_body(
    table: str,
    request: Request,
    user: GetUserDep,
    check: Annotated[bool, Query()] = False,
    allow_unknown: Annotated[bool, Query()] = False,
) -> Response:
    """Import a JSON list of rows, or a CSV file. 422 lists every problem; then nothing has changed."""
    from starlette.concurrency import run_in_threadpool

    declared = _table(table)
    # A form on another site cannot send these types: the browser would ask us first.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (_CSV, _JSON):
        raise HTTPException(415, f"Send {_JSON} or {_CSV}.")
    body = await _body(request)

    def work() -> Any:
        from sellerops.reference.importing import import_csv, import_rows

        options: dict[str, Any] = {
            "source": "api",
            "edited_by": user.get_name(),
            "check": check,
            "allow_unknown": allow_unknown,
        }
        with get_runtime().ledger.connection() as connection:
            if kind == _CSV:
                return import_csv(connection, declared, body, **options)
            return import_rows(connection, declared, _rows_of(body), **options)

    try:
        done = await run_in_threadpool(work)
    except InvalidRows as error:
        return _json({"error": error.cause, "problems": error.details["problems"]}, status=422)
    return _json(
        {
            "table": done.table, "rows": done.rows, "added": done.edit.added, "changed": done.edit.changed,
            "removed": done.edit.removed, "ended": done.ended, "checked_only": check,
        }
    )  # fmt: skip


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_BODY:
            raise HTTPException(413, f"The body is larger than {_LARGEST_BODY:,} bytes; send it in parts.")
    return bytes(body)


def _rows_of(body: bytes) -> list[dict[str, Any]]:
    try:
        # Keep numbers as they are written: a float would change a price.
        content = json.loads(body, parse_float=str, parse_int=str)
    except ValueError as error:
        raise HTTPException(400, f"The body is not JSON: {error}.") from error
    found = content.get("rows") if isinstance(content, dict) else content
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise HTTPException(400, "Send a list of rows, each an object with a key per column.")
    return found


def _table(name: str) -> Any:
    from sellerops.reference.importing import given_table

    try:
        return given_table(name)
    except ConfigurationError as error:
        raise HTTPException(404, f"{error.cause} {error.remedy}") from error


def _plain(value: Any) -> Any:
    """Decimals and days as text: JSON has neither."""
    return value if value is None or isinstance(value, int | str) else str(value)


def _json(content: Any, status: int = 200) -> Response:
    return JSONResponse(content, status_code=status, headers=_HEADERS)
