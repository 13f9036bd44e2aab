"""Tests connections for ``sellerops connections test``, as the UI's *Test* button does.

``python -m sellerops_airflow.hooks.connection_tests <ids>`` prints one line of JSON: ``state`` (ok, failed,
absent) and ``message`` by connection id. Neither contains secrets.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from sellerops.base.errors import SellerOpsError
from sellerops.base.roles import COLLECTOR
from sellerops_airflow.hooks.destinations import HOOKS, connection_id
from sellerops_airflow.hooks.missing import is_missing, unanswered
from sellerops_airflow.hooks.sheets import SHEETS_CONN_ID
from sellerops_airflow.hooks.warehouse import READER_CONN_ID, WAREHOUSE_CONN_ID, warehouse_conninfo

Answer = tuple[bool, str]


def check_connections(conn_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """``state`` (ok, failed, absent) and ``message`` of each connection, by id."""
    return {conn_id: _try(conn_id) for conn_id in conn_ids}


def _try(conn_id: str) -> dict[str, Any]:
    try:
        BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        if is_missing(conn_id):
            return {"state": "absent", "message": ""}
        return {"state": "failed", "message": _plain(str(unanswered(conn_id)))}
    try:
        fine, message = _OWN.get(conn_id, _by_hook)(conn_id)
    except SellerOpsError as error:
        fine, message = False, str(error)
    except Exception as error:  # noqa: BLE001 - clients raise anything; test the other connections anyway
        fine, message = False, f"{type(error).__name__}: {str(error).strip() or 'no details'}"
    return {"state": "ok" if fine else "failed", "message": _plain(message)}


def _by_hook(conn_id: str) -> Answer:
    hook: Any = BaseHook.get_hook(conn_id)
    answer: Answer = hook.test_connection()
    return answer


def _plain(message: str) -> str:
    """The message on one line. Slack's hook returns JSON."""
    try:
        answer = json.loads(message)
    except ValueError:
        return " ".join(message.split())
    if isinstance(answer, dict) and answer.get("ok"):
        return f"Slack accepts the token of {answer.get('user')} in {answer.get('team')}."
    return " ".join(message.split())


def _collector(conn_id: str) -> Answer:
    from sellerops.base.postgres import PROBING, connect

    with connect(warehouse_conninfo(conn_id), PROBING) as connection:
        role, database, may_create, has_ledger = _row(
            connection,
            "SELECT current_user, current_database(), has_database_privilege(current_database(), 'CREATE'), "
            "to_regnamespace('sellerops') IS NOT NULL",
        )
    here = f"Logged in to database {database} as {role}"
    if not has_ledger:
        return True, f"{here}; no ledger yet: `sellerops ledger migrate` creates it."
    if not may_create:
        return False, (
            f"Role {role} cannot create schemas in database {database}. Next: run "
            f"`sellerops ledger migrate`, which grants that to {COLLECTOR}; for another role: GRANT "
            f"CREATE ON DATABASE {database} TO {role}."
        )
    return True, f"{here}, which can create tables; the ledger exists."


def _reader(conn_id: str) -> Answer:
    from sellerops.base.postgres import PROBING, connect

    with connect(warehouse_conninfo(conn_id), PROBING) as connection:
        role, database, may_create = _row(
            connection,
            "SELECT current_user, current_database(), has_database_privilege(current_database(), 'CREATE')",
        )
    if may_create:
        return False, (
            f"Role {role} can create schemas in database {database} but should only read. Next: use another "
            "role (docs/first-account.md, step 3)."
        )
    return True, f"Logged in to database {database} as {role}, which cannot create anything."


def _row(connection: Any, statement: str) -> tuple[Any, ...]:
    found: tuple[Any, ...] = connection.execute(statement).fetchone()
    return found


def _destination(module: str, conn_id: str) -> Answer:
    answer: Answer = import_module(module).test_connection(conn_id)
    return answer


def _sheets(conn_id: str) -> Answer:
    from sellerops_airflow.hooks.sheets import GoogleSheets

    return (
        True,
        f"Google accepts {GoogleSheets(conn_id).log_in()}. Share your spreadsheets with it as an editor.",
    )


_OWN: dict[str, Callable[[str], Answer]] = {
    WAREHOUSE_CONN_ID: _collector,
    READER_CONN_ID: _reader,
    SHEETS_CONN_ID: _sheets,
    **{connection_id(name): partial(_destination, module) for name, module in HOOKS.items()},
}


if __name__ == "__main__":
    # As `airflow connections test` does: read connections from Airflow's metadata, because this is not a
    # task.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    print(json.dumps(check_connections(sys.argv[1:])))
