"""People are told of deadlines before they pass and of units that did not arrive, each once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from integration.inbound.following_parts import add_option, add_run, add_shipment, insert, rows
from psycopg.types.json import Jsonb

from sellerops.base.clock import Clock
from sellerops.inbound.follow_up.announcing import announce_deadlines, close_runs, report_differences
from sellerops.ledger import Ledger
from sellerops.ledger.notices import claim
from sellerops.notices import Event, Notice

BEGIN = datetime(2026, 11, 20, 18, tzinfo=UTC)  # 10:00 in Los Angeles
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Channel:
    """What was sent; as ``send_notice``, a key once."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.sent = ledger, list[Notice]()
        self.is_broken = False

    def send(self, notice: Notice) -> None:
        if self.is_broken:
            return
        with self.ledger.connection() as connection:
            if claim(connection, notice.key, uuid.uuid4()):
                self.sent.append(notice)

    def announce(self, void_notice: timedelta = 4 * HOUR) -> list[Notice]:
        """Notices of deadlines that are new now."""
        return self._new(
            lambda: announce_deadlines(
                self.ledger,
                self.send,
                lambda dag_id, run_id: f"https://airflow.example/dags/{dag_id}/runs/{run_id}",
                lambda dag_id: f"https://airflow.example/dags/{dag_id}",
                void_notice=void_notice,
            )
        )

    def report(self) -> list[Notice]:
        """Notices of differences that are new now."""
        return self._new(lambda: report_differences(self.ledger, self.send, received_after=14 * DAY))

    def _new(self, work: Callable[[], object]) -> list[Notice]:
        before = len(self.sent)
        work()
        return self.sent[before:]


@pytest.fixture
def channel(ledger: Ledger) -> Iterator[Channel]:
    at(ledger, BEGIN)
    yield Channel(ledger)
    ledger.set_clock(None)


def at(ledger: Ledger, moment: datetime) -> None:
    ledger.set_clock(Clock(datetime.now(UTC), moment, 0.0))


def shows(ledger: Ledger, shipment_id: str, **units: int) -> None:
    """Amazon's count of received units by SKU; all planned units were shipped."""
    for sku, received in units.items():
        with ledger.connection() as connection:
            connection.execute(
                "UPDATE sellerops.inbound_shipment_item SET shipped = planned, received = %s, fnsku = %s, "
                "checked_at = sellerops.now() WHERE shipment_id = %s AND sku = %s",
                (received, f"X00{sku}", shipment_id, sku),
            )


def test_free_cancellation_is_announced_with_the_charge_of_the_whole_run(channel: Channel) -> None:
    ledger = channel.ledger
    run = add_run(ledger, "Winter stock")
    for name, fee in (("a", "88.20"), ("b", "60.00")):
        add_shipment(
            ledger, run, name, {"S": 40}, confirmed_at=BEGIN, voidable_until=BEGIN + DAY,
            transportation_fee=Decimal(fee), currency="USD",
        )  # fmt: skip
    assert channel.announce() == []
    at(ledger, BEGIN + 20 * HOUR)
    (notice,) = channel.announce()
    assert notice.headline == (
        "Winter stock: Amazon's partnered carrier charges 148.20 USD; free cancellation ends in 4 h 0 min"
    )
    assert "Shipments: FBAa, FBAb. Until 2026-11-21 10:00 America/Los_Angeles" in notice.text
    cancel = "<https://airflow.example/dags/fba_inbound_cancel|trigger the DAG fba_inbound_cancel>"
    assert f"{cancel} with run {run}" in notice.text
    assert (notice.event, notice.family, notice.account_ids) == (
        Event.INBOUND_DEADLINE, "fulfilment", ("northwind_na",),
    )  # fmt: skip
    assert channel.announce() == [], "once"
    at(ledger, BEGIN + DAY)
    assert channel.announce() == []


def test_an_hour_of_free_cancellation_is_announced_at_once(channel: Channel) -> None:
    run = add_run(channel.ledger, "Pallets")
    add_shipment(
        channel.ledger, run, "a", {"S": 400}, confirmed_at=BEGIN, voidable_until=BEGIN + HOUR,
        transportation_fee=Decimal(950), currency="USD",
    )  # fmt: skip
    (notice,) = channel.announce()
    assert "free cancellation ends in 1 h 0 min" in notice.headline


