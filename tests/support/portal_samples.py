"""A file of every page that a spec names, as the local portal hands it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from support.catalogue import simulation
from support.specs import shipped_specs

from amazon_sandbox.portal.files import FileRequest, NoData, PortalFile, file_of
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import PeriodKind, ReportSpec, load_spec

PAGES = [spec for spec in shipped_specs() if spec.request.page]
STORES = {"northwind_na": ("US", "CA", "MX"), "northwind_eu": ("GB", "DE", "FR")}
LANGUAGES = {"DE": "de_DE"}
AS_OF = datetime(2026, 11, 18, 14, tzinfo=UTC)
# What a page offers of these is chosen by one option; the others' name says it all.
_CHOICES = ("report", "type", "view", "fee")
_LOOKBACK = timedelta(days=70)


class PortalSample(NamedTuple):
    """A page's file for a slice, with what the page says about it."""

    spec: ReportSpec
    slice_: Slice
    file: PortalFile
    facts: Mapping[str, str]


def kind_of(spec: ReportSpec) -> str:
    """The name of the file in the local portal."""
    choice = next((spec.request.options[name] for name in _CHOICES if name in spec.request.options), "")
    return f"{spec.request.page}.{choice}".rstrip(".")


def portal_sample(spec: ReportSpec, account: str, country: str, **options: str) -> PortalSample | None:
    """The newest file with data; None if the store has none."""
    return next(portal_samples(spec, account, country, AS_OF, **options), None)


def portal_samples(
    spec: ReportSpec, account: str, country: str, as_of: datetime = AS_OF, **options: str
) -> Iterator[PortalSample]:
    """All files with data of ten weeks before ``as_of``, newest first."""
    for slice_ in reversed(_slices(spec, account, country, as_of)):
        first, last = _days(slice_)
        request = FileRequest(
            simulation(),
            simulation().seller(account),
            country if spec.scope == "marketplace" else None,
            first,
            last,
            LANGUAGES.get(country, "en_US"),
            as_of,
            {**spec.request.options, **options},
        )
        try:
            file = file_of(kind_of(spec), request)
        except NoData:
            continue
        shown = {"first_day": str(first), "last_day": str(last)} if first and last else {}
        yield PortalSample(spec, slice_, file, shown)


def dropped_spec(name: str) -> ReportSpec:
    """The spec that takes the same file from the drop folder."""
    return load_spec(f"dropped_{name}")


def _slices(spec: ReportSpec, account: str, country: str, as_of: datetime) -> list[Slice]:
    store = marketplace(country)
    owner = Account(account, store.region, (store,), "", sources=(spec.source,))
    lookback = None if spec.period.kind is PeriodKind.SNAPSHOT else _LOOKBACK
    return plan_slices(spec, owner, run_at=as_of, now=as_of, lookback=lookback)


def _days(slice_: Slice) -> tuple[date | None, date | None]:
    if not slice_.first_day or not slice_.last_day:
        return None, None
    return date.fromisoformat(slice_.first_day), date.fromisoformat(slice_.last_day)
