"""Access rules: users who may read a DAG's task logs see its pages; personal data needs an explicit grant."""

from __future__ import annotations

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag

# Applies to every route, since all have `dag_id` in their path.
may_read_logs = requires_access_dag("GET", DagAccessEntity.TASK_LOGS)
PERSONAL_VARIABLE = "sellerops_personal_documents"


def may_see_personal(user: str) -> bool:
    """Whether the variable ``sellerops_personal_documents`` lists the user. Without it nobody may."""
    from airflow.sdk import Variable

    named = str(Variable.get(PERSONAL_VARIABLE, default="") or "")
    return user in {name.strip() for name in named.split(",")} - {""}


__all__ = ["PERSONAL_VARIABLE", "GetUserDep", "may_read_logs", "may_see_personal"]
