"""How fast each route of the seller hub answers: p95 of every GET route, found by introspection.

    PYTHONPATH=include:plugins python benchmarks/hub.py --conninfo ADDRESS --reader ADDRESS
    ... --tries 20 --days 30 365 --only profit products

``--conninfo``: a database filled by ``full_marts.py``, into which one inbound run is written;
``--reader``: the same for role ``sellerops_reader``.
The app runs in this process, as an owner; between requests, only the hub's own caches are kept.
Each route is called once to warm up, then ``--tries`` times for each number of ``--days``, which end on the
last day with figures. Prints a table and exits with 1 if a p95 is above 200 ms, or a route does not answer
200 (or 404, when there is nothing of its example to show).
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psutil
import psycopg

LIMIT_MS = 200.0
# An inbound run, since a filled database has none.
_RUN = (
    "INSERT INTO sellerops.inbound_run (account_id, marketplace_id, name, state, request, dag_id, run_id) "
    "VALUES ('northwind_na', 'ATVPDKIKX0DER', 'benchmark', 'planning', "
    """'{"account": "northwind_na", "marketplace": "US", "name": "benchmark", "items": []}', """
    "'fba_inbound', 'benchmark') ON CONFLICT DO NOTHING"
)
# Parameters of a route for which the examples of the others do not fit.
_OF_ROUTE = {
    "/api/why/rows": {"mart": "sales_day", "column": "units_ordered", "name": "amazon_sp.all_orders"},
}
# Routes that answer unknown parameters with 422 or 404: queries for parameters that exist in the database.
_EXAMPLES = {
    "story": "SELECT account_id, sku FROM sellerops_marts.product ORDER BY 1, 2 LIMIT 1",
    "run": "SELECT id AS inbound_run_id FROM sellerops.inbound_run ORDER BY id LIMIT 1",
    "marketplace": "SELECT account_id, marketplace_id, sku FROM sellerops_marts.restock"
    " ORDER BY day DESC LIMIT 1",
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--conninfo", required=True)
    parser.add_argument("--reader", required=True)
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--days", type=int, nargs="+", default=[30, 365])
    parser.add_argument("--only", nargs="+", default=[])
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as home,
        hub_client(home, options.conninfo, options.reader) as (app, client),
    ):
        slow = [row for row in _measured(app, client, options) if not row["ok"]]
    print(f"\n{len(slow)} of them above {LIMIT_MS:g} ms or without an answer.")
    return 1 if slow else 0


def _measured(app: Any, client: Any, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    print(
        "| route | days | p50 ms | p95 ms | cpu ms | bytes | |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |"
    )
    examples = _examples(options.conninfo)
    last = last_day(options.conninfo)
    for route in sorted(_routes(app), key=lambda each: each.path):
        if options.only and not any(f"/{name}" in route.path for name in options.only):
            continue
        query = {**_query(route, examples), **_OF_ROUTE.get(route.path, {})}
        path = "/hub" + re.sub(
            r"\{([a-z_]+)(:path)?\}", lambda found: str(examples.get(found[1], 1)), route.path
        )
        names = {each.alias for each in _parameters(route)}
        for days in options.days if "start" in names else options.days[:1]:
            scope = (
                {"start": str(last - timedelta(days=days - 1)), "end": str(last)} if "start" in names else {}
            )
            yield _asked(client, route.path, path, {**query, **scope}, days, options.tries)


def _asked(client: Any, name: str, path: str, query: dict[str, Any], days: int, tries: int) -> dict[str, Any]:
    answer = client.get(path, params=query)
    times, spent = [], _processor()
    for _ in range(tries if answer.status_code == 200 else 0):
        began = time.perf_counter()
        answer = client.get(path, params=query)
        times.append((time.perf_counter() - began) * 1000)
    spent = (_processor() - spent) * 1000 / max(len(times), 1)
    p95 = statistics.quantiles(times, n=20, method="inclusive")[18] if len(times) > 1 else float("inf")
    # 404 is a valid answer: there is nothing of the example to show.
    fine = p95 <= LIMIT_MS or answer.status_code == 404
    note = "" if answer.status_code == 200 else f"{answer.status_code}: {answer.text[:90]}"
    middle = statistics.median(times) if times else float("inf")
    print(
        f"| {name} | {days} | {middle:.0f} | {p95:.0f} | {spent:.0f} | {len(answer.content):,} | {note} |",
        flush=True,
    )
    return {"route": name, "ok": fine}


def _processor() -> float:
    """CPU seconds so far of this process and of the hub's connections in Postgres."""
    found = time.process_time()
    for process in psutil.process_iter(["cmdline"]):
        if "sellerops_reader" in " ".join(process.info["cmdline"] or ()):
            found += sum(process.cpu_times()[:2])
    return found


def _routes(app: Any) -> list[Any]:
    from fastapi.routing import APIRoute

    return [each for each in app.routes if isinstance(each, APIRoute) and "GET" in each.methods]


def _parameters(route: Any) -> list[Any]:
    def of(dependant: Any) -> Iterator[Any]:
        yield from dependant.query_params
        for each in dependant.dependencies:
            yield from of(each)

    return list(of(route.dependant))


def _query(route: Any, examples: dict[str, Any]) -> dict[str, Any]:
    """Values of the required parameters."""
    return {
        each.alias: examples.get(each.alias, 1)
        for each in _parameters(route)
        if each.field_info.is_required()
    }


def _examples(conninfo: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with psycopg.connect(conninfo, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
        connection.execute(_RUN.encode())
        for statement in _EXAMPLES.values():
            for row in connection.execute(statement.encode()).fetchall():
                found |= row
    found |= {"account": found.get("account_id"), "marketplace": found.get("marketplace_id")}
    return found | {
        "mart": "profit_day",
        "column": "product_sales",
        "report": "all_orders",
        "day": str(last_day(conninfo)),
        "name": "rates_old",
    }


def last_day(conninfo: str) -> Any:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        row = connection.execute("SELECT max(day) FROM sellerops_marts.profit_day").fetchone()
    assert row is not None
    return row[0]


@contextmanager
def hub_client(home: str, conninfo: str, reader: str) -> Iterator[tuple[Any, Any]]:
    os.environ.update(
        {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__API_AUTH__JWT_SECRET": "secret of a benchmark " * 4,
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        }
    )
    from airflow.api_fastapi.app import create_auth_manager, get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.utils.db import upgradedb
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from sellerops_airflow.dashboard.app import create_hub_app
    from sellerops_airflow.runtime import Runtime, use_runtime

    upgradedb()
    create_auth_manager().init()
    hub, outer = create_hub_app(), FastAPI()
    outer.mount("/hub", hub)
    user = SimpleAuthManagerUser(username="owner", role="ADMIN")
    cookies = {"_token": get_auth_manager().generate_jwt(user)}
    with (
        use_runtime(Runtime(lambda: conninfo, lambda: f"{home}/archive", lambda: reader)) as runtime,
        TestClient(outer, cookies=cookies, raise_server_exceptions=False) as client,
    ):
        yield hub, client
    runtime.close()


if __name__ == "__main__":
    sys.exit(main())
