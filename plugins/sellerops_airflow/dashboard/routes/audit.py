"""The audit log, for owners."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from sellerops.read_models.audit.choices import AuditChoices, read_choices
from sellerops.read_models.audit.entries import AuditEntry, read_entries
from sellerops.read_models.tables import Table
from sellerops_airflow.dashboard.access import owning
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.tables import InPaging

router = APIRouter(prefix="/audit", tags=["audit"], route_class=HubRoute, dependencies=[owning])


@router.get("/entries")
def audit_entries(
    paging: InPaging,
    user: Annotated[list[str] | None, Query(description="Users to include; all by default.")] = None,
    action: Annotated[list[str] | None, Query(description="Actions to include; all by default.")] = None,
    start: Annotated[date | None, Query(description="First day (UTC).")] = None,
    end: Annotated[date | None, Query(description="Last day (UTC), inclusive.")] = None,
) -> Table[AuditEntry]:
    """What people changed or started, the newest first."""
    return read(
        lambda connection: read_entries(
            connection, paging, users=user or (), actions=action or (), start=start, end=end
        )
    )


@router.get("/choices")
def audit_choices() -> AuditChoices:
    """The users and actions that have entries."""
    return read(read_choices)
