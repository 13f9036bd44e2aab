"""Confirmed shipments are followed until they are closed, whatever Amazon's lists leave out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from integration.inbound.following_parts import (
    US,
    Amazon,
    add_run,
    add_shipment,
    item,
    rows,
    services_of,
    shipment_answer,
)

from sellerops.base.clock import Clock
from sellerops.base.errors import AmazonUnavailable, GiveUpError, LoginRefused, UnexpectedAnswer
from sellerops.inbound.follow_up.announcing import close_runs, report_differences
from sellerops.inbound.follow_up.following import FollowResult, FollowResults, follow, follow_open_runs
from sellerops.inbound.steps.tracking import tracking_body
from sellerops.ledger import Ledger
from sellerops.ledger.notices import claim

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def amazon() -> Amazon:
    return Amazon()


@pytest.fixture(autouse=True)
def clock(ledger: Ledger) -> Iterator[None]:
    """The ledger's clock stands still at BEGIN until ``at`` moves it."""
    at(ledger, BEGIN)
    yield
    ledger.set_clock(None)


def at(ledger: Ledger, moment: datetime) -> None:
    ledger.set_clock(Clock(datetime.now(UTC), moment, 0.0))


def follow_one(ledger: Ledger, amazon: Amazon, run: int) -> FollowResult:
    return asyncio.run(follow(services_of(ledger, amazon), run))


def follow_all(ledger: Ledger, amazon: Amazon) -> FollowResults:
    return asyncio.run(follow_open_runs(services_of(ledger, amazon)))


def shipment(ledger: Ledger, shipment_id: str) -> dict[str, Any]:
    (row,) = rows(ledger, "SELECT * FROM sellerops.inbound_shipment WHERE shipment_id = %s", shipment_id)
    return row


def units(ledger: Ledger, shipment_id: str) -> dict[str, tuple[int, int | None, int | None]]:
    found = rows(
        ledger, "SELECT * FROM sellerops.inbound_shipment_item WHERE shipment_id = %s ORDER BY sku",
        shipment_id,
    )  # fmt: skip
    return {row["sku"]: (row["planned"], row["shipped"], row["received"]) for row in found}


def state(ledger: Ledger, run: int) -> str:
    (row,) = rows(ledger, "SELECT state FROM sellerops.inbound_run WHERE id = %s", run)
    return str(row["state"])


def settle(ledger: Ledger) -> tuple[int, ...]:
    """Report what is certain by now, and close what is complete."""

    def send(notice: Any) -> None:
        import uuid

        with ledger.connection() as connection:
            claim(connection, notice.key, uuid.uuid4())

    report_differences(ledger, send, received_after=14 * DAY)
    return close_runs(ledger, stop_after=180 * DAY)


def test_a_run_from_confirmation_to_its_end(ledger: Ledger, amazon: Amazon) -> None:
    run = add_run(ledger)
    add_shipment(ledger, run, "a", {"S": 40, "T": 5})
    amazon.shows("wf-Spring", {"a": "READY_TO_SHIP"})
    assert follow_one(ledger, amazon, run).state == "confirmed"
    assert (shipment(ledger, "a")["shipped_at"], units(ledger, "a")["S"]) == (None, (40, None, None))

    at(ledger, BEGIN + DAY)
    amazon.shows("wf-Spring", {"a": "IN_TRANSIT"}, item("a", "S", 40, 0), item("a", "T", 5, 0))
    assert follow_one(ledger, amazon, run).state == "shipped" == state(ledger, run)
    assert shipment(ledger, "a")["shipped_at"] == BEGIN + DAY
    assert units(ledger, "a") == {"S": (40, 40, 0), "T": (5, 5, 0)}

    at(ledger, BEGIN + 5 * DAY)
    amazon.shows("wf-Spring", {"a": "RECEIVING"}, item("a", "S", 40, 31), item("a", "T", 5, 5))
    follow_one(ledger, amazon, run)
    assert shipment(ledger, "a")["delivered_at"] == BEGIN + 5 * DAY
    assert (units(ledger, "a"), settle(ledger)) == ({"S": (40, 40, 31), "T": (5, 5, 5)}, ())

    at(ledger, BEGIN + 9 * DAY)
    amazon.shows("wf-Spring", {"a": "CLOSED"}, item("a", "S", 40, 40), item("a", "T", 5, 5))
    follow_one(ledger, amazon, run)
    row = shipment(ledger, "a")
    assert (row["shipped_at"], row["closed_at"]) == (BEGIN + DAY, BEGIN + 9 * DAY)
    assert (settle(ledger), state(ledger, run)) == ((run,), "closed")
    assert follow_one(ledger, amazon, run).state == "closed", "nothing is read any more"
    assert follow_all(ledger, amazon) == FollowResults()


