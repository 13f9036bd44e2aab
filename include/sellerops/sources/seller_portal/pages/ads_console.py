"""The ads console's reports, in its two generations.

The old console (``/reports``, Excel files) creates no reports from 2026-12-17 on and is deleted with its
history on 2026-12-31; Unified Reporting (``/reporting``, CSV) takes its place. Both are used while the page
offers them. A report gets a name that says what it contains, by which its row is found again. In either
console a report may take from five minutes to a day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol
from urllib.parse import parse_qs, urlsplit

from sellerops.base.errors import ConfigurationError, RequestRefused
from sellerops.sources.common.portal_api import DownloadedFile, WantedFile
from sellerops.sources.common.report_api import Report
from sellerops.sources.seller_portal.controls import named
from sellerops.sources.seller_portal.page_object import Options, PageObject, values_of
from sellerops.sources.seller_portal.pages.ads_old_console import OldConsole
from sellerops.sources.seller_portal.pages.ads_unified_reporting import UnifiedReporting
from sellerops.sources.seller_portal.pages.loading import close_popover, wait_for_data, wanted_days
from sellerops.sources.seller_portal.store_names import names_of

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal

_CHOOSE = "/choose-account"


class Generation(Protocol):
    """One of the two consoles. ``name``: the report's, unique for each wanted file; ``entity``: the store's
    id in the console's addresses.
    """

    def check(self, portal: Portal, entity: str) -> None: ...

    def reports(self, portal: Portal, entity: str, name: str) -> Sequence[Report]: ...

    def request(self, portal: Portal, entity: str, name: str, wanted: WantedFile) -> None: ...

    def download(self, portal: Portal, entity: str, name: str, report: Report | None) -> DownloadedFile: ...


_GENERATIONS: dict[str, Generation] = {
    "unified_search_terms": UnifiedReporting(),
    "sp_search_terms": OldConsole("Sponsored Products"),
    "sb_search_terms": OldConsole("Sponsored Brands"),
}


class AdsReports(PageObject):
    """Options: ``report``: ``unified_search_terms``, or, while the old console exists, ``sp_search_terms``
    or ``sb_search_terms``; ``time_unit`` (old console): ``SUMMARY`` or ``DAILY``; ``advertiser``: the name of
    the advertiser account, where the login has several.
    """

    name: ClassVar[str] = "ads_reports"
    site: ClassVar[str] = "ads_console"
    has_stores: ClassVar[bool] = False

    def check(self, portal: Portal, options: Options = ()) -> None:
        names = values_of(options, "report", _GENERATIONS)
        advertisers = (each["advertiser"] for each in options if "advertiser" in each)
        entity = _enter(portal, next(advertisers, ""))
        unified = UnifiedReporting()
        unified.open(portal, entity)
        has_old_console = OldConsole.is_offered(portal)
        if "unified_search_terms" in names:
            unified.check(portal, entity)
        if has_old_console and set(names) - {"unified_search_terms"}:
            OldConsole("Sponsored Products").check(portal, entity)

    def reports(self, portal: Portal, wanted: WantedFile) -> Sequence[Report]:
        entity = _enter(portal, wanted.options.get("advertiser", ""))
        return _generation(wanted).reports(portal, entity, _name(wanted))

    def request(self, portal: Portal, wanted: WantedFile) -> None:
        entity = _enter(portal, wanted.options.get("advertiser", ""))
        _generation(wanted).request(portal, entity, _name(wanted), wanted)

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        entity = _enter(portal, wanted.options.get("advertiser", ""))
        return (_generation(wanted).download(portal, entity, _name(wanted), report),)


def _generation(wanted: WantedFile) -> Generation:
    name = wanted.options.get("report", "")
    if name not in _GENERATIONS:
        raise ConfigurationError(
            f"the ads console has no report {name!r}.",
            remedy=f"Write one of {', '.join(_GENERATIONS)} as the spec's `request.options.report`.",
        )
    return _GENERATIONS[name]


def _name(wanted: WantedFile) -> str:
    """The report's name, at most 256 characters. Rows are found by it, so it must not depend on the run."""
    first, last = wanted_days(wanted)
    store = wanted.marketplace.code if wanted.marketplace else "all stores"
    unit = wanted.options.get("time_unit", "SUMMARY").lower()
    advertiser = wanted.options.get("advertiser", "")
    parts = ("sellerops", wanted.options["report"], *([advertiser] if advertiser else []), store, unit)
    return " ".join((*parts, f"{first} {last}"))[-256:]


def _enter(portal: Portal, advertiser: str) -> str:
    """Choose the advertiser account and the store, once in a visit; return the store's ``entityId``.

    A direct address leads a cold session to ``/register``, which looks like "no ads account"; the account
    chooser does not. The id differs between stores, so it is read from the address and never kept.
    """
    if portal.page.url.startswith(portal.base) and _entity(portal):
        return _entity(portal)
    portal.goto(_CHOOSE, destination="/reporting")
    close_popover(portal)
    wait_for_data(portal)
    if not _entity(portal):
        _pick(portal, advertiser)
    if urlsplit(portal.page.url).path.endswith("/register"):
        raise RequestRefused(
            "The ads console asks to register: this login has no advertiser account.",
            where=f"page {portal.page_name}",
            remedy="Give the login's user access to the advertiser account, or disable the report.",
        )
    entity = _entity(portal)
    if not entity:
        raise portal.controls.changed("entityId in the address")
    return entity


def _pick(portal: Portal, advertiser: str) -> None:
    accounts = portal.page.locator("[data-advertiser], .account-list button").filter(visible=True)
    first = portal.controls.find("list of advertiser accounts", accounts)
    found = accounts.filter(has_text=named(advertiser)) if advertiser else accounts
    if advertiser and not found.count():
        raise ConfigurationError(
            f"the ads console shows no advertiser account {advertiser!r}.",
            where=f"page {portal.page_name}",
            remedy=f"It shows: {', '.join(accounts.all_inner_texts())}.",
        )
    (found.first if advertiser else first).click()
    _store_button(portal).click()
    portal.page.wait_for_url(re.compile(r"entityId=|/register"))
    wait_for_data(portal)


def _store_button(portal: Portal) -> Locator:
    wanted = portal.marketplace or portal.account.marketplaces[0]
    return portal.controls.find(
        f"button of the store {wanted.name!r}",
        portal.page.get_by_role("button", name=named(*names_of(wanted))),
    )


def _entity(portal: Portal) -> str:
    return parse_qs(urlsplit(portal.page.url).query).get("entityId", [""])[0]
