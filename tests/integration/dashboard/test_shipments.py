"""The Shipments page: each count equals the runs or units it opens, and approvals lead to their question."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.hub import ACCOUNT, US, Hub, HubServer

from sellerops_airflow.dashboard.airflow_links import Question

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SHIPMENTS = "/hub/api/shipments"
# State of the run; units shipped and received of two SKUs, if its shipment was delivered.
RUNS: dict[str, tuple[str, list[tuple[int, int | None]], bool]] = {
    "Asked": ("awaiting_approval", [], False),
    "Broken": ("failed", [], False),
    "Short": ("shipped", [(120, 108), (60, None)], True),
    "Even": ("closed", [(10, 12), (12, 10)], True),
    "Whole": ("closed", [(5, 5), (6, 6)], True),
    "Under way": ("shipped", [(7, 1), (8, None)], False),
}


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        for number, (name, (state, units, is_delivered)) in enumerate(RUNS.items(), 1):
            _add_run(hub, number, name, state, units, is_delivered)
        yield hub


def test_each_tile_is_the_number_of_rows_it_opens(hub: Hub) -> None:
    tiles = hub.partner.get(f"{SHIPMENTS}/tiles").json()
    shown = {show: _names(hub, show) for show in ("open", "approval", "failed", "difference")}
    assert shown == {
        "open": ["Under way", "Short", "Broken", "Asked"],
        "approval": ["Asked"],
        "failed": ["Broken"],
        # Units too many and too few of one run do not cancel out.
        "difference": ["Even", "Short"],
    }
    assert {show: tiles[show] for show in shown} == {show: len(names) for show, names in shown.items()}
    differing = hub.owner.get(f"{SHIPMENTS}/differences").json()["rows"]
    missing = [-row["difference"] for row in differing if row["difference"] < 0]
    assert tiles["missing_units"] == sum(missing) == 12 + 60 + 2
    assert {row["name"] for row in differing} == set(shown["difference"])
    deadlines = hub.owner.get(f"{SHIPMENTS}/deadlines").json()
    assert tiles["deadlines"] == deadlines["row_count"] == 1
    assert [(row["kind"], row["name"], row["has_passed"]) for row in deadlines["rows"]] == [
        ("void", "Under way", False)
    ]


def test_units_of_a_run_are_those_of_its_shipments(hub: Hub) -> None:
    rows = {row["name"]: row for row in hub.owner.get(SHIPMENTS, params={"show": "all"}).json()["rows"]}
    assert len(rows) == len(RUNS)
    short = rows["Short"]
    assert (short["planned"], short["shipped"], short["received"], short["difference"]) == (
        180,
        180,
        108,
        -72,
    )
    assert (rows["Even"]["difference"], rows["Even"]["differing_skus"]) == (0, 2)
    assert (rows["Under way"]["difference"], rows["Under way"]["differing_skus"]) == (None, 0)
    assert (rows["Asked"]["shipped"], rows["Asked"]["difference"]) == (None, None)


def test_an_approval_leads_to_its_question_wherever_it_is_asked(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellerops_airflow.dashboard.routes import shipments

    def path(*questions: Question) -> Any:
        monkeypatch.setattr(shipments, "open_questions", lambda _: list(questions))
        (row,) = hub.owner.get(SHIPMENTS, params={"show": "approval"}).json()["rows"]
        return row["question_path"]

    other = Question("fba_inbound_approval", "inbound_11__approve__0", "approve", -1, "")
    assert path() is None
    assert path(other) is None, "of run 11, not of run 1"
    own = Question("fba_inbound", "manual__1", "approve", -1, "")
    assert path(other, own) == "dags/fba_inbound/runs/manual__1/tasks/approve/required_actions"
    again = Question("fba_inbound_approval", "inbound_1__approve__4", "approve", -1, "")
    assert (
        path(again) == "dags/fba_inbound_approval/runs/inbound_1__approve__4/tasks/approve/required_actions"
    )


def test_one_run_has_its_units_decisions_and_files(hub: Hub) -> None:
    hub.add_to(
        "sellerops.inbound_decision",
        {"inbound_run_id": 3, "asked_about": "approve", "offer": "[]", "fingerprint": "x",
         "choice": "approved", "decided_by": "ann"},
    )  # fmt: skip
    hub.add_to(
        "sellerops.inbound_document",
        {"inbound_run_id": 3, "shipment_id": "sh3", "kind": "box_labels", "part": 1, "archive_uri": "file:///x",
         "media_type": "application/pdf", "bytes": 9, "sha256": "0", "fetched_at": NOW},
    )  # fmt: skip
    story = hub.owner.get(f"{SHIPMENTS}/runs/3").json()
    assert [(each["sku"], each["received"], each["difference"]) for each in story["units"]] == [
        ("SKU-0", 108, -12), ("SKU-1", None, None),
    ]  # fmt: skip
    assert [each["decided_by"] for each in story["decisions"]] == ["ann"]
    (file,) = story["files"]
    assert file["path"] == f"sellerops/dags/fba_inbound/runs/manual__3/labels/{file['id']}"
    assert story["run"]["labels_path"].endswith("/manual__3/tasks/fetch_labels/-1/shipment")
    assert hub.owner.get(f"{SHIPMENTS}/runs/99").status_code == 404


def _names(hub: Hub, show: str) -> list[str]:
    found = hub.owner.get(SHIPMENTS, params={"show": show}).json()
    assert found["row_count"] == len(found["rows"])
    return [row["name"] for row in found["rows"]]


def _add_run(
    hub: Hub, number: int, name: str, state: str, units: list[tuple[int, int | None]], is_delivered: bool
) -> None:
    hub.add_to(
        "sellerops.inbound_run",
        {"account_id": ACCOUNT, "marketplace_id": US, "name": name, "state": state, "request": "{}",
         "dag_id": "fba_inbound", "run_id": f"manual__{number}"},
    )  # fmt: skip
    run = {"inbound_run_id": number}
    asked = units or [(1, None)]
    hub.add_to(
        "sellerops.inbound_item",
        *(
            {**run, "line": n, "sku": f"SKU-{n}", "quantity": shipped, "prep_owner": "NONE",
             "label_owner": "SELLER"}
            for n, (shipped, _) in enumerate(asked)
        ),
    )  # fmt: skip
    if not units:
        return
    shipment = {**run, "shipment_id": f"sh{number}"}
    hub.add_to(
        "sellerops.inbound_shipment",
        {**shipment, "placement_option_id": "po", "is_chosen": True, "status": "SHIPPED",
         "confirmation_id": f"FBA{number}", "confirmed_at": NOW - timedelta(days=5),
         "delivered_at": NOW - timedelta(days=1) if is_delivered else None,
         "voidable_until": None if is_delivered else NOW + timedelta(hours=6)},
    )  # fmt: skip
    hub.add_to(
        "sellerops.inbound_shipment_item",
        *(
            {**shipment, "sku": f"SKU-{n}", "planned": shipped, "shipped": shipped, "received": received}
            for n, (shipped, received) in enumerate(units)
        ),
    )
