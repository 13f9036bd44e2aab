"""Errors of the API as JSON: ``{"error", "where", "remedy", "kind"}``; ``kind`` decides what a page shows."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from sellerops.base.errors import InvalidRequest, InvalidRows, RetryableError, SellerOpsError
from sellerops.base.postgres import is_old_ledger, old_ledger


class ErrorKind(StrEnum):
    """``EMPTY``: no such table yet, the page explains what to switch on. ``UNAVAILABLE``: try again."""

    EMPTY = "empty"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


class ProblemBody(BaseModel):
    """One of several things that are wrong with what was sent."""

    place: str
    cause: str
    remedy: str


class ErrorBody(BaseModel):
    """What went wrong, where, and what to do about it. ``problems``: all problems of a refused write (422).
    ``path``: Airflow's page of what already exists (409).
    """

    error: str
    where: str = ""
    remedy: str = ""
    kind: ErrorKind
    problems: list[ProblemBody] = []
    path: str = ""


class AlreadyStarted(HTTPException):
    """Airflow already has a run with this id. ``path``: its page."""

    def __init__(self, path: str) -> None:
        super().__init__(409, "This run has already been started.")
        self.path = path


def add_error_handlers(app: FastAPI) -> None:
    """Make an app return its errors as ErrorBody."""
    import psycopg

    app.add_exception_handler(SellerOpsError, _failed)
    app.add_exception_handler(AlreadyStarted, _already)
    app.add_exception_handler(psycopg.errors.UndefinedTable, _empty)
    app.add_exception_handler(psycopg.errors.InvalidSchemaName, _empty)


def _failed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SellerOpsError)
    if isinstance(error, InvalidRows | InvalidRequest):
        return _refused(error)
    can_retry = isinstance(error, RetryableError)
    kind = ErrorKind.UNAVAILABLE if can_retry else ErrorKind.FAILED
    body = ErrorBody(error=error.cause, where=error.where or "", remedy=error.remedy or "", kind=kind)
    return JSONResponse(body.model_dump(), status_code=503 if can_retry else 500)


def _already(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AlreadyStarted)
    body = ErrorBody(
        error=error.detail,
        remedy="Open it. To start another one, reload this page.",
        kind=ErrorKind.FAILED,
        path=error.path,
    )
    return JSONResponse(body.model_dump(), status_code=409)


def _refused(error: SellerOpsError) -> JSONResponse:
    problems = [ProblemBody.model_validate(each) for each in error.details.get("problems", ())]
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    body = ErrorBody(
        error=f"{count}; nothing was changed." if problems else error.cause,
        where=error.where or "",
        remedy="Correct these problems, then send it again." if problems else error.remedy or "",
        kind=ErrorKind.FAILED,
        problems=problems,
    )
    return JSONResponse(body.model_dump(), status_code=422)


def _empty(request: Request, error: Exception) -> JSONResponse:
    if is_old_ledger(error):
        return _failed(request, old_ledger(error, "the hub's database"))
    body: Any = ErrorBody(
        error="There are no figures yet: the marts have not been built.",
        where=str(error).strip().splitlines()[0],
        remedy="Switch on the DAGs marts__reference, marts__daily, marts__money and marts__demand.",
        kind=ErrorKind.EMPTY,
    )
    return JSONResponse(body.model_dump(), status_code=404)
