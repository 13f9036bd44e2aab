"""What holds for all pages of the seller hub: roles, hidden costs, tables, CSV and an absent database."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import anyio
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
from support.hub import US, Hub, HubServer

from sellerops.base.errors import RetryableError
from sellerops.read_models.costs import COST
from sellerops.read_models.tables import Table
from sellerops_airflow.dashboard.tables import InPaging
from sellerops_airflow.runtime import Runtime, use_runtime

DAYS = "/hub/api/profit/days"


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        hub.add(
            "profit_day",
            {"day": date(2026, 11, 19), "currency": "USD", "units": 3, "reporting_currency": "EUR",
             "cm2_reporting": 2, "profit_reporting": 1, "status": "complete", "missing": ""},
        )  # fmt: skip
        yield hub


def test_context_names_user_accounts_and_figures(hub: Hub) -> None:
    found = hub.owner.get("/hub/api/context")
    assert found.status_code == 200, found.text
    context = found.json()
    assert context["user"] == {"name": "owner", "is_owner": True, "sees_costs": True, "costs_hidden": ""}
    assert (context["today"], context["yesterday"], context["last_day"]) == (
        "2026-11-21", "2026-11-20", "2026-11-19",
    )  # fmt: skip
    assert [each["name"] for each in context["marts"]] == ["profit_day"]
    (us,) = [m for a in context["accounts"] for m in a["marketplaces"] if m["id"] == US]
    assert (us["code"], us["currency"], us["last_day"]) == ("US", "USD", "2026-11-19")
    assert hub.partner.get("/hub/api/context").json()["user"]["is_owner"] is False


def test_partners_see_costs_only_if_the_owner_says_so(hub: Hub) -> None:
    (day,) = hub.owner.get(DAYS).json()
    assert (day["cm2"], day["units"]) == ("2", 3)
    (day,) = hub.partner.get(DAYS).json()
    assert (day["cm2"], day["profit"], day["units"]) == (None, None, 3)
    hub.add_to(
        "sellerops.hub_setting", {"name": "partner_sees_costs", "value": "true", "changed_by": "owner"}
    )
    (day,) = hub.partner.get(DAYS).json()
    assert day["cm2"] == "2"


class Line(BaseModel):
    """A row of the table of these tests."""

    sku: str
    units: int
    cm2: Annotated[Decimal | None, COST]


@pytest.fixture
def table(hub: Hub) -> FastAPI:
    from sellerops_airflow.dashboard.reading import HubRoute

    router = APIRouter(route_class=HubRoute)

    @router.get("/lines")
    def lines(paging: InPaging) -> Table[Line]:
        rows = [Line(sku=sku, units=1, cm2=Decimal("2.5")) for sku in ("=1+1", "B")]
        return Table[Line](
            rows=rows[: paging.limit], totals=Line(sku="", units=2, cm2=Decimal(5)), row_count=2
        )

    app = FastAPI()
    app.include_router(router)
    return app


def _ask(app: FastAPI, of: TestClient, query: str) -> Any:
    return TestClient(app, cookies=of.cookies, raise_server_exceptions=False).get(f"/lines?{query}")


def _hide_costs(hub: Hub) -> None:
    hub.rows("DELETE FROM sellerops.hub_setting WHERE name = 'partner_sees_costs'")


def test_costs_are_hidden_in_rows_totals_order_and_csv(hub: Hub, table: FastAPI) -> None:
    _hide_costs(hub)
    shown = _ask(table, hub.partner, "").json()
    assert [row["cm2"] for row in [*shown["rows"], shown["totals"]]] == [None, None, None]
    assert (shown["hidden"], shown["totals"]["units"]) == (["cm2"], 2)
    assert _ask(table, hub.partner, "sort=cm2").status_code == 403
    assert _ask(table, hub.partner, "sort=sku").status_code == 200
    (first, _) = csv.DictReader(io.StringIO(_ask(table, hub.partner, "format=csv").text.lstrip("\ufeff")))
    assert (first["cm2"], first["units"]) == ("", "1")
    shown = _ask(table, hub.owner, "sort=cm2").json()
    assert (shown["rows"][0]["cm2"], shown["totals"]["cm2"], shown["hidden"]) == ("2.5", "5", [])


def test_csv_has_all_pages_the_columns_asked_for_and_no_formulas(hub: Hub, table: FastAPI) -> None:
    answer = _ask(table, hub.owner, "format=csv&limit=1&column=units&column=sku")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines == [["units", "sku"], ["1", "'=1+1"], ["1", "B"]]
    assert _ask(table, hub.owner, "sort=colour").status_code == 422
    assert _ask(table, hub.owner, "limit=501").status_code == 422


def test_an_absent_database_is_told_and_not_asked_again_at_once(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellerops.base import reader_role

    tries = []
    open_reader = reader_role.open_reader

    def counted(*args: Any, **options: Any) -> Any:
        tries.append(args)
        return open_reader(*args, **options)

    monkeypatch.setattr(reader_role, "open_reader", counted)
    absent = Runtime(lambda: hub.conninfo, lambda: "unused", lambda: "postgresql://nobody@127.0.0.1:1/none")
    with use_runtime(absent):
        for _ in range(3):
            answer = hub.owner.get(DAYS)
            assert answer.status_code == 503
            assert answer.json()["kind"] == "unavailable"
            assert "sellerops_reader" in answer.json()["where"]
            assert answer.json()["remedy"].startswith("Check that Postgres is running")
        assert hub.owner.put("/hub/api/settings", json={"partner_sees_costs": True}).status_code == 503
        assert len(tries) == 1
    assert hub.owner.get(DAYS).status_code == 200


def test_requests_do_not_queue_behind_a_slow_database(monkeypatch: pytest.MonkeyPatch) -> None:
    from sellerops_airflow.dashboard import database

    monkeypatch.setattr(database, "_LONGEST_WAIT", 0.01)
    database._places.cache_clear()
    answers, release = threading.Event(), threading.Semaphore(0)

    def slow() -> None:
        release.acquire()

    async def ask() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(database._THREADS):
                group.start_soon(database.in_hub_thread, slow)
            while database._places().borrowed_tokens < database._THREADS:
                await anyio.lowlevel.checkpoint()
            with pytest.raises(RetryableError, match="does not answer"):
                await database.in_hub_thread(answers.set)
            release.release(database._THREADS)
        await database.in_hub_thread(answers.set)

    anyio.run(ask)
    assert answers.is_set()
    database._places.cache_clear()
