"""Documents of Amazon Ads as the local Amazon's simulation writes them, without HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from amazon_sandbox.ads.accounts import Profile, ads_accounts
from amazon_sandbox.ads.models import export_rows
from amazon_sandbox.ads.rows import CONTENT_TYPE, ReportQuery, json_array, report_rows
from amazon_sandbox.simulation import Simulation
from sellerops.calendar.slices import Slice
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import ReportSpec

PRODUCTS = ("SPONSORED_PRODUCTS", "SPONSORED_BRANDS", "SPONSORED_DISPLAY")
STATES = ("ENABLED", "PAUSED", "ARCHIVED")


class AdsDocument(NamedTuple):
    """The decoded body of a report or export."""

    content: bytes
    content_type: str

    def read(self) -> bytes:
        return self.content


def profile_of(simulation: Simulation, slice_: Slice) -> Profile:
    """The seller's profile in the slice's marketplace."""
    marketplace_id = marketplace(slice_.marketplaces[0]).id
    (account,) = ads_accounts(simulation.seed, [simulation.seller(slice_.account_id)])
    return next(
        one
        for one in account.profiles
        if one.marketplace.marketplace_id == marketplace_id and one.type == "seller"
    )


def facts_of(simulation: Simulation, slice_: Slice) -> dict[str, str]:
    """What a request of the slice tells of its document."""
    said = profile_of(simulation, slice_).as_dict()
    return {
        "profile_id": str(said["profileId"]),
        "currency_code": str(said["currencyCode"]),
        "timezone": str(said["timezone"]),
    }


def ads_document(
    simulation: Simulation, spec: ReportSpec, slice_: Slice, as_of: datetime
) -> AdsDocument | None:
    """The report of a slice as known at `as_of`, with the columns the spec asks for, or its export; None
    without rows.
    """
    storefront = simulation.storefront(
        simulation.seller(slice_.account_id), marketplace(slice_.marketplaces[0]).id
    )
    kind = spec.request.options.get("export")
    if kind:
        return _document(export_rows(storefront, kind, PRODUCTS, STATES))
    wanted = ReportQuery(
        type_id=spec.report_type,
        group_by=(spec.request.options["group_by"],),
        columns=spec.requested_columns,
        is_daily=True,
        start=slice_.days[0],
        end=slice_.days[-1],
    )
    return _document(report_rows(storefront, wanted, int(as_of.timestamp())))


def _document(rows: Iterable[dict[str, Any]]) -> AdsDocument | None:
    content = b"".join(json_array(rows))
    return AdsDocument(content, CONTENT_TYPE) if content != b"[]" else None