def test_a_closed_shipment_with_missing_units_is_followed_until_they_are_reported(
    ledger: Ledger, amazon: Amazon
) -> None:
    run = add_run(ledger, state="shipped")
    add_shipment(ledger, run, "a", {"S": 40})
    amazon.shows("wf-Spring", {"a": "CLOSED"}, item("a", "S", 40, 38))
    follow_one(ledger, amazon, run)
    assert settle(ledger) == ()
    # Amazon finds one of them: a change that the list by date shows.
    at(ledger, BEGIN + 10 * DAY)
    amazon.shows("wf-Spring", {"a": "CLOSED"}, item("a", "S", 40, 39))
    follow_one(ledger, amazon, run)
    assert (units(ledger, "a")["S"], settle(ledger)) == ((40, 40, 39), ())
    at(ledger, BEGIN + 14 * DAY)
    assert (settle(ledger), state(ledger, run)) == ((run,), "closed")


def test_what_amazon_leaves_out_keeps_what_is_known(ledger: Ledger, amazon: Amazon) -> None:
    run = add_run(ledger)
    add_shipment(ledger, run, "a", {"S": 40})
    add_shipment(ledger, run, "b", {"S": 10})
    both = {"a": "RECEIVING", "b": "SHIPPED"}
    amazon.shows("wf-Spring", both, item("a", "S", 40, 12), item("b", "S", 10, 0))
    follow_one(ledger, amazon, run)
    # An empty plan, no shipment found, nothing in version 0, and a list that is days behind.
    at(ledger, BEGIN + DAY)
    nothing = Amazon()
    nothing.answers["getInboundPlan"] = {"status": "ACTIVE", "shipments": []}
    nothing.answers["getShipments"] = {
        "payload": {"ShipmentData": [{"ShipmentId": "FBAa", "ShipmentStatus": "WORKING"}]}
    }
    nothing.answers["getShipmentItems"] = {"payload": {"ItemData": []}}
    assert follow_one(ledger, nothing, run).statuses == both
    assert (units(ledger, "a"), units(ledger, "b")) == ({"S": (40, 40, 12)}, {"S": (10, 10, 0)})
    assert shipment(ledger, "a")["name"] == "Spring a"


def test_the_confirmation_id_tracking_and_window_are_taken_over(ledger: Ledger, amazon: Amazon) -> None:
    run = add_run(ledger)
    add_shipment(ledger, run, "a", {"S": 40}, confirmation_id=None)
    amazon.shows("wf-Spring", {"a": "SHIPPED"}, item("a", "S", 40, 0), item("a", "U", 3, 0))
    parcel = {
        "boxId": "FBAaU000001", "trackingId": "1Z", "trackingNumberValidationStatus": "NOT_VALIDATED",
    }  # fmt: skip
    amazon.answers["getShipment", "/a"] = shipment_answer(
        "a", "SHIPPED",
        trackingDetails={"spdTrackingDetail": {"spdTrackingItems": [parcel]}},
        selectedDeliveryWindow={
            "startDate": "2026-12-01T00:00Z", "endDate": "2026-12-08T00:00Z",
            "editableUntil": "2026-11-29T00:00Z", "deliveryWindowOptionId": "w",
            "availabilityType": "AVAILABLE",
        },
    )  # fmt: skip
    follow_one(ledger, amazon, run)
    row = shipment(ledger, "a")
    assert (row["confirmation_id"], row["tracking"]) == ("FBAa", [parcel])
    assert row["delivery_window_editable_until"] == datetime(2026, 11, 29, tzinfo=UTC)
    assert units(ledger, "a") == {"S": (40, 40, 0), "U": (0, 3, 0)}, "a SKU that was not planned"
    # Not validated yet: read again although the status is the same; then no more.
    parcel = {**parcel, "trackingNumberValidationStatus": "VALIDATED"}
    amazon.answers["getShipment", "/a"] = shipment_answer(
        "a", "SHIPPED", trackingDetails={"spdTrackingDetail": {"spdTrackingItems": [parcel]}}
    )
    follow_one(ledger, amazon, run)
    row = shipment(ledger, "a")
    assert (row["tracking"], row["delivery_window_start"].day) == ([parcel], 1), "the window is kept"
    before = amazon.called("getShipment")
    follow_one(ledger, amazon, run)
    assert amazon.called("getShipment") == before


