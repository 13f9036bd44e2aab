"""Every route of the seller hub, by introspection: a new route is covered when it is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, get_args

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel
from support.hub import Hub, HubServer

from sellerops.marts.specs import load_marts
from sellerops.read_models.costs import cost_columns
from sellerops.settings.specs import ColumnType

OWNER_PAGES = ("/api/settings", "/api/audit")
# Names that speak of what goods cost, or of what is computed from it.
COST_NAMES = re.compile(
    r"(^|_)(cogs|cm1|cm2|profit|margin|cost|costs|landed|manufacturing|freight|duty|break_even|roi|cash)(_|$)"
)
# Sales, and lines of Amazon's alone, say nothing about it.
NO_COST_NAMES = re.compile(r"(^other_|_only$|_without_cogs$|_sales$|_per_click$)")
# Settlements and postings are Amazon's money alone: no cost of goods is in them.
NO_COSTS = {"Settlement.cm1", "settlement.cm1", "order_money.cm1", "posted_order.cm1"}
# Names that say nothing by themselves: a cost in one place, none in another.
PLAIN_NAMES = {"value", "total"}


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        yield hub


@pytest.fixture(scope="module")
def routes(hub: Hub) -> list[APIRoute]:
    (mounted,) = [each.app for each in hub.app.routes if getattr(each, "path", "") == "/hub"]
    assert isinstance(mounted, FastAPI)
    found = [each for each in mounted.routes if isinstance(each, APIRoute)]
    others = [each.path for each in mounted.routes if not isinstance(each, APIRoute)]  # type: ignore[attr-defined]
    assert others == ["/static"], "what is no APIRoute has no access dependency"
    return found


def test_each_route_is_a_hub_route_and_depends_on_permission_to_read(routes: list[APIRoute]) -> None:
    from sellerops_airflow.dashboard.access import may_read
    from sellerops_airflow.dashboard.reading import HubRoute

    for route in routes:
        assert isinstance(route, HubRoute), route.path
        assert may_read in _calls(route.dependant), route.path


def test_strangers_get_401_everywhere(hub: Hub, routes: list[APIRoute]) -> None:
    for method, path in _requests(routes):
        assert _ask(hub.stranger, method, path) == 401, (method, path)


def test_partners_get_403_for_writes_and_pages_of_owners(hub: Hub, routes: list[APIRoute]) -> None:
    from sellerops_airflow.dashboard.access import owner_only
    from sellerops_airflow.dashboard.json_writes import json_write

    closed = 0
    for route in routes:
        is_write = bool(route.methods - {"GET", "HEAD"})
        calls = _calls(route.dependant)
        assert (json_write in calls) is is_write, route.path
        if is_write or route.path.startswith(OWNER_PAGES):
            assert owner_only in calls, route.path
            for method, path in _requests([route]):
                assert _ask(hub.partner, method, path) == 403, (method, path)
                closed += 1
    assert closed > len(OWNER_PAGES)


def test_writes_need_json_from_our_own_pages(hub: Hub, routes: list[APIRoute]) -> None:
    writes = [(method, path) for method, path in _requests(routes) if method != "GET"]
    for method, path in writes:
        form = hub.owner.request(method, f"/hub{path}", data={"a": "b"})
        assert form.status_code == 415, (method, path)
        for header, value in (("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")):
            assert _ask(hub.owner, method, path, {header: value}) == 403, (method, path, header)


def test_a_write_without_an_audit_entry_fails(hub: Hub) -> None:
    from sellerops_airflow.dashboard import audit
    from sellerops_airflow.dashboard.reading import HubRoute

    router = APIRouter(route_class=HubRoute)

    @router.post("/silent")
    def silent() -> int:
        return 1

    @router.post("/noted")
    def noted() -> int:
        return audit.write("owner", lambda _: (1, audit.Change("test.write", "x", before=1, after=2)))

    app = FastAPI()
    app.include_router(router)
    client = TestClient(app, cookies=hub.owner.cookies, raise_server_exceptions=False)
    assert client.post("/silent", json={}).status_code == 500
    assert client.post("/noted", json={}).json() == 1
    (entry,) = hub.rows(
        "SELECT user_name, before, after FROM sellerops.audit_entry WHERE action = 'test.write'"
    )
    assert entry == {"user_name": "owner", "before": 1, "after": 2}


def test_each_cost_is_marked_and_may_be_empty(routes: list[APIRoute]) -> None:
    wrong = []
    for model in {one for route in routes for one in _models(route.response_model)}:
        marked = cost_columns(model)
        for name, field in model.model_fields.items():
            kinds = _kinds(field.annotation)
            is_amount = _speaks_of_costs(name) and bool(kinds & {Decimal, float})
            if is_amount and name not in marked and f"{model.__name__}.{name}" not in NO_COSTS:
                wrong.append(f"{model.__name__}.{name} is a cost: mark it with COST")
            if name in marked and type(None) not in kinds:
                wrong.append(f"{model.__name__}.{name} is hidden from partners: allow None")
    assert not wrong, wrong


def test_marts_and_pages_agree_on_what_tells_costs(routes: list[APIRoute]) -> None:
    models = {one for route in routes for one in _models(route.response_model)}
    hidden = {name for model in models for name in cost_columns(model)}
    marts = load_marts()
    wrong = []
    for mart in marts:
        for name, column in mart.columns.items():
            tells = _speaks_of_costs(name) or name in hidden - PLAIN_NAMES
            is_amount = column.type == ColumnType.DECIMAL and f"{mart.name}.{name}" not in NO_COSTS
            if tells and is_amount and not column.cost:
                wrong.append(f"mart {mart.name}: {name} is a cost: give it cost: true")
    costs = {name for mart in marts for name, column in mart.columns.items() if column.cost}
    assert {"cash_needed", "value", "unit_value", "cm2_reporting"} <= costs
    for model in models:
        for name in costs & set(model.model_fields) - set(cost_columns(model)) - PLAIN_NAMES:
            if f"{model.__name__}.{name}" not in NO_COSTS:
                wrong.append(f"{model.__name__}.{name} is a cost in a mart: mark it with COST")
    assert not wrong, wrong


def _speaks_of_costs(name: str) -> bool:
    return bool(COST_NAMES.search(name)) and not NO_COST_NAMES.search(name)


def _requests(routes: list[APIRoute]) -> list[tuple[str, str]]:
    return [
        (method, re.sub(r"\{[^}]*\}", "1", route.path))
        for route in routes
        for method in sorted(route.methods - {"HEAD"})
    ]


def _ask(client: TestClient, method: str, path: str, headers: dict[str, str] | None = None) -> int:
    body = {} if method == "GET" else {"json": {}}
    return client.request(method, f"/hub{path}", headers=headers, **body).status_code


def _calls(dependant: Dependant) -> set[Callable[..., Any]]:
    found = {dependant.call} if dependant.call else set()
    return found.union(*(_calls(each) for each in dependant.dependencies))


def _models(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        parts = [field.annotation for field in annotation.model_fields.values()]
        return {annotation}.union(*(_models(each) for each in parts))
    return set().union(*(_models(each) for each in get_args(annotation)))


def _kinds(annotation: Any) -> set[Any]:
    return {annotation, *get_args(annotation)}
