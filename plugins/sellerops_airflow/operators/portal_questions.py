"""Asks a person to do in a login's browser what only a person may do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow.sdk import Context

from sellerops_airflow.runs.airflow_runs import start_run

if TYPE_CHECKING:
    from sellerops.ledger.logins import RequiredAction
    from sellerops.settings.logins import Login

log = logging.getLogger(__name__)

# The DAG with one run per required action.
SIGN_IN_DAG = "portal_sign_in"


def ask_person(context: Context, login: Login, action: RequiredAction) -> None:
    """Start the run that asks about an action, unless it was started before."""
    ti = context["ti"]
    run_id = f"{login.id}__{action.id}"
    conf = {"login": login.id, "action": action.id}
    if start_run(SIGN_IN_DAG, run_id, conf, f"Asked by {ti.dag_id}, task {ti.task_id}."):
        log.warning(
            "%s needs a person (%s): answer run %s of %s under Required Actions.",
            *(login.id, action.message, run_id, SIGN_IN_DAG),
        )
