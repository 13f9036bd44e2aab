"""The same run always gives the same slices, and every slice is whole local days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import Slice, newest_days, plan_slices
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import PeriodKind, ReportSpec, load_spec

RUN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def account(region: str, *codes: str) -> Account:
    return Account("northwind", region, tuple(marketplace(code) for code in codes), "amazon_sp_northwind")


def with_period(spec: ReportSpec, **changes: object) -> ReportSpec:
    return spec.model_copy(update={"period": spec.period.model_copy(update=changes)})


def test_each_marketplace_has_its_own_days() -> None:
    slices = plan_slices(load_spec("sales_and_traffic"), account("NA", "US", "CA"), run_at=RUN, now=RUN)
    assert [slice_.label for slice_ in slices] == [
        *(f"US 2026-11-{day}" for day in (18, 19, 20)),
        *(f"CA 2026-11-{day}" for day in (18, 19, 20)),
    ]
    assert slices[0].window_start == "2026-11-18T08:00:00+00:00"
    assert slices[0].window_end == "2026-11-19T08:00:00+00:00"


def test_a_day_not_over_in_its_marketplace_waits_for_the_next_run() -> None:
    spec = load_spec("sales_and_traffic")
    early = datetime(
        2026, 11, 21, 7, 0, tzinfo=UTC
    )  # 23:00 of the 20th in Los Angeles, 18:00 of the 21st in Sydney
    assert plan_slices(spec, account("NA", "US"), run_at=early, now=early)[-1].last_day == "2026-11-19"
    assert plan_slices(spec, account("FE", "AU"), run_at=early, now=early)[-1].last_day == "2026-11-20"


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-11-02", 24)])
def test_days_of_daylight_saving_switches_are_whole(day: str, hours: int) -> None:
    wanted = date.fromisoformat(day)
    (slice_,) = plan_slices(
        load_spec("sales_and_traffic"),
        account("NA", "US"),
        run_at=RUN,
        now=RUN,
        from_day=wanted,
        to_day=wanted,
    )
    assert slice_.start and slice_.end and slice_.end - slice_.start == timedelta(hours=hours)


def test_a_region_report_is_requested_once_for_all_marketplaces() -> None:
    (slice_,) = plan_slices(load_spec("all_orders"), account("NA", "US", "CA", "MX"), run_at=RUN, now=RUN)
    assert slice_.marketplaces == ("US", "CA", "MX") and slice_.label == "NA 2026-11-19..2026-11-20"
    assert slice_.marketplace is None


def test_long_ranges_are_split_at_the_types_maximum() -> None:
    slices = plan_slices(
        load_spec("all_orders"),
        account("NA", "US"),
        run_at=RUN,
        now=RUN,
        from_day=date(2026, 9, 1),
        to_day=date(2026, 11, 10),
    )
    assert [len(slice_.days) for slice_ in slices] == [30, 30, 11]
    assert [day for slice_ in slices for day in slice_.days] == [
        date(2026, 9, 1) + timedelta(days=n) for n in range(71)
    ]


def test_weeks_run_sunday_to_saturday_and_months_are_calendar_months() -> None:
    spec = load_spec("sales_and_traffic")
    weeks = plan_slices(
        with_period(spec, kind=PeriodKind.WEEK),
        account("NA", "US"),
        run_at=datetime(2026, 2, 5, 20, tzinfo=UTC),
        now=RUN,
        from_day=date(2026, 1, 28),
        to_day=date(2026, 2, 3),
    )
    assert [(slice_.first_day, slice_.last_day) for slice_ in weeks] == [("2026-01-25", "2026-01-31")]
    months = plan_slices(
        with_period(spec, kind=PeriodKind.MONTH),
        account("NA", "US"),
        run_at=RUN,
        now=RUN,
        from_day=date(2026, 1, 15),
        to_day=date(2026, 11, 20),
    )
    assert [slice_.first_day for slice_ in months] == [f"2026-{month:02}-01" for month in range(1, 11)]


@pytest.mark.parametrize(
    ("run_at", "windows"),
    [
        ("2026-10-07", [("2026-04-01", "2026-06-30"), ("2026-07-01", "2026-09-30")]),
        ("2026-11-07", [("2026-07-01", "2026-09-30")]),
        ("2027-01-01", [("2026-07-01", "2026-09-30")]),
        ("2027-01-07", [("2026-07-01", "2026-09-30"), ("2026-10-01", "2026-12-31")]),
        ("2028-04-07", [("2027-10-01", "2027-12-31"), ("2028-01-01", "2028-03-31")]),
    ],
)
def test_quarters_are_whole_calendar_quarters(run_at: str, windows: list[tuple[str, str]]) -> None:
    """Each run looks back at the last quarter; one that is not over where the marketplace is waits."""
    run = datetime.fromisoformat(f"{run_at}T08:00:00+00:00" if run_at[-2:] == "07" else f"{run_at}T07:00Z")
    spec = load_spec("search_query_performance_quarterly")
    slices = plan_slices(spec, account("NA", "US"), run_at=run, now=run)
    assert [(slice_.first_day, slice_.last_day) for slice_ in slices] == windows


def test_any_day_of_a_quarter_asks_for_all_of_it() -> None:
    spec = load_spec("market_basket_quarterly")
    (slice_,) = plan_slices(
        spec, account("EU", "DE"), run_at=RUN, now=RUN, from_day=date(2026, 8, 31), to_day=date(2026, 9, 2)
    )
    assert slice_.label == "DE 2026-07-01..2026-09-30"
    assert slice_.window_start == "2026-06-30T22:00:00+00:00"
    assert slice_.window_end == "2026-09-30T22:00:00+00:00"
    assert len(slice_.days) == 92


def test_what_amazon_no_longer_serves_is_marked_not_asked() -> None:
    old = RUN - timedelta(days=800)
    slices = plan_slices(load_spec("sales_and_traffic"), account("NA", "US"), run_at=old, now=RUN)
    assert slices and all(slice_.expired for slice_ in slices)
    (snapshot,) = plan_slices(
        load_spec("fba_manage_inventory"), account("NA", "US"), run_at=RUN - timedelta(hours=7), now=RUN
    )
    assert snapshot.expired


def test_of_a_range_that_reaches_too_far_back_the_later_days_are_still_asked_for() -> None:
    spec = load_spec("sp_campaigns")
    account = load_accounts()["northwind_na"]
    oldest = RUN - spec.period.history  # 95 days: the first day that is served whole is 2026-08-19
    slices = [
        slice_
        for slice_ in plan_slices(
            spec, account, run_at=RUN, now=RUN, from_day=date(2026, 8, 1), to_day=date(2026, 10, 15)
        )
        if slice_.marketplaces == ("US",)
    ]
    assert oldest < slices[1].start == datetime(2026, 8, 19, 7, tzinfo=UTC)  # type: ignore[operator]
    assert [(slice_.first_day, slice_.last_day, slice_.expired) for slice_ in slices] == [
        ("2026-08-01", "2026-08-18", True),
        ("2026-08-19", "2026-08-31", False),
        ("2026-09-01", "2026-10-01", False),
        ("2026-10-02", "2026-10-15", False),
    ]


def test_listing_looks_back_but_not_past_what_is_listed() -> None:
    (slice_,) = plan_slices(
        load_spec("settlements"),
        account("EU", "DE"),
        run_at=RUN,
        now=RUN,
        from_day=date(2026, 1, 1),
        to_day=RUN.date(),
    )
    assert slice_.start and slice_.start > RUN - timedelta(days=90)
    assert slice_.end == RUN and not slice_.expired


def test_swapped_days_are_refused_with_the_remedy() -> None:
    with pytest.raises(ConfigurationError, match="Swap them"):
        plan_slices(
            load_spec("all_orders"),
            account("NA", "US"),
            run_at=RUN,
            now=RUN,
            from_day=date(2026, 11, 2),
            to_day=date(2026, 11, 1),
        )


def test_the_demo_accounts_load() -> None:
    accounts = load_accounts()
    assert {name: [each.code for each in item.marketplaces] for name, item in accounts.items()} == {
        "northwind_na": ["US", "CA", "MX"],
        "northwind_eu": ["GB", "DE", "FR"],
    }


@given(
    run_at=st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    code=st.sampled_from(["US", "GB", "AE", "AU", "JP", "BR"]),
    name=st.sampled_from(["sales_and_traffic", "all_orders", "fba_customer_returns", "settlements"]),
)
def test_slices_are_stable_closed_and_survive_xcom(run_at: datetime, code: str, name: str) -> None:
    spec, sold_in = load_spec(name), marketplace(code)
    arguments = {"run_at": run_at, "now": run_at}
    slices = plan_slices(spec, account(sold_in.region, code), **arguments)
    assert slices == plan_slices(spec, account(sold_in.region, code), **arguments)
    for slice_ in slices:
        assert Slice.from_dict(slice_.to_dict()) == slice_
        assert slice_.end and slice_.end <= run_at
        if slice_.first_day:
            assert (
                slice_.start and slice_.start.astimezone(ZoneInfo(slice_.timezone)).hour == 0
            ) or code == "BR"


@pytest.mark.parametrize("kind", [each for each in PeriodKind if each is not PeriodKind.SNAPSHOT])
@given(run_at=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)))
def test_the_newest_days_are_those_of_the_last_slice(kind: PeriodKind, run_at: datetime) -> None:
    """Run ids name them: they come from the very cut that plans the slices."""
    spec = with_period(load_spec("sales_and_traffic"), kind=kind, lookback=timedelta(days=200))
    last = plan_slices(spec, account("NA", "US"), run_at=run_at, now=run_at)[-1]
    first_day, last_day = newest_days(kind, run_at, marketplace("US").zone)
    if kind in (PeriodKind.RANGE, PeriodKind.LISTING):
        assert first_day == last_day == run_at.astimezone(marketplace("US").zone).date() - timedelta(days=1)
    else:
        assert (last.first_day, last.last_day) == (str(first_day), str(last_day))


def test_a_snapshots_newest_day_is_its_own() -> None:
    day = date(2026, 11, 21)
    assert newest_days(PeriodKind.SNAPSHOT, RUN, marketplace("US").zone) == (day, day)
