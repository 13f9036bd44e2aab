"""A document of every requested report, as the local Amazon writes it. Reports are found by their specs.

A report whose type the local Amazon cannot write yet has no sample: tests with it are skipped with a message,
so that a new report needs no more than its YAML.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from support.catalogue import document_of, simulation
from support.specs import shipped_specs

from amazon_sandbox.ads.report_types import report_types
from amazon_sandbox.simulation.report_types import REQUESTABLE
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import PeriodKind, ReportSpec

COUNTRIES = {"northwind_na": ("US", "CA", "MX"), "northwind_eu": ("GB", "DE", "FR")}
CREATED = [spec for spec in shipped_specs() if spec.request.how == "created"]
AS_OF = datetime(2026, 11, 18, 14, tzinfo=UTC)
# What is rare is looked for further back.
_LOOKBACKS = tuple(timedelta(days=days) for days in (2, 40, 540))
_MOMENTS = tuple(AS_OF - timedelta(days=days) for days in (0, 1, 2, 3, 5, 8, 13, 21))


class Sample(NamedTuple):
    """A document: what it covers, and the moment it was made."""

    spec: ReportSpec
    slice_: Slice
    as_of: datetime
    content: bytes
    content_type: str


def sample_of(spec: ReportSpec, account: str) -> Sample | None:
    """The first document with data; None if the account has none. Skips if the type is not simulated."""
    if not _is_written(spec):
        pytest.skip(
            f"the local Amazon has no data for {spec.report_type}: add them (docs/add-a-report.md) to test "
            f"{spec.name} with documents"
        )
    for slice_, moment in _slices(spec, account):
        found = _made(spec, slice_, moment)
        if found is not None:
            return found
    return None


def _is_written(spec: ReportSpec) -> bool:
    if spec.source == "amazon_ads":
        return "export" in spec.request.options or spec.report_type in report_types()
    return spec.report_type in REQUESTABLE


def looked_at_again(sample: Sample) -> Sample | None:
    """The document of the same slice two days later, with what changed since; None for no data by then."""
    return _made(sample.spec, sample.slice_, sample.as_of + timedelta(days=2))


def _made(spec: ReportSpec, slice_: Slice, moment: datetime) -> Sample | None:
    document = document_of(slice_, moment, split_options(spec, slice_))
    return document and Sample(spec, slice_, moment, document.read(), document.content_type)


def _slices(spec: ReportSpec, account: str) -> Iterator[tuple[Slice, datetime]]:
    """Slices of the account, each with the moment of its run: the likeliest to have data first."""
    marketplaces = tuple(marketplace(code) for code in COUNTRIES[account])
    owner = Account(
        account, marketplaces[0].region, marketplaces, f"amazon_sp_{account}", sources=(spec.source,)
    )
    if spec.period.kind is PeriodKind.SNAPSHOT:
        for moment in _MOMENTS:
            for slice_ in plan_slices(spec, owner, run_at=moment, now=moment):
                yield slice_, moment
        return
    for lookback in _LOOKBACKS:
        planned = plan_slices(spec, owner, run_at=AS_OF, now=AS_OF, lookback=lookback)
        for slice_ in reversed(planned):
            yield slice_, AS_OF


def split_options(spec: ReportSpec, slice_: Slice) -> dict[str, str]:
    """The options of a split request beside the spec's: the first values."""
    split = spec.request.split
    if split is None:
        return {}
    storefront = simulation().storefront(
        simulation().seller(slice_.account_id), marketplace(slice_.marketplaces[0]).id
    )
    asins = sorted({listing.asin for listing in storefront.listings})
    return {split.option: " ".join(asins[: split.at_most])}
