"""A run with too many slices is cut between days, and planning its rest gives the slices left out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.specs import shipped_specs

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.run_parts import split_run
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import PeriodKind

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
# One report of each kind that has days, of each way to cut accounts.
SPECS = {
    (spec.period.kind, spec.scope): spec
    for spec in shipped_specs()
    if spec.source.startswith("amazon_") and spec.period.kind not in (PeriodKind.SNAPSHOT, PeriodKind.LISTING)
}


def plan(spec: object, account: str, first: date, last: date) -> list[Slice]:
    found = plan_slices(
        spec,  # type: ignore[arg-type]
        load_accounts()[account],
        run_at=NOW,
        now=NOW,
        from_day=first,
        to_day=last,
    )
    return [slice_ for slice_ in found if not slice_.expired]


@settings(max_examples=50, deadline=None)
@given(
    key=st.sampled_from(sorted(SPECS, key=str)),
    account=st.sampled_from(["northwind_na", "northwind_eu"]),
    back=st.integers(1, 700),
    length=st.integers(0, 200),
    most=st.integers(10, 300),
)
def test_the_parts_are_the_whole(
    key: tuple[PeriodKind, str], account: str, back: int, length: int, most: int
) -> None:
    first = NOW.date() - timedelta(days=back)
    whole = plan(SPECS[key], account, first, first + timedelta(days=length))
    collected, left = [], whole
    for _ in range(1 + len(whole)):
        now, rest = split_run(left, most)
        assert len(now) <= most
        collected += now
        if rest is None:
            break
        assert now
        left = plan(
            SPECS[key], account, date.fromisoformat(rest.first_day), date.fromisoformat(rest.last_day)
        )
        assert len(left) == rest.slices
    assert sorted(slice_.label for slice_ in collected) == sorted(slice_.label for slice_ in whole)


def test_more_marketplaces_than_airflow_maps_cannot_be_split() -> None:
    spec = SPECS[PeriodKind.DAY, "marketplace"]
    slices = plan(spec, "northwind_na", date(2026, 11, 18), date(2026, 11, 18))
    with pytest.raises(ConfigurationError, match="cannot be split by days"):
        split_run(slices, len(slices) - 1)
