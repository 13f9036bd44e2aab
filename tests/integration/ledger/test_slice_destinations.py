"""A day is loaded when every destination has brought its newest document, whatever order they end in."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from sellerops.base.errors import GiveUpError, Quarantined
from sellerops.calendar.slices import Slice
from sellerops.completeness import DayState, read_calendars
from sellerops.ledger import Ledger, RunRef, SliceRow, SliceState
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops.settings.specs.destination_rules import DestinationRule

BOTH = ("postgres", "bigquery")
SLICE = Slice(
    source="amazon_sp",
    report="orders",
    account_id="northwind_na",
    region="NA",
    marketplaces=("US",),
    label="US 2026-11-18..2026-11-19",
    timezone="America/Los_Angeles",
    first_day="2026-11-18",
    last_day="2026-11-19",
    window_start="2026-11-18T08:00:00+00:00",
    window_end="2026-11-20T08:00:00+00:00",
)
DAYS = [date(2026, 11, 18), date(2026, 11, 19)]
LOADED, FAILED, QUARANTINED = SliceState.LOADED, SliceState.FAILED, SliceState.QUARANTINED
REQUESTED, EMPTY = SliceState.REQUESTED, SliceState.CONFIRMED_EMPTY
ERRORS = {FAILED: GiveUpError("is away."), QUARANTINED: Quarantined("too few.")}


def run_of(destination: str) -> RunRef:
    return RunRef(
        "report__amazon_sp__orders", "run", f"northwind_na.slice.load_{destination}", 0, 1, "orders"
    )


def end(
    ledger: Ledger, destination: str, state: SliceState, request_id: int = 7, slice_: Slice = SLICE
) -> SliceState:
    """One destination ends; the state of all days afterwards, which is one."""
    ledger.set_destination_state(
        slice_, destination, state, destinations=BOTH, run=run_of(destination), request_id=request_id,
        error=ERRORS.get(state),
    )  # fmt: skip
    (found,) = {row.state for row in rows(ledger)}
    return found


def rows(ledger: Ledger) -> list[SliceRow]:
    return ledger.slice_states(report="orders")


@pytest.mark.parametrize("first", BOTH)
def test_a_day_is_loaded_when_both_destinations_are(ledger: Ledger, first: str) -> None:
    (second,) = set(BOTH) - {first}
    assert end(ledger, first, LOADED) is REQUESTED
    assert end(ledger, second, LOADED) is LOADED
    assert [row.day for row in rows(ledger)] == DAYS
    assert end(ledger, first, LOADED) is LOADED


@pytest.mark.parametrize("bad", [FAILED, QUARANTINED])
@pytest.mark.parametrize("order", list(itertools.permutations(["other", "bad", "good"])))
@pytest.mark.parametrize("failing", BOTH)
def test_a_failure_lasts_until_its_own_destination_succeeds(
    ledger: Ledger, bad: SliceState, order: tuple[str, ...], failing: str
) -> None:
    """``bad`` before ``good``, the other's success anywhere; the day names the failing task."""
    if order.index("good") < order.index("bad"):
        order = tuple({"good": "bad", "bad": "good"}.get(each, each) for each in order)
    (other,) = set(BOTH) - {failing}
    has_failed = other_is_in = False
    for each in order:
        if each == "other":
            state, other_is_in = end(ledger, other, LOADED), True
        else:
            state = end(ledger, failing, bad if each == "bad" else LOADED)
            has_failed = each == "bad"
        if has_failed:
            assert state is bad
            assert {row.task_id for row in rows(ledger)} == {run_of(failing).task_id}
            assert all(row.error for row in rows(ledger))
    assert other_is_in
    assert state is LOADED
    assert [row.error for row in rows(ledger)] == [None, None]


@pytest.mark.parametrize("cleared", list(itertools.permutations(BOTH)))
def test_when_both_fail_each_keeps_its_words_and_both_must_succeed(
    ledger: Ledger, cleared: tuple[str, str]
) -> None:
    end(ledger, "postgres", FAILED)
    end(ledger, "bigquery", FAILED)
    failed = ledger.destination_days(run_id="run", state=FAILED)
    assert {(each.status.destination, each.status.task_id) for each in failed} == {
        (name, run_of(name).task_id) for name in BOTH
    }
    assert end(ledger, cleared[0], LOADED) is FAILED
    assert {row.task_id for row in rows(ledger)} == {run_of(cleared[1]).task_id}
    assert end(ledger, cleared[1], LOADED) is LOADED


def test_a_reload_that_fails_is_not_hidden_by_the_others_success(ledger: Ledger) -> None:
    end(ledger, "postgres", LOADED), end(ledger, "bigquery", LOADED)
    assert end(ledger, "postgres", FAILED) is FAILED
    assert end(ledger, "bigquery", LOADED) is FAILED
    assert end(ledger, "postgres", LOADED) is LOADED


