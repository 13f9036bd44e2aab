"""Reads the hub's database: with the read-only role, a time limit, and threads of its own.

Threads are limited, so that a slow database makes the hub's pages answer 503 and leaves Airflow's alone.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import psycopg
from fastapi.routing import APIRoute

from sellerops.base.errors import RetryableError
from sellerops_airflow.runtime import get_runtime

Connection = psycopg.Connection[Any]
_T = TypeVar("_T")
_THREADS = 8


class HubRoute(APIRoute):
    """Runs a plain ``def`` route in one of the hub's threads instead of those of Airflow's routes."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, _in_own_thread(endpoint), **options)


async def in_hub_thread(work: Callable[[], _T]) -> _T:
    """Run blocking work in one of the hub's threads."""
    return await anyio.to_thread.run_sync(work, limiter=_limiter())


def read(work: Callable[[Connection], _T]) -> _T:
    """Run queries in one read-only transaction. Raises RetryableError when the database does not answer."""
    from sellerops.base.reader_role import read_only

    try:
        with read_only(get_runtime().reader_conninfo) as connection:
            connection.execute("SET LOCAL statement_timeout = '10s'")
            return work(connection)
    except (psycopg.OperationalError, psycopg.errors.QueryCanceled) as error:
        raise RetryableError(
            f"the hub's database does not answer: {str(error).strip().splitlines()[0]}.",
            where="connection sellerops_reader",
            remedy="Check the connection and the database, then reload this page.",
        ) from error


def today() -> date:
    """Today (UTC) by the ledger's clock."""
    return get_runtime().ledger.clock().now().date()


def _in_own_thread(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    # Routers are included in others, which makes a route of a route.
    if inspect.iscoroutinefunction(endpoint):
        return endpoint

    @functools.wraps(endpoint)
    async def run(**values: Any) -> Any:
        return await in_hub_thread(functools.partial(endpoint, **values))

    # FastAPI would unwrap it and take it for a plain function.
    del run.__wrapped__  # type: ignore[attr-defined]
    run.__signature__ = inspect.signature(endpoint, eval_str=True)  # type: ignore[attr-defined]
    return run


@functools.cache
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(_THREADS)
