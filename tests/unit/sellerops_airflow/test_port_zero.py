"""The UI's *Test* button for connections without a port."""

from __future__ import annotations

import json
from typing import Any

import airflow
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from sellerops_airflow.hooks.port_zero import PATH, PortZeroMiddleware, drop_port_zero


async def _echo(request: Request) -> JSONResponse:
    body = await request.body()
    return JSONResponse(
        {"body": body.decode(), "length_matches": int(request.headers["content-length"]) == len(body)}
    )


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route(path, _echo, methods=["POST"]) for path in (PATH, "/api/v2/connections")])
    app.add_middleware(PortZeroMiddleware)
    return TestClient(app)


@pytest.mark.parametrize(("port", "passed"), [(0, None), (5432, 5432), (None, None)])
def test_port_zero_is_none_and_the_rest_stays(client: TestClient, port: Any, passed: Any) -> None:
    sent = {"connection_id": "a", "host": "", "port": port, "extra": '{"é": 1}'}
    answer = client.post(PATH, json=sent).json()
    assert json.loads(answer["body"]) == {**sent, "port": passed}
    assert answer["length_matches"]


def test_other_requests_are_not_touched(client: TestClient) -> None:
    answer = client.post("/api/v2/connections", json={"port": 0}).json()
    assert json.loads(answer["body"]) == {"port": 0}


@pytest.mark.parametrize("body", [b"", b"no json", b"[0]", b'{"host": 0}'])
def test_what_is_no_such_request_passes_as_it_is(body: bytes) -> None:
    assert drop_port_zero(body) == body


@pytest.mark.skipif(airflow.__version__ == "3.3.1", reason="refuses no port, so it needs nothing")
def test_airflow_still_needs_it() -> None:
    """If this fails, Airflow has fixed it: remove ``hooks/port_zero.py`` and its line in the plugin."""
    from airflow.api_fastapi.core_api.routes.public.connections import _same_endpoint

    assert not _same_endpoint(0, None)


def test_airflow_puts_it_before_its_api() -> None:
    from airflow import plugins_manager

    _, middlewares = plugins_manager.get_fastapi_plugins()
    assert PortZeroMiddleware.__name__ in {each["middleware"].__name__ for each in middlewares}