def test_cancelled_shipments_and_other_options_have_no_deadline(channel: Channel) -> None:
    soon = {"confirmed_at": BEGIN, "voidable_until": BEGIN + HOUR}
    run = add_run(channel.ledger, "Winter")
    add_shipment(channel.ledger, run, "a", {"S": 4}, status="CANCELLED", **soon)
    add_shipment(channel.ledger, run, "b", {"S": 4}, is_chosen=False, **soon)
    cancelled = add_run(channel.ledger, "Cancelled", state="cancelled")
    add_shipment(channel.ledger, cancelled, "c", {"S": 4}, **soon)
    assert channel.announce() == []


def test_a_delivery_window_is_announced_when_a_quarter_of_its_time_is_left(channel: Channel) -> None:
    ledger, last = channel.ledger, BEGIN + 8 * DAY
    run = add_run(ledger, "Winter")
    window = {
        "delivery_window_start": BEGIN + 10 * DAY, "delivery_window_end": BEGIN + 17 * DAY,
        "delivery_window_editable_until": last,
    }  # fmt: skip
    add_shipment(ledger, run, "a", {"S": 40}, confirmed_at=BEGIN, **window)
    add_shipment(ledger, run, "b", {"S": 40}, confirmed_at=BEGIN, status="DELIVERED", **window)
    at(ledger, last - 3 * DAY)
    assert channel.announce() == []
    at(ledger, last - 2 * DAY)
    (notice,) = channel.announce()
    assert notice.headline == "Winter: the delivery window of FBAa can be changed for 48 h 0 min more"
    assert "The confirmed window is 2026-11-30 10:00 America/Los_Angeles to 2026-12-07 10:00" in notice.text
    assert "https://sellercentral.amazon.com/fba/inbound-shipment/summary/FBAa/contents" in notice.text
    at(ledger, last - HOUR)
    assert channel.announce() == []


def test_an_offer_is_announced_before_it_expires_and_again_when_it_was_renewed(channel: Channel) -> None:
    ledger = channel.ledger
    run = add_run(ledger, "Winter", state="awaiting_approval", updated_at=BEGIN)
    add_option(ledger, run, "gone", "a", expires_at=BEGIN + HOUR)
    add_option(ledger, run, "own", "a", expires_at=None)
    add_option(ledger, run, "ups", "a", expires_at=BEGIN + 48 * HOUR)
    add_option(ledger, run, "dhl", "a", expires_at=BEGIN + 50 * HOUR)
    at(ledger, BEGIN + 35 * HOUR)
    assert channel.announce() == []
    at(ledger, BEGIN + 36 * HOUR)
    (notice,) = channel.announce()
    assert notice.headline == "Winter: Amazon's offer expires in 12 h 0 min and is not approved yet"
    assert "https://airflow.example/dags/fba_inbound/runs/run Winter" in notice.text
    add_option(ledger, run, "again", "a", expires_at=BEGIN + 37 * HOUR, generation=2)
    assert len(channel.announce()) == 1


def test_missing_tracking_numbers_are_asked_for_after_the_ready_date(channel: Channel) -> None:
    ledger = channel.ledger
    ready = Jsonb({"ready_at": (BEGIN + DAY).isoformat()})
    runs = {name: add_run(ledger, name, request=ready) for name in ("Own", "Told", "Partnered")}
    for name, run in runs.items():
        own = "AMAZON_PARTNERED_CARRIER" if name == "Partnered" else "USE_YOUR_OWN_CARRIER"
        add_option(ledger, run, "t", name, solution=own)
        tracking = Jsonb([{"trackingId": "1Z"}] if name == "Told" else [])
        add_shipment(
            ledger, run, name, {"S": 4}, confirmed_at=BEGIN, transportation_option_id="t", tracking=tracking
        )
    assert channel.announce() == []
    at(ledger, BEGIN + DAY + HOUR)
    (notice,) = channel.announce()
    assert notice.headline == "Own: tracking numbers are missing for FBAOwn"
    assert "The boxes were due to leave on 2026-11-21 10:00 America/Los_Angeles" in notice.text
    at(ledger, BEGIN + 9 * DAY)
    assert channel.announce() == [], "once"


