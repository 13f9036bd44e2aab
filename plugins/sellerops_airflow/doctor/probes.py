"""``/health`` and ``/ready`` of the API server, which need no login, and ``/ready/details``, which does.

Anonymous callers learn the names of checks and their states, nothing else. The checks have threads,
connections and time limits of their own, so Airflow's pages work whatever their databases do.
"""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from sellerops.base.commands import commands_as_typed
from sellerops.doctor.finding import Finding, State, worst
from sellerops.doctor.registry import CHECKS
from sellerops.doctor.running import CheckRunner
from sellerops_airflow.doctor.answers import Answers
from sellerops_airflow.doctor.installed import installation
from sellerops_airflow.doctor.registry import CHECKS as AIRFLOW_CHECKS

# Whoever may read the maintenance DAG's logs reads the same there.
_may_see = requires_access_dag("GET", DagAccessEntity.TASK_LOGS, "sellerops__maintenance")
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_METHODS = ["GET", "HEAD"]


def create_probe_app() -> FastAPI:
    """The app with its routes. Opens no connection."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.api_route("/health", methods=_METHODS)(health)
    app.api_route("/ready", methods=_METHODS)(ready)
    app.get("/ready/details", dependencies=[Depends(_may_see)])(details)
    checks = [each for each in (*CHECKS, *AIRFLOW_CHECKS) if each.is_probed]
    app.state.answers = Answers(CheckRunner(checks, installation()).run)
    return app


async def health() -> JSONResponse:
    """200 while this process answers, whatever databases do."""
    return JSONResponse({"state": State.OK}, headers=_HEADERS)


async def ready(request: Request) -> JSONResponse:
    """The state of each check; 503 if one failed, 200 if all are ok or warn."""
    found = await request.app.state.answers.get()
    names = dict.fromkeys(each.check for each in found)
    checks = [{"check": name, "state": worst(each for each in found if each.check == name)} for name in names]
    return _answer(found, checks)


async def details(request: Request) -> JSONResponse:
    """All findings with their remedies; the status code is that of ``ready``."""
    found = await request.app.state.answers.get()
    return _answer(
        found,
        [
            {
                "check": each.check,
                "state": each.state,
                "what": each.what,
                "remedy": commands_as_typed(each.remedy),
            }
            for each in found
        ],
    )


def _answer(found: list[Finding], checks: list[dict[str, str]]) -> JSONResponse:
    state = worst(found)
    body: dict[str, Any] = {"state": state, "checks": checks}
    return JSONResponse(body, status_code=503 if state is State.FAILED else 200, headers=_HEADERS)


__all__ = ["create_probe_app"]
