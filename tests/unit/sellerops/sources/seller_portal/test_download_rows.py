"""What the rows of lists of prepared files say, in three languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sellerops.base.errors import PageChanged
from sellerops.settings.marketplaces import marketplace
from sellerops.sources.common.portal_api import UNKNOWN_TIME
from sellerops.sources.common.report_api import ProcessingStatus
from sellerops.sources.seller_portal.pages.download_rows import DownloadRow, own_rows, status_of


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Search Query Performance In Progress", ProcessingStatus.IN_PROGRESS),
        ("Demografische Daten In Bearbeitung", ProcessingStatus.IN_PROGRESS),
        ("検索用語 処理中", ProcessingStatus.IN_PROGRESS),
        ("Search term Completed Once Download", ProcessingStatus.DONE),
        ("Search term 完了", ProcessingStatus.DONE),
        ("Demographics No Data Available", ProcessingStatus.CANCELLED),
        ("データがありません", ProcessingStatus.CANCELLED),
        ("Search term Failed", ProcessingStatus.FATAL),
        ("Search term Canceled", ProcessingStatus.FATAL),
        ("Suchbegriff Abgebrochen", ProcessingStatus.FATAL),
        ("Demographics 処理中 キャンセル", ProcessingStatus.IN_PROGRESS),
        ("Demographics キャンセル済み", ProcessingStatus.FATAL),
        ("Demographics キャンセル", ProcessingStatus.FATAL),
    ],
)
def test_a_rows_status_is_read_in_each_language(text: str, status: ProcessingStatus) -> None:
    assert status_of("brand_analytics", text) is status


def test_an_icon_to_download_says_that_a_file_is_ready() -> None:
    assert (
        status_of("brand_analytics", "Search Query Performance", is_downloadable=True)
        is ProcessingStatus.DONE
    )


def test_an_unknown_status_is_a_changed_page() -> None:
    with pytest.raises(PageChanged, match="shows 'something new'") as raised:
        row().as_report("brand_analytics", "x")
    assert raised.value.details["page"] == "brand_analytics"


def test_rows_of_two_owners_requested_in_one_minute_are_two() -> None:
    (one,), (other,) = (own_rows(owner, [row()]) for owner in ("brands in US", "brands in CA"))
    assert one.id != other.id
    assert own_rows("brands in US", [row(status_text="Completed")])[0].id == one.id


def test_equal_requests_in_one_minute_are_numbered_from_the_oldest() -> None:
    (first,) = own_rows("brands in US", [row()])
    newer, older = own_rows("brands in US", [row(), row()])
    assert (older.id, newer.id != older.id) == (first.id, True)
    later = own_rows("brands in US", [row(requested_at=UNKNOWN_TIME), row(), row()])
    assert [each.id for each in later[1:]] == [newer.id, older.id]


def test_a_row_that_names_a_store_is_of_this_store_alone() -> None:
    assert row().is_of(marketplace("DE"))
    named = row(cells={"Report": "Demographics", "Marktplatz": "Deutschland"})
    assert (named.is_of(marketplace("DE")), named.is_of(marketplace("FR"))) == (True, False)


def row(**changes: Any) -> DownloadRow:
    facts: dict[str, Any] = {
        "cells": {"Report": "Demographics"},
        "text": "Demographics",
        "first_day": date(2026, 11, 8),
        "last_day": date(2026, 11, 14),
        "requested_at": datetime(2026, 11, 21, 9, 5, tzinfo=UTC),
        "status_text": "something new",
        "is_downloadable": False,
        "locator": None,
    }
    return DownloadRow(**(facts | changes))
