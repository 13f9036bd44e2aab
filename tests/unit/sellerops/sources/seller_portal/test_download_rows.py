"""What the rows of lists of prepared files say, in three languages."""

from __future__ import annotations

import pytest

from sellerops.sources.common.report_api import ProcessingStatus
from sellerops.sources.seller_portal.pages.download_rows import status_of


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
        ("something new", ProcessingStatus.IN_QUEUE),
    ],
)
def test_a_rows_status_is_read_in_each_language(text: str, status: ProcessingStatus) -> None:
    assert status_of(text) is status


def test_an_icon_to_download_says_that_a_file_is_ready() -> None:
    assert status_of("Search Query Performance", is_downloadable=True) is ProcessingStatus.DONE
