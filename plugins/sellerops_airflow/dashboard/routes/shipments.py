"""The Shipments page: FBA inbound runs, what waits for a person, and units that did not arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from sellerops.read_models.inbound import read_run
from sellerops.read_models.scope import Scope
from sellerops.read_models.shipments.differences import UnitsDiffering, read_differences
from sellerops.read_models.shipments.runs import ShipmentRun, read_shipment_runs
from sellerops_airflow.dashboard.airflow_links import (
    Question,
    dag_path,
    label_path,
    open_questions,
    run_path,
    task_page_path,
)
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.routes.shipment_deadlines import read_deadlines
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.small_tables import table_of
from sellerops_airflow.dashboard.tables import InPaging, Table

router = APIRouter(prefix="/shipments", tags=["shipments"], route_class=HubRoute)
_DAG, _APPROVAL_DAG = "fba_inbound", "fba_inbound_approval"


class Show(StrEnum):
    """Which runs a tile opens."""

    OPEN = "open"
    APPROVAL = "approval"
    FAILED = "failed"
    DIFFERENCE = "difference"
    ALL = "all"


class ShownRun(ShipmentRun):
    """``question_path``: Airflow's page on which the run's question is answered; None: none is open.
    ``labels_path``: labels, destinations, decisions and operations of the run.
    """

    run_path: str | None
    question_path: str | None
    labels_path: str | None


class ShipmentTiles(BaseModel):
    """How many runs each tile opens, and units missing from delivered shipments (of all open and closed
    runs). ``form_path``: where a new shipment is started.
    """

    open: int
    approval: int
    failed: int
    difference: int
    missing_units: int
    deadlines: int
    form_path: str


class ShipmentItem(BaseModel):
    """One line of the request."""

    line: int
    sku: str
    quantity: int


class ShipmentUnits(BaseModel):
    """One SKU of one confirmed shipment. ``difference``: received minus shipped; None: not counted yet."""

    shipment_id: str
    confirmation_id: str | None
    sku: str
    fnsku: str | None
    planned: int
    shipped: int | None
    received: int | None
    difference: int | None


class ConfirmedShipment(BaseModel):
    """One shipment with its destination, carrier and cost."""

    shipment_id: str
    confirmation_id: str | None
    status: str
    warehouse_id: str | None
    carrier: str | None
    mode: str | None
    boxes: int | None
    placement_fee: Decimal | None
    transportation_fee: Decimal | None
    currency: str | None
    delivery_window_start: datetime | None
    delivery_window_end: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    closed_at: datetime | None


class ShipmentDecision(BaseModel):
    """Who decided what about a run."""

    id: int
    asked_about: str
    choice: str
    decided_by: str
    note: str | None
    decided_at: datetime


class ShipmentFile(BaseModel):
    """A label or bill of lading; ``path``: where it is opened."""

    id: int
    kind: str
    part: int
    confirmation_id: str | None
    media_type: str
    bytes: int
    path: str


class ShipmentStory(BaseModel):
    """One run with what was requested, confirmed, decided and received."""

    run: ShownRun
    items: list[ShipmentItem]
    shipments: list[ConfirmedShipment]
    units: list[ShipmentUnits]
    decisions: list[ShipmentDecision]
    files: list[ShipmentFile]


@router.get("")
def runs(
    scope: InScope,
    paging: InPaging,
    show: Annotated[Show, Query(description="Which runs.")] = Show.OPEN,
) -> Table[ShownRun]:
    """FBA inbound runs, newest first."""
    found = [each for each in _runs(scope) if _is_shown(each, show)]
    questions = _questions(found)
    return table_of([_shown(each, questions) for each in found], paging, ShownRun)


@router.get("/tiles")
def tiles(scope: InScope) -> ShipmentTiles:
    """The counts at the top of the page."""
    found, differing = read(lambda c: (read_shipment_runs(c, scope), read_differences(c, scope)))
    counts = {show: sum(_is_shown(each, show) for each in found) for show in Show}
    return ShipmentTiles(
        open=counts[Show.OPEN],
        approval=counts[Show.APPROVAL],
        failed=counts[Show.FAILED],
        difference=counts[Show.DIFFERENCE],
        missing_units=sum(-each.difference for each in differing if each.difference < 0),
        deadlines=len(read_deadlines(scope)),
        form_path=dag_path(_DAG),
    )


@router.get("/differences")
def differences(scope: InScope, paging: InPaging) -> Table[UnitsDiffering]:
    """SKUs of delivered shipments of which Amazon received more or fewer units than were shipped."""
    return table_of(read(lambda connection: read_differences(connection, scope)), paging, UnitsDiffering)


@router.get("/runs/{inbound_run_id}")
def story(inbound_run_id: int, scope: InScope) -> ShipmentStory:
    """Everything about one run."""
    every = scope.model_copy(update={"accounts": (), "marketplaces": ()})
    run = next((each for each in _runs(every) if each.id == inbound_run_id), None)
    entry = read(lambda connection: read_run(connection, inbound_run_id))
    if run is None or entry is None:
        raise HTTPException(404, f"Unknown inbound run {inbound_run_id}.")
    return ShipmentStory(
        run=_shown(run, _questions([run])),
        items=_as(ShipmentItem, entry.items),
        shipments=_as(ConfirmedShipment, entry.shipments),
        units=_as(ShipmentUnits, entry.units),
        decisions=_as(ShipmentDecision, entry.decisions),
        files=[
            ShipmentFile(**{**each, "path": label_path(run.dag_id, run.run_id, each["id"])})
            for each in entry.documents
        ],
    )


def _runs(scope: Scope) -> list[ShipmentRun]:
    return read(lambda connection: read_shipment_runs(connection, scope))


def _is_shown(run: ShipmentRun, show: Show) -> bool:
    return {
        Show.OPEN: run.is_open,
        Show.APPROVAL: run.needs_approval,
        Show.FAILED: run.state == "failed",
        Show.DIFFERENCE: run.has_difference,
        Show.ALL: True,
    }[show]


def _questions(found: Sequence[ShipmentRun]) -> list[Question]:
    return open_questions([_DAG, _APPROVAL_DAG]) if any(each.is_open for each in found) else []


def _shown(run: ShipmentRun, questions: Sequence[Question]) -> ShownRun:
    """A run with its open question. A repeated question has a run of its own, named after the inbound run."""
    asked = next(
        (
            each.path
            for each in questions
            if (each.dag_id, each.run_id) == (run.dag_id, run.run_id)
            or (each.dag_id == _APPROVAL_DAG and each.run_id.startswith(f"inbound_{run.id}__"))
        ),
        None,
    )
    return ShownRun(
        **run.__dict__,
        run_path=run_path(run.dag_id, run.run_id),
        question_path=asked,
        labels_path=task_page_path(run.dag_id, run.run_id, "fetch_labels", -1, "shipment"),
    )


def _as(model: type[Any], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [model(**row) for row in rows]
