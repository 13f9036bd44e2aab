"""Reference data over HTTP: who may read and write, and all problems of a bad body at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from fastapi import FastAPI  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402

from sellerops_airflow.pages.app import create_app  # noqa: E402
from sellerops_airflow.runtime import Runtime, use_runtime  # noqa: E402

COST = "/sellerops/reference/cost"
ROW = {"account": "northwind_na", "marketplace": "US", "sku": "NW-1", "valid_from": "2026-01-01",
       "manufacturing": 4.10, "currency": "USD"}  # fmt: skip
NEW = {"allow_unknown": True}


@pytest.fixture
def runtime(conninfo: str, reader: str, tmp_path: Path) -> Iterator[Runtime]:
    with use_runtime(Runtime(lambda: conninfo, lambda: str(tmp_path / "archive"), lambda: reader)) as ours:
        yield ours
    ours.close()


@pytest.fixture
def app(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    from airflow.api_fastapi.app import create_auth_manager
    from airflow.utils.db import upgradedb

    upgradedb()
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a secret of this test, long enough for a signature")
    create_auth_manager().init()
    outer = FastAPI()
    outer.mount("/sellerops", create_app())
    return outer


def _client(app: FastAPI, role: str | None) -> TestClient:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    cookies: dict[str, str] = {}
    if role:
        user = SimpleAuthManagerUser(username="ann", role=role)
        cookies["_token"] = get_auth_manager().generate_jwt(user)
    return TestClient(app, cookies=cookies, raise_server_exceptions=False)


def test_reading_and_writing_need_their_permissions(app: FastAPI) -> None:
    stranger, viewer = _client(app, None), _client(app, "VIEWER")
    for path in ("/sellerops/reference", COST):
        assert stranger.get(path).status_code == 401
        assert viewer.get(path).status_code == 200
    assert stranger.post(COST, json=[ROW], params=NEW).status_code == 401
    # The identifier of another DAG in the address gives no access to it.
    assert viewer.post(COST, json=[ROW], params={**NEW, "dag_id": "x"}).status_code == 403
    assert viewer.get(COST).json() == []


def test_rows_are_imported_and_read_as_json_and_csv(app: FastAPI) -> None:
    user = _client(app, "USER")
    done = user.post(COST, json={"rows": [ROW]}, params=NEW)
    assert done.status_code == 200, done.text
    assert (done.json()["added"], done.json()["checked_only"]) == (1, False)
    (row,) = user.get(COST, params={"account": "northwind_na"}).json()
    assert (row["marketplace_id"], row["manufacturing"], row["valid_to"]) == (
        "ATVPDKIKX0DER",
        "4.1",
        "9999-12-31",
    )
    text = user.get(COST, headers={"Accept": "text/csv"}).text
    again = user.post(COST, content=text.encode(), headers={"Content-Type": "text/csv"}, params=NEW)
    assert (again.json()["added"], again.json()["changed"]) == (0, 0)


def test_a_bad_body_lists_every_problem_and_changes_nothing(app: FastAPI) -> None:
    user = _client(app, "USER")
    bad = [
        {**ROW, "manufacturing": "4,10"},
        {**ROW, "account": "nobody", "valid_from": "1.2.26"},
        {**ROW, "price": 1},
    ]
    refused = user.post(COST, json=bad)
    assert refused.status_code == 422
    problems = [f"{each['place']}: {each['cause']}" for each in refused.json()["problems"]]
    for expected in (
        "row 1, manufacturing: '4,10' has a decimal comma.",
        "row 2, valid_from:",
        "row 3: unknown column",
    ):
        assert any(each.startswith(expected) for each in problems), (expected, problems)
    assert user.get(COST).json() == []


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        (
            COST,
            {"content": b"account=x", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
            415,
        ),
        (COST, {"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        (COST, {"json": [1]}, 400),
        ("/sellerops/reference/fee_rule", {"json": [ROW]}, 404),
        ("/sellerops/reference/no_such", {"json": [ROW]}, 404),
    ],
)
def test_what_is_no_import_is_refused(app: FastAPI, path: str, options: dict[str, Any], status: int) -> None:
    assert _client(app, "USER").post(path, **options).status_code == status


def test_a_check_changes_nothing(app: FastAPI) -> None:
    user = _client(app, "USER")
    assert user.post(COST, json=[ROW], params={**NEW, "check": True}).json()["added"] == 1
    assert user.get(COST).json() == []
