"""Expected days are those the runs themselves would plan; gaps are stretches of what is not there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.specs import shipped_specs

from sellerops.calendar.backfill import run_moments
from sellerops.calendar.slices import plan_slices
from sellerops.completeness import DayState, ExpectedDay, Gap, MarketplaceCalendar, expected_days, find_gaps
from sellerops.completeness.expected import marketplace_key
from sellerops.completeness.marketplace_calendar import Day
from sellerops.ledger import SliceRow, SliceState
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.specs import PeriodKind, ReportSpec, load_spec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 9, 1), date(2026, 11, 21)
ACCOUNTS = load_accounts()
NA = ACCOUNTS["northwind_na"]
SPECS = {spec.name: spec for spec in shipped_specs()}


def planned(spec: ReportSpec, account: Account) -> dict[str, set[date]]:
    """Days that every single run of the time would plan and could collect, one run after the other."""
    found: dict[str, set[date]] = {}
    for moment in run_moments(spec, FIRST - timedelta(days=1), LAST + timedelta(days=400), NOW):
        for slice_ in plan_slices(spec, account, run_at=moment, now=NOW):
            if slice_.end is not None and slice_.first_day and slice_.end + spec.period.available_after > NOW:
                continue
            days = [day for day in slice_.days if FIRST <= day <= LAST]
            found.setdefault(marketplace_key(slice_), set()).update(days)
    return {marketplace: days for marketplace, days in found.items() if days}


@pytest.mark.parametrize(
    "name", sorted(n for n, s in SPECS.items() if s.period.kind is not PeriodKind.LISTING)
)
def test_schedule_and_completeness_agree(name: str) -> None:
    spec = SPECS[name]
    expected = expected_days(spec, NA, FIRST, LAST, NOW)
    found = {marketplace: set(days) for marketplace, days in expected.items()}
    wanted = planned(spec, NA)
    for marketplace in wanted.keys() | found.keys():
        # A period that was published after its last run is not expected: none of them brought it.
        assert found.get(marketplace, set()) <= wanted.get(marketplace, set())
        assert len(found[marketplace]) >= len(wanted[marketplace]) - 31 * bool(spec.period.available_after)
    if not spec.period.available_after:
        assert found == wanted
    assert all(each.due <= NOW for days in expected.values() for each in days.values())


def test_of_a_days_first_run_it_is_due() -> None:
    spec = SPECS["sales_and_traffic"]
    days = expected_days(spec, NA, date(2026, 11, 18), date(2026, 11, 20), NOW)["ATVPDKIKX0DER"]
    (first, *_) = [m for m in run_moments(spec, date(2026, 11, 17), date(2026, 11, 20), NOW)
                   if m >= datetime(2026, 11, 19, 8, tzinfo=UTC)]  # fmt: skip
    assert days[date(2026, 11, 18)].due == first


def test_days_no_longer_served_and_missed_snapshots_are_expired() -> None:
    spec = SPECS["sales_and_traffic"]
    old = (NOW - spec.period.history - timedelta(days=3)).date()
    days = expected_days(spec, NA, old, old + timedelta(days=6), NOW)["ATVPDKIKX0DER"]
    assert days[old].expired
    assert not days[old + timedelta(days=6)].expired
    snapshot = expected_days(SPECS["fba_manage_inventory"], NA, LAST - timedelta(days=3), LAST, NOW)
    assert all(each.expired for days in snapshot.values() for each in days.values())


def test_of_listings_the_last_run_says_it_all() -> None:
    (days,) = expected_days(SPECS["settlements"], NA, FIRST, LAST, NOW).values()
    assert len(days) == 1


def calendar(states: dict[int, SliceState | None], **changes: Any) -> MarketplaceCalendar:
    """Days of November; None: nothing is known of it."""
    spec = load_spec(changes.pop("report", "sales_and_traffic"))
    expected = expected_days(spec, NA, date(2026, 11, 1), LAST, NOW)["ATVPDKIKX0DER"]
    updated = changes.pop("updated", NOW - timedelta(days=3))
    days = [_day(spec, date(2026, 11, day), state, expected, updated) for day, state in states.items()]
    return MarketplaceCalendar(spec, NA, changes.pop("marketplace_id", "ATVPDKIKX0DER"), tuple(days))


def _day(
    spec: ReportSpec,
    day: date,
    state: SliceState | None,
    expected: dict[date, ExpectedDay],
    updated: datetime,
) -> Day:
    row = (
        SliceRow(spec.name, NA.id, "ATVPDKIKX0DER", day, None, state, None, None, None, None, None, None,
                 None, None, None, updated)
        if state
        else None
    )  # fmt: skip
    return Day(day, DayState(state.value) if state else DayState.MISSING, row, expected.get(day))


def spans(gaps: list[Gap]) -> list[tuple[int, int]]:
    return [(gap.first_day.day, gap.last_day.day) for gap in gaps]


def test_gaps_are_stretches_of_missing_late_and_failed_days() -> None:
    loaded, failed, late = SliceState.LOADED, SliceState.FAILED, SliceState.LATE
    states = {1: loaded, 2: None, 3: failed, 4: late, 5: loaded, 6: None, 7: SliceState.QUARANTINED,
              8: SliceState.REQUESTED, 9: SliceState.CONFIRMED_EMPTY, 10: failed}  # fmt: skip
    gaps = find_gaps([calendar(states)], NOW, is_handled=lambda row: True)
    assert spans(gaps) == [(2, 4), (6, 6), (10, 10)]
    assert gaps[0].states == (DayState.MISSING, DayState.FAILED, DayState.LATE)


def test_days_that_nobody_works_on_any_more_are_gaps() -> None:
    """A refused or removed run leaves its days planned; a decided quarantine leaves them quarantined."""
    planned, requested, quarantined = SliceState.PLANNED, SliceState.REQUESTED, SliceState.QUARANTINED
    left = calendar({1: planned, 2: planned, 3: requested, 5: quarantined, 7: SliceState.LOADED})
    handled: set[SliceState] = {planned, requested, quarantined}
    assert find_gaps([left], NOW, is_handled=lambda row: row.state in handled) == []
    handled.discard(planned)
    assert spans(find_gaps([left], NOW, is_handled=lambda row: row.state in handled)) == [(1, 2)]
    assert spans(find_gaps([left], NOW, is_handled=lambda row: False)) == [(1, 3), (5, 5)]
    # Without Airflow's answer, two days decide.
    assert find_gaps([calendar({1: planned}, updated=NOW - timedelta(hours=47))], NOW) == []
    old = calendar({1: planned, 2: quarantined}, updated=NOW - timedelta(hours=49))
    assert spans(find_gaps([old], NOW)) == [(1, 1)]


def test_a_day_marked_expired_that_amazon_serves_is_a_gap() -> None:
    """The history of the spec, or the clock, was wrong when it was marked."""
    assert spans(find_gaps([calendar({3: SliceState.EXPIRED, 4: SliceState.LOADED})], NOW)) == [(3, 3)]


def test_young_ones_wait_a_day() -> None:
    young = calendar({17: SliceState.FAILED, 20: None}, updated=NOW - timedelta(hours=23))
    assert find_gaps([young], NOW) == []
    assert spans(find_gaps([young], NOW + timedelta(days=1, hours=12))) == [(17, 17), (20, 20)]


def test_marketplaces_with_the_same_gap_are_one_run() -> None:
    one = calendar({2: None, 3: None})
    other = calendar({2: None, 3: None}, marketplace_id="A2EUQ1WTGCTBG2")
    third = calendar({3: None}, marketplace_id="A1AM78C64UM0Y8")
    gaps = find_gaps([one, other, third], NOW)
    assert [(gap.codes, *span) for gap, span in zip(gaps, spans(gaps), strict=True)] == [
        (("CA", "US"), 2, 3),
        (("MX",), 3, 3),
    ]


def test_a_day_of_a_range_is_due_by_its_own_run_and_served_to_its_own_end() -> None:
    """A range is requested anew every day: its first day makes no other older, its last none later."""
    spec = SPECS["sp_campaigns"]
    period = spec.period.model_copy(update={"history": timedelta(days=20, hours=12)})
    spec = spec.model_copy(update={"period": period})
    days = expected_days(spec, NA, date(2026, 11, 2), date(2026, 11, 19), NOW)["ATVPDKIKX0DER"]
    assert sorted(days) == [date(2026, 11, number) for number in range(2, 20)]
    for day, each in days.items():  # at two in Los Angeles, the night after
        assert each.due == datetime(2026, 11, day.day + 1, 10, tzinfo=UTC)
    days = expected_days(spec, NA, date(2026, 10, 25), date(2026, 11, 19), NOW)["ATVPDKIKX0DER"]
    assert min(day for day, each in days.items() if not each.expired) == date(2026, 11, 1)
