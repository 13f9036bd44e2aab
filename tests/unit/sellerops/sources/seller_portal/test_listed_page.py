"""What a list's dialogs and alerts mean, and which periods its pages take."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from sellerops.base.errors import (
    AmazonUnavailable,
    ConfigurationError,
    NothingToCollect,
    PageChanged,
    RequestRefused,
    Throttled,
)
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace
from sellerops.sources.common.portal_api import WantedFile
from sellerops.sources.seller_portal.pages import brand_dashboard
from sellerops.sources.seller_portal.pages.listed_page import whole_month
from sellerops.sources.seller_portal.pages.refusals import refusal
from sellerops.sources.seller_portal.pages.registry import PAGES, page_object
from sellerops.sources.seller_portal.pages.report_central import REPORTS

US = marketplace("US")
ACCOUNT = Account("northwind_na", "NA", (US,), "amazon_sp_default")


def wanted(first: date | None, last: date | None, **options: str) -> WantedFile:
    return WantedFile(ACCOUNT, US, first, last, options)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("This report has already been requested. Try again in 23 minutes.", 23 * 60),
        ("Versuchen Sie es in 5 Minuten erneut.", 300),
        ("23分後にもう一度お試しください。", 23 * 60),
        ("Try again in 1 hour.", 3600),
        ("This report was recently requested.", 30 * 60),
    ],
)
def test_too_early_says_how_long_to_wait(text: str, seconds: float) -> None:
    error = refusal("report_central", text)
    assert isinstance(error, Throttled)
    assert error.details["virtual_seconds"] == seconds


def test_other_words_are_temporary_or_final() -> None:
    assert isinstance(refusal("x", "Die Daten konnten nicht geladen werden."), AmazonUnavailable)
    assert isinstance(refusal("x", "The range is longer than 366 days."), RequestRefused)


def test_pages_of_months_refuse_parts_of_months() -> None:
    assert whole_month(wanted(date(2026, 2, 1), date(2026, 2, 28))) == (2026, 2)
    with pytest.raises(ConfigurationError):
        whole_month(wanted(date(2026, 2, 1), date(2026, 2, 27)))


@pytest.mark.parametrize(
    ("page", "options"),
    [
        ("report_central", {"report": "NOPE"}),
        ("payments_reports", {"type": "SELLER_SUMMARY_DATE_RANGE"}),
        ("awd_fees", {"fee": "rent"}),
    ],
)
def test_an_unknown_option_names_the_known_ones(page: str, options: dict[str, Any]) -> None:
    found: Any = page_object(page)
    with pytest.raises(ConfigurationError) as caught:
        found.report_type(options)
    assert "Use" in caught.value.remedy


def test_the_lists_are_registered() -> None:
    for name in ("report_central", "payments_reports", "awd_fees", "awd_inbound_shipments", "awd_inventory"):
        assert name in PAGES
        assert page_object(name).name == name


def test_the_canary_opens_only_what_reports_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each report of Report Central needs a permission of its own; without reports all are opened."""
    page, opened = page_object("report_central"), []
    monkeypatch.setattr(type(page), "open", lambda self, portal, options: opened.append(options["report"]))
    monkeypatch.setattr(type(page), "check_list", lambda self, portal, options: None)
    for find in ("find_days", "find_month"):
        monkeypatch.setattr(
            f"sellerops.sources.seller_portal.pages.period_controls.{find}", lambda portal: None
        )
    portal: Any = None
    page.check(portal, [{"report": "REPLACEMENT"}, {"report": "REIMBURSEMENTS"}, {"report": "REPLACEMENT"}])
    assert opened == ["REPLACEMENT", "REIMBURSEMENTS"]
    opened.clear()
    page.check(portal)
    assert opened == list(REPORTS)


def test_no_brand_analytics_is_a_skip_only_where_the_shown_store_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The canary wants no store in particular, so the shown one counts."""
    monkeypatch.setattr(brand_dashboard, "is_missing", lambda portal: True)
    changed = PageChanged("page not found", page="brand_analytics", control="page")
    for code, error in (("IE", NothingToCollect), ("DE", PageChanged)):
        portal: Any = SimpleNamespace(
            marketplace=None,
            shown_marketplace=marketplace(code),
            controls=SimpleNamespace(changed=lambda control: changed),
        )
        with pytest.raises(error):
            brand_dashboard.require_page(portal)