def test_a_freight_bill_is_kept_as_it_was_entered_so_that_it_can_be_sent_again(
    ledger: Ledger, amazon: Amazon
) -> None:
    run = add_run(ledger)
    add_shipment(ledger, run, "a", {"S": 40})
    amazon.shows("wf-Spring", {"a": "SHIPPED"}, item("a", "S", 40, 0))
    details = {"ltlTrackingDetail": {"freightBillNumber": ["PRO1"], "billOfLadingNumber": "B1"}}
    amazon.answers["getShipment", "/a"] = shipment_answer("a", "SHIPPED", trackingDetails=details)
    follow_one(ledger, amazon, run)
    assert tracking_body(shipment(ledger, "a")["tracking"]) == details


def test_cancelled_at_amazon(ledger: Ledger, amazon: Amazon) -> None:
    voided, deleted = add_run(ledger, "Voided"), add_run(ledger, "Deleted")
    add_shipment(ledger, voided, "a", {"S": 40})
    add_shipment(ledger, deleted, "b", {"S": 40})
    amazon.shows("wf-Deleted", {"b": "DELETED"})
    amazon.shows("wf-Voided", {"a": "WORKING"}, plan_status="VOIDED")
    follow_all(ledger, amazon)
    problems = rows(ledger, "SELECT state, problem FROM sellerops.inbound_run ORDER BY id")
    assert [row["state"] for row in problems] == ["cancelled", "cancelled"]
    assert "plan was cancelled at Amazon" in problems[0]["problem"]
    assert "All shipments were cancelled" in problems[1]["problem"]


def test_an_abandoned_shipment_is_reported_and_closed(ledger: Ledger, amazon: Amazon) -> None:
    run = add_run(ledger, state="shipped")
    add_shipment(ledger, run, "a", {"S": 40})
    amazon.shows("wf-Spring", {"a": "ABANDONED"})
    follow_one(ledger, amazon, run)
    assert settle(ledger) == ()
    at(ledger, BEGIN + 14 * DAY)
    assert settle(ledger) == (run,)
    (row,) = rows(ledger, "SELECT * FROM sellerops.inbound_shipment_item")
    assert (row["received"], row["difference_reported_at"]) == (None, BEGIN + 14 * DAY)


def test_one_runs_error_touches_no_other(ledger: Ledger, amazon: Amazon) -> None:
    broken, fine = add_run(ledger, "Broken"), add_run(ledger, "Fine")
    add_shipment(ledger, broken, "a", {"S": 40})
    add_shipment(ledger, fine, "b", {"S": 10})
    amazon.shows("wf-Fine", {"b": "SHIPPED"}, item("b", "S", 10, 0))
    amazon.answers["getInboundPlan", "/wf-Broken"] = AmazonUnavailable("HTTP 500.")
    found = follow_all(ledger, amazon)
    assert [each.inbound_run_id for each in found.followed] == [fine]
    assert isinstance(found.failed[broken], AmazonUnavailable)
    assert (state(ledger, broken), state(ledger, fine)) == ("confirmed", "shipped")
    with pytest.raises(AmazonUnavailable):
        follow_one(ledger, amazon, broken)
    # Version 0 fails: what the plans say is stored all the same.
    amazon.shows("wf-Fine", {"b": "DELIVERED"})
    amazon.answers["getShipments"] = UnexpectedAnswer("no list.")
    found = follow_all(ledger, amazon)
    assert set(found.failed) == {broken, fine}
    assert shipment(ledger, "b")["status"] == "DELIVERED"