def test_numbers_that_amazon_does_not_know_a_day_later_are_named(channel: Channel) -> None:
    ledger = channel.ledger
    for name, status in (("Wrong", "NOT_VALIDATED"), ("Right", "VALIDATED")):
        run = add_run(ledger, name)
        tracking = Jsonb([{"trackingId": "1Z", "trackingNumberValidationStatus": status}])
        add_shipment(ledger, run, name, {"S": 4}, tracking=tracking, checked_at=BEGIN + 20 * HOUR)
        step = {"inbound_run_id": run, "step": "send_tracking", "state": "done", "ended_at": BEGIN}
        insert(ledger, "inbound_step", step, "id")
    at(ledger, BEGIN + 30 * HOUR)
    assert channel.announce() == [], "not read again since"
    with ledger.connection() as connection:
        connection.execute("UPDATE sellerops.inbound_shipment SET checked_at = sellerops.now()")
    (notice,) = channel.announce()
    assert notice.headline == "Wrong: Amazon does not know tracking numbers of FBAWrong"
    assert channel.announce() == []


def test_missing_and_surplus_units_are_reported_once(channel: Channel) -> None:
    ledger = channel.ledger
    run = add_run(ledger, "Winter", state="shipped")
    add_shipment(
        ledger, run, "a", {"S": 40, "T": 5, "U": 10}, status="CLOSED", delivered_at=BEGIN, closed_at=BEGIN
    )
    shows(ledger, "a", S=38, T=6, U=10)
    at(ledger, BEGIN + 13 * DAY)
    assert channel.report() == []
    at(ledger, BEGIN + 14 * DAY)
    (notice,) = channel.report()
    assert notice.headline == (
        "FBA shipment FBAa (Winter): 2 units not received and 1 unit more received than shipped, 2 SKUs"
    )
    assert "- `S` (FNSKU X00S): shipped 40, received 38: *2 missing*" in notice.text
    assert "- `T` (FNSKU X00T): shipped 5, received 6: *1 too many*" in notice.text
    assert "northwind_na, US: delivered at ABE2 by 2026-11-20, now CLOSED." in notice.text
    assert (
        "<https://sellercentral.amazon.com/fba/inbound-shipment/summary/FBAa/contents|open the shipment in "
        "Seller Central>, tab *Contents*, and request an investigation of the missing units" in notice.text
    )
    assert "`U`" not in notice.text
    assert channel.report() == []
    # Another SKU differs later: only that one is reported.
    shows(ledger, "a", S=37, U=9)
    (notice,) = channel.report()
    assert "1 unit not received, 1 SKU" in notice.headline
    assert close_runs(ledger, stop_after=180 * DAY) == (run,)


def test_a_difference_that_no_notice_was_recorded_for_is_reported_later(channel: Channel) -> None:
    ledger = channel.ledger
    run = add_run(ledger, state="shipped")
    add_shipment(ledger, run, "a", {"S": 4}, status="CLOSED", delivered_at=BEGIN, closed_at=BEGIN)
    shows(ledger, "a", S=3)
    at(ledger, BEGIN + 14 * DAY)
    channel.is_broken = True
    assert channel.report() == []
    channel.is_broken = False
    assert close_runs(ledger, stop_after=180 * DAY) == ()
    assert len(channel.report()) == 1


def test_a_run_that_amazon_never_closes_is_given_up_with_its_reason(channel: Channel) -> None:
    ledger = channel.ledger
    run = add_run(ledger)
    add_shipment(ledger, run, "a", {"S": 4}, confirmed_at=BEGIN)
    at(ledger, BEGIN + 180 * DAY)
    assert close_runs(ledger, stop_after=180 * DAY) == ()
    at(ledger, BEGIN + 181 * DAY)
    assert close_runs(ledger, stop_after=180 * DAY) == (run,)
    (row,) = rows(ledger, "SELECT state, problem, remedy FROM sellerops.inbound_run")
    assert (row["state"], "not closed all its shipments" in row["problem"]) == ("closed", True)
    assert "`following.stop_after_days` in config/inbound.yaml" in row["remedy"]
