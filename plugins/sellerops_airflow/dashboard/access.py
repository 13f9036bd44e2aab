"""Who may do what in the seller hub, by the permissions of Airflow's auth manager.

A **partner**, a user who may read the logs of the DAG ``marts__money``, may read mart data. An **owner** may
also change Airflow's Variables (roles Op and Admin) and sees and does everything. Costs, and what is computed
from them, are hidden from partners unless an owner has switched on the setting ``partner_sees_costs``.
"""

from __future__ import annotations

from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, VariableDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, HTTPException
from starlette.concurrency import run_in_threadpool

from sellerops_airflow.dashboard.database import in_hub_thread, read
from sellerops_airflow.dashboard.hub_settings import read_settings

DAG_ID = "marts__money"
may_read = requires_access_dag("GET", DagAccessEntity.TASK_LOGS, DAG_ID)


def is_owner(user: GetUserDep) -> bool:
    """Whether the user may change Airflow's Variables."""
    return get_auth_manager().is_authorized_variable(method="PUT", details=VariableDetails(), user=user)


def owner_only(user: GetUserDep) -> None:
    """A dependency of routes that only owners may call; 403 for others."""
    if not is_owner(user):
        raise HTTPException(403, "Only owners (users who may change Airflow's Variables) may do this.")


async def sees_costs(user: GetUserDep) -> bool:
    """Whether the user may see costs."""
    if await run_in_threadpool(is_owner, user):
        return True
    return await in_hub_thread(_partners_see_costs)


def _partners_see_costs() -> bool:
    import psycopg

    try:
        return read(read_settings).partner_sees_costs
    except psycopg.errors.UndefinedTable:
        # The ledger was created by a version without the hub.
        return False


SeesCosts = Annotated[bool, Depends(sees_costs)]
COSTS_HIDDEN = "The owner of this hub does not show costs to partners."
reading = Depends(may_read)
owning = Depends(owner_only)

__all__ = [
    "COSTS_HIDDEN",
    "DAG_ID",
    "GetUserDep",
    "SeesCosts",
    "is_owner",
    "may_read",
    "owner_only",
    "owning",
    "reading",
    "sees_costs",
]
