"""Starts DAG runs for a person, with that person's permission on the DAG, and records it in the audit log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import HTTPException, Request
from pydantic import BaseModel

from sellerops_airflow.dashboard import audit
from sellerops_airflow.dashboard.errors import AlreadyStarted


class StartedRun(BaseModel):
    """A queued DAG run. ``path``: its page, relative to Airflow's address. A run of a paused DAG waits until
    somebody unpauses the DAG.
    """

    dag_id: str
    run_id: str
    is_paused: bool
    path: str


def start_run(
    request: Request,
    user: GetUserDep,
    dag_id: str,
    conf: dict[str, Any] | None = None,
    *,
    run_id: str | None = None,
    action: str = "run.start",
    account_id: str = "",
) -> StartedRun:
    """Queue a run of a DAG. Call it in a route of the hub, which passes its ``request`` and ``user``.

    ``run_id``: an id that the caller has recorded elsewhere; None: a new one. Airflow checks ``conf`` against
    the DAG's params. Raises HTTPException: 403 if the user may not trigger the DAG, 404 if the DAG does not
    exist, 400 if its file has errors or ``conf`` does not fit, AlreadyStarted (409) if a run with this id
    exists.
    """
    from airflow.models import DagModel

    name = user.get_name()
    may_start = get_auth_manager().is_authorized_dag(
        method="POST",
        access_entity=DagAccessEntity.RUN,
        details=DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id)),
        user=user,
    )
    if not may_start:
        raise HTTPException(403, f"You may not trigger DAG {dag_id}. Ask for permission in Airflow.")
    run_id = run_id or f"hub__{datetime.now(UTC).isoformat()}"
    change = audit.Change(action, f"{dag_id}/{run_id}", after={"conf": conf or {}}, account_id=account_id)
    return audit.write_outside(name, change, lambda: _trigger(request, user, dag_id, run_id, conf))


def _trigger(
    request: Request, user: GetUserDep, dag_id: str, run_id: str, conf: dict[str, Any] | None
) -> StartedRun:
    from airflow.api_fastapi.core_api.datamodels.dag_run import TriggerDAGRunPostBody
    from airflow.api_fastapi.core_api.routes.public.dag_run import trigger_dag_run
    from airflow.models import DagModel
    from airflow.models.dagbag import DBDagBag
    from airflow.utils.session import create_session
    from sqlalchemy.exc import IntegrityError

    body = TriggerDAGRunPostBody(dag_run_id=run_id, logical_date=None, conf=conf or {})
    path = f"dags/{dag_id}/runs/{run_id}"
    try:
        with create_session() as session:
            # Airflow's own route, so that Airflow's own checks apply.
            trigger_dag_run(dag_id, body, DBDagBag(), user, session, request)
            model = session.get(DagModel, dag_id)
            is_paused = bool(model and model.is_paused)
    except IntegrityError as error:
        if _exists(dag_id, run_id):
            raise AlreadyStarted(path) from error
        raise
    return StartedRun(dag_id=dag_id, run_id=run_id, is_paused=is_paused, path=path)


def _exists(dag_id: str, run_id: str) -> bool:
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        found = select(DagRun.id).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        return session.scalar(found) is not None
