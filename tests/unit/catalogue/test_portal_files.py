"""Every file that the local portal hands out is read by its spec, without rejects or unknown headers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from support.portal_samples import PAGES, STORES, PortalSample, dropped_spec, portal_sample
from support.specs import shipped_specs

from sellerops.base.errors import WrongFile
from sellerops.calendar.slices import Slice
from sellerops.formats import RowReject, RowStream, open_rows
from sellerops.formats.acceptance import check_file
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import ReportSpec, load_spec

CASES = [
    (spec, account, country)
    for spec in PAGES
    for account, countries in STORES.items()
    for country in (countries if spec.scope == "marketplace" else countries[:1])
    if spec.marketplaces == "all" or country in spec.marketplaces
]


class Read:
    """The rows of a file, its rejects and its drift."""

    def __init__(self, spec: ReportSpec, sample: PortalSample, slice_: Slice | None = None) -> None:
        (table,) = spec.tables.values()
        self.rejects: list[RowReject] = []
        self.stream: RowStream = open_rows(
            table,
            io.BytesIO(sample.file.content),
            file_format=spec.format,
            slice_=slice_ or sample.slice_,
            facts=sample.facts,
            on_reject=self.rejects.append,
            where=sample.file.name,
        )
        self.rows: list[dict[str, Any]] = [row for batch in self.stream for row in batch.to_pylist()]


def sample_of(spec: ReportSpec, account: str, country: str, **options: str) -> PortalSample:
    found = portal_sample(spec, account, country, **options)
    if found is None:
        pytest.skip(f"the local portal has no {spec.name} in {country}")
    return found


def accept(sample: PortalSample, path: Path, spec: ReportSpec | None = None, **facts: str) -> None:
    path.write_bytes(sample.file.content)
    check_file(path, sample.file.name, {**sample.facts, **facts}, spec or sample.spec, sample.slice_)


@pytest.mark.parametrize(("spec", "account", "country"), CASES, ids=[f"{s.name}-{c}" for s, _, c in CASES])
def test_every_page_of_every_store_is_read_whole(
    spec: ReportSpec, account: str, country: str, tmp_path: Path
) -> None:
    sample = sample_of(spec, account, country)
    accept(sample, tmp_path / "file")
    read = Read(spec, sample)
    assert read.rejects == []
    assert read.rows
    assert read.stream.rows_in_file == len(read.rows)
    assert read.stream.drift.added == {} and read.stream.drift.personal == {}


def test_every_page_has_a_sample_in_some_store() -> None:
    without = {
        spec.name
        for spec in PAGES
        if not any(portal_sample(s, a, c) for s, a, c in CASES if s.name == spec.name)
    }
    assert without == set()


DROPPED = [spec for spec in shipped_specs() if spec.name.startswith("dropped_")]


@pytest.mark.parametrize("dropped", DROPPED, ids=lambda spec: spec.name)
def test_a_dropped_file_gives_the_rows_of_the_download(dropped: ReportSpec) -> None:
    spec = load_spec(dropped.name.removeprefix("dropped_"))
    sample = sample_of(spec, "northwind_na", "US")
    listing = Slice(
        "folder", dropped.name, "northwind_na", "NA", ("US",), "until", "UTC",
        window_start="2026-10-19T00:00:00+00:00", window_end="2026-11-18T00:00:00+00:00",
    )  # fmt: skip
    assert dropped_spec(spec.name) == dropped
    assert Read(dropped, sample, listing).rows == Read(spec, sample).rows


@pytest.mark.parametrize("quoting", ["raw", "doubled", "padded"])
def test_all_forms_of_brand_analytics_are_the_same_rows(quoting: str) -> None:
    spec = load_spec("search_query_performance_brand_weekly")
    rows = [
        {key: value for key, value in row.items() if key != "source_line"}
        for options in ({"quoting": quoting}, {"format": "xlsx"})
        for row in Read(spec, sample_of(spec, "northwind_na", "US", **options)).rows
    ]
    assert rows[: len(rows) // 2] == rows[len(rows) // 2 :]
    assert {row["brand"] for row in rows} != {None}


def test_another_stores_file_and_another_week_are_refused(tmp_path: Path) -> None:
    spec = load_spec("payments_date_range")
    british = sample_of(spec, "northwind_eu", "GB")
    german = british._replace(
        slice_=Slice.from_dict(
            {**british.slice_.to_dict(), "marketplaces": ["DE"], "timezone": "Europe/Berlin"}
        )
    )
    with pytest.raises(WrongFile, match=r"GBP, not EUR|GB, not DE"):
        accept(german, tmp_path / "file")
    weekly = load_spec("search_query_performance_brand_weekly")
    week = sample_of(weekly, "northwind_na", "US")
    other = week._replace(
        facts={},
        slice_=Slice.from_dict(
            {**week.slice_.to_dict(), "first_day": "2026-01-04", "last_day": "2026-01-10"}
        ),
    )
    with pytest.raises(WrongFile, match="its first row says"):
        accept(other, tmp_path / "file")
    with pytest.raises(WrongFile, match="brand"):
        accept(week, tmp_path / "file", brand="Somebody else")
    assert marketplace("DE").currency == "EUR"
