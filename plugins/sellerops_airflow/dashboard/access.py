"""Who may do what in the seller hub, by the permissions of Airflow's auth manager.

A **partner** may read mart data: whoever may read the logs of DAG ``marts__money``. An **owner** may also
change Airflow's Variables (roles Op and Admin) and sees and does everything.
"""

from __future__ import annotations

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, VariableDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, HTTPException

DAG_ID = "marts__money"
may_read = requires_access_dag("GET", DagAccessEntity.TASK_LOGS, DAG_ID)


def is_owner(user: GetUserDep) -> bool:
    """Whether the user may change Airflow's Variables."""
    return get_auth_manager().is_authorized_variable(method="PUT", details=VariableDetails(), user=user)


def owner_only(user: GetUserDep) -> None:
    """A dependency of routes that only owners may call; 403 for others."""
    if not is_owner(user):
        raise HTTPException(403, "Only owners (users who may change Airflow's Variables) may do this.")


reading = Depends(may_read)
owning = Depends(owner_only)

__all__ = ["DAG_ID", "GetUserDep", "is_owner", "may_read", "owner_only", "owning", "reading"]