def test_refused_credentials_end_it_at_once(ledger: Ledger, amazon: Amazon) -> None:
    for name in ("One", "Two"):
        add_shipment(ledger, add_run(ledger, name), name, {"S": 1})
    amazon.answers["getInboundPlan"] = LoginRefused("refused.")
    with pytest.raises(LoginRefused):
        follow_all(ledger, amazon)
    assert amazon.called("getInboundPlan") == 1


def test_an_unknown_run_is_an_error(ledger: Ledger, amazon: Amazon) -> None:
    with pytest.raises(GiveUpError, match="unknown inbound run"):
        follow_one(ledger, amazon, 99)


def test_other_runs_and_accounts_are_left_alone(ledger: Ledger, amazon: Amazon) -> None:
    add_shipment(ledger, add_run(ledger, "Rejected", state="rejected"), "a", {"S": 1})
    add_shipment(ledger, add_run(ledger, "Europe", account_id="northwind_eu"), "b", {"S": 1})
    offered = add_run(ledger, "Offered", state="awaiting_approval")
    add_shipment(ledger, offered, "c", {"S": 1}, is_chosen=False)
    assert follow_all(ledger, amazon) == FollowResults()
    assert (follow_one(ledger, amazon, offered).state, amazon.calls) == ("awaiting_approval", [])


def test_many_shipments_take_few_calls(ledger: Ledger, amazon: Amazon) -> None:
    """60 shipments of 20 runs on a day without news: a call per plan, and three for all shipments."""
    for number in range(20):
        run = add_run(ledger, f"R{number}", state="shipped")
        own = {f"{number}-{each}": "RECEIVING" for each in range(3)}
        for each in own:
            add_shipment(ledger, run, each, {"S": 4}, status="RECEIVING")
        amazon.shows(f"wf-R{number}", own, *(item(each, "S", 4, 2) for each in own))
    # Every shipment's own list stays; the list by date shows the last run's.
    follow_all(ledger, amazon)
    assert {row["received"] for row in rows(ledger, "SELECT * FROM sellerops.inbound_shipment_item")} == {2}
    amazon.calls.clear()
    at(ledger, BEGIN + DAY)
    follow_all(ledger, amazon)
    counts = {name: amazon.called(name) for name in ("getInboundPlan", "getShipments", "getShipmentItems")}
    assert counts == {"getInboundPlan": 20, "getShipments": 2, "getShipmentItems": 1}
    assert len(amazon.calls) == 23


def test_every_page_is_read_and_a_repeated_row_counts_once(ledger: Ledger, amazon: Amazon) -> None:
    run = add_run(ledger, state="shipped")
    add_shipment(ledger, run, "a", {"S": 40, "T": 5})
    amazon.shows("wf-Spring", {"a": "RECEIVING"}, item("a", "S", 40, 1), item("a", "T", 5, 1))
    follow_one(ledger, amazon, run)
    at(ledger, BEGIN + DAY)

    def pages(query: Any) -> dict[str, Any]:
        if query["QueryType"] == "DATE_RANGE":
            assert query["LastUpdatedAfter"] == "2026-11-18T12:00:00Z", "two days before the last reading"
            return {"payload": {"ItemData": [item("a", "S", 40, 9)], "NextToken": "more"}}
        assert dict(query) == {
            "QueryType": "NEXT_TOKEN",
            "MarketplaceId": US,
            "NextToken": "more",
        }
        return {"payload": {"ItemData": [item("a", "S", 40, 9), item("a", "T", 5, 6)]}}

    amazon.answers["getShipmentItems"] = pages
    follow_one(ledger, amazon, run)
    assert units(ledger, "a") == {"S": (40, 40, 9), "T": (5, 5, 6)}
