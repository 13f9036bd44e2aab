"""Rows of lists of requested files, without a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from sellerops.base.errors import PageChanged
from sellerops.sources.common.portal_api import UNKNOWN_TIME
from sellerops.sources.common.report_api import ProcessingStatus
from sellerops.sources.seller_portal.listed_rows import Reading, numbered, read_row, read_status

US = Reading("report_central", "mdy", ZoneInfo("America/Los_Angeles"), "returns in US")
GB = Reading("report_central", "dmy", ZoneInfo("Europe/London"), "returns in GB")
CELLS = {
    "Report Type": "FBA customer returns",
    "Date Range Covered": "11/03/2026 - 12/03/2026",
    "Date Requested": "12/04/2026 9:05 AM PST",
    "File Format": "CSV",
    "Report Status": "Download",
}


def test_a_row_becomes_a_report_with_the_stores_midnights() -> None:
    row = read_row(US, CELLS, '<tr class="x" data-report-id="51901234567"><td></td></tr>')
    report = row.as_report(US, "CUSTOMER_RETURNS", ("ATVPDKIKX0DER",))
    assert (report.report_id, report.document_id) == ("51901234567", "51901234567")
    assert report.status is ProcessingStatus.DONE
    assert report.start == datetime(2026, 11, 3, 8, tzinfo=UTC)
    assert report.end == datetime(2026, 12, 4, 8, tzinfo=UTC)
    assert report.created_at == datetime(2026, 12, 4, 17, 5, 59, tzinfo=UTC)


def test_day_and_month_follow_the_store_not_the_language() -> None:
    assert read_row(US, CELLS).days == (date(2026, 11, 3), date(2026, 12, 3))
    assert read_row(GB, CELLS).days == (date(2026, 3, 11), date(2026, 3, 12))


def test_a_row_without_an_id_is_known_by_report_store_range_and_time() -> None:
    known = read_row(US, CELLS).report_id
    assert known.startswith("row-")
    ready = '<tr><td><kat-button href="/x?reportId=51901234567"></kat-button></td></tr>'
    assert read_row(US, CELLS, ready).report_id == known, "the address appears with the file, not before"
    in_words = {
        **CELLS,
        "Date Range Covered": "Nov 3, 2026 \u2013 Dec 3, 2026",
        "Date Requested": "4. Dez. 2026 09:05 PST",
        "Report Status": "In Bearbeitung",
    }
    assert read_row(US, in_words).report_id == known
    for column in ("Date Range Covered", "Date Requested"):
        changed = {**CELLS, column: CELLS[column].replace("2026", "2025")}
        assert read_row(US, changed).report_id != known
    assert read_row(replace(US, owner="returns in CA"), CELLS).report_id != known


def test_a_day_alone_is_no_time_of_a_request() -> None:
    days = [read_row(US, {**CELLS, "Date Requested": f"12/0{day}/2026"}) for day in (4, 5)]
    assert {row.requested_at for row in days} == {UNKNOWN_TIME}
    assert days[0].report_id != days[1].report_id


def test_equal_requests_in_one_minute_are_numbered_from_the_oldest() -> None:
    row = read_row(US, CELLS)
    newer, older = numbered([row, row])
    assert older.report_id == row.report_id
    assert newer.report_id not in ("", row.report_id)
    other = read_row(US, {**CELLS, "Date Requested": "12/04/2026 9:07 AM PST"})
    assert numbered([other, row, row]) == [other, newer, older]


def test_columns_are_found_in_german_and_japanese() -> None:
    german = {
        "Berichtstyp": "FBA-Kundenrücksendungen",
        "Shop": "Deutschland",
        "Abgedeckter Zeitraum": "1. Nov. 2026 \u2013 30. Nov. 2026",
        "Angefordert am": "4. Dez. 2026 09:05",
        "Dateiformat": "CSV",
        "Berichtsstatus": "In Bearbeitung",
    }
    row = read_row(GB, german)
    assert (row.store, row.days) == ("Deutschland", (date(2026, 11, 1), date(2026, 11, 30)))
    japanese = {
        "レポートの種類": "FBA返品レポート",
        "対象期間": "2026年11月1日～2026年11月30日",
        "リクエスト日時": "2026年12月4日 18:05",
        "レポートのステータス": "ダウンロード",
    }
    read = read_row(Reading("x", "ymd", ZoneInfo("Asia/Tokyo"), "returns in JP"), japanese)
    assert read.days == (date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Download", ProcessingStatus.DONE),
        ("Ready Download CSV", ProcessingStatus.DONE),
        ("下载 CSV 文件", ProcessingStatus.DONE),
        ("In Progress Refresh", ProcessingStatus.IN_PROGRESS),
        ("Refresh", ProcessingStatus.IN_PROGRESS),
        ("In Bearbeitung", ProcessingStatus.IN_PROGRESS),
        ("処理中", ProcessingStatus.IN_PROGRESS),
        ("No Data Available", ProcessingStatus.CANCELLED),
        ("No Shipment Found", ProcessingStatus.CANCELLED),
        ("Keine Daten verfügbar", ProcessingStatus.CANCELLED),
        ("データがありません", ProcessingStatus.CANCELLED),
        ("Canceled", ProcessingStatus.FATAL),
        ("Failed Request Again", ProcessingStatus.FATAL),
        ("処理中 キャンセル", ProcessingStatus.IN_PROGRESS),
        ("キャンセル済み", ProcessingStatus.FATAL),
        ("キャンセル", ProcessingStatus.FATAL),
        ("Request Again", ProcessingStatus.FATAL),
        ("Fehlgeschlagen", ProcessingStatus.FATAL),
    ],
)
def test_a_status_is_read_from_words_and_buttons(text: str, status: ProcessingStatus) -> None:
    found, reason = read_status(US, text)
    assert found is status
    assert bool(reason) == (status is ProcessingStatus.FATAL)


def test_what_is_not_understood_is_a_changed_page_that_names_the_control() -> None:
    with pytest.raises(PageChanged) as status:
        read_status(US, "Archiviert")
    assert status.value.details["control"] == "status of a listed file"
    assert "Archiviert" in status.value.cause
    without = {name: text for name, text in CELLS.items() if name != "Date Requested"}
    with pytest.raises(PageChanged) as column:
        read_row(US, without)
    assert (column.value.details["page"], column.value.details["control"]) == (
        "report_central",
        "column 'Date Requested'",
    )