def test_a_newer_document_must_reach_both_again_in_any_order(ledger: Ledger) -> None:
    end(ledger, "postgres", LOADED, 7), end(ledger, "bigquery", LOADED, 7)
    assert end(ledger, "postgres", LOADED, 9) is REQUESTED
    assert end(ledger, "bigquery", LOADED, 9) is LOADED
    # Two runs at once: one destination takes the older document last, which says nothing new.
    assert end(ledger, "postgres", LOADED, 12) is REQUESTED
    assert end(ledger, "bigquery", LOADED, 12) is LOADED
    assert end(ledger, "bigquery", LOADED, 11) is LOADED
    assert end(ledger, "bigquery", FAILED, 12) is FAILED
    assert end(ledger, "bigquery", LOADED, 11) is FAILED


def test_an_empty_day_is_empty_only_where_no_destination_has_rows(ledger: Ledger) -> None:
    assert end(ledger, "postgres", EMPTY) is REQUESTED
    assert end(ledger, "bigquery", EMPTY) is EMPTY
    assert end(ledger, "bigquery", LOADED) is LOADED


def test_a_destination_removed_from_the_spec_blocks_no_day(ledger: Ledger) -> None:
    assert end(ledger, "bigquery", FAILED) is FAILED
    ledger.set_destination_state(SLICE, "postgres", LOADED, destinations=("postgres",), request_id=7)
    assert {row.state for row in rows(ledger)} == {LOADED}


def test_a_day_that_waited_for_a_destination_switched_off_is_loaded(ledger: Ledger) -> None:
    assert end(ledger, "postgres", LOADED) is REQUESTED
    ledger.refresh_slice_state(SLICE, ("postgres",))
    assert {row.state for row in rows(ledger)} == {LOADED}
    ledger.refresh_slice_state(SLICE, BOTH)
    assert {row.state for row in rows(ledger)} == {REQUESTED}


def test_nothing_is_made_of_days_that_no_destination_has(ledger: Ledger) -> None:
    assert end(ledger, "bigquery", FAILED) is FAILED
    ledger.refresh_slice_state(SLICE, ("postgres",))
    assert {row.state for row in rows(ledger)} == {FAILED}


def test_what_an_account_does_not_load_somewhere_is_not_missing_there(ledger: Ledger) -> None:
    """Completeness by account: a rule takes northwind_na out of BigQuery, northwind_eu stays in it."""
    spec = load_spec("sales_and_traffic").model_copy(
        update={
            "destinations": BOTH,
            "destination_rules": (DestinationRule(accounts="northwind_na", destinations="postgres"),),
        }
    )
    accounts = load_accounts()
    na = replace(SLICE, report=spec.name)
    eu = replace(na, account_id="northwind_eu", region="EU", marketplaces=("DE",))
    for slice_ in (na, eu):
        ledger.set_destination_state(slice_, "postgres", LOADED, destinations=("postgres",), request_id=7)
    shown = {
        marketplace.account.id: day.state
        for marketplace in read_calendars(
            ledger, spec, accounts.values(), last_day=DAYS[-1], now=datetime(2026, 11, 21, tzinfo=UTC)
        )
        for day in marketplace.days
        if day.day in DAYS and day.row is not None
    }
    assert shown == {"northwind_na": DayState.LOADED, "northwind_eu": DayState.PARTIAL}


def test_two_that_end_at_once_see_each_other(ledger: Ledger) -> None:
    for request_id in range(10, 40):
        with ThreadPoolExecutor(2) as pool:
            both = [
                pool.submit(
                    ledger.set_destination_state,
                    SLICE,
                    name,
                    LOADED,
                    destinations=BOTH,
                    request_id=request_id,
                )
                for name in BOTH
            ]
            for each in both:
                each.result()
        assert {row.state for row in rows(ledger)} == {LOADED}


def test_a_day_that_a_destination_named_later_lacks_is_not_complete(ledger: Ledger) -> None:
    spec = load_spec("sales_and_traffic")
    slice_ = replace(SLICE, report=spec.name)
    ledger.set_destination_state(slice_, "postgres", LOADED, destinations=("postgres",), request_id=7)

    def shown(*destinations: str) -> set[DayState]:
        named = spec.model_copy(update={"destinations": destinations})
        accounts = [load_accounts()["northwind_na"]]
        moment = datetime(2026, 11, 21, tzinfo=UTC)
        return {
            day.state
            for marketplace in read_calendars(ledger, named, accounts, last_day=DAYS[-1], now=moment)
            for day in marketplace.days
            if day.day in DAYS and marketplace.marketplace_id == "ATVPDKIKX0DER"
        }

    assert shown("postgres") == {DayState.LOADED}
    assert shown(*BOTH) == shown("bigquery") == {DayState.PARTIAL}
    ledger.set_destination_state(slice_, "bigquery", LOADED, destinations=BOTH, request_id=7)
    assert shown(*BOTH) == {DayState.LOADED}
