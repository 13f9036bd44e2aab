from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.sandbox_app import INVENTORY, ORDERS, RETURNS, SALES, Api

from amazon_sandbox.core import http_faults
from amazon_sandbox.reports import faults as reports_faults


@pytest.fixture
def fault(control: Any) -> Any:
    """Set a fault."""

    def add(name: str, **where: Any) -> Any:
        return control("POST", "/faults", {"fault": name, **where})

    return add


def header_of(na: Api, report_type: str = ORDERS) -> list[str]:
    return na.download(na.finished(report_type)).decode("cp1252").splitlines()[0].split("\t")


@pytest.mark.parametrize(
    ("name", "status", "has_errors"),
    [
        ("http_429", 429, True),
        ("http_500", 500, True),
        ("http_503", 503, True),
        ("http_401", 401, True),
        ("expired_token", 403, True),
        ("revoked_token", 403, True),
        ("forbidden", 403, True),
        ("http_429_plain", 429, False),
        ("http_500_plain", 500, False),
        ("http_504_plain", 504, False),
        ("http_502_html", 502, False),
        ("http_503_html", 503, False),
        ("html_200", 200, False),
        ("empty_body", 200, False),
    ],
)
def test_refusals_with_and_without_errors(
    na: Api, fault: Any, name: str, status: int, has_errors: bool
) -> None:
    """Struck once where they were set, and the call has no effect and costs no quota."""
    fault(name, operation="createReport", times=1)
    answer = na.call("POST", "/reports", json=na.body(SALES))
    assert answer.status_code == status
    assert ("errors" in answer.text) == has_errors
    assert answer.headers["x-amzn-requestid"]
    assert not na.listed(SALES)
    assert [na.call("POST", "/reports", json=na.body(SALES)).status_code for _ in range(16)] == [202] * 15 + [
        429
    ]


def test_any_status_and_body(na: Api, fault: Any) -> None:
    """For what the menu does not have."""
    fault(
        "http_status", operation="getReports", options={"status": 418, "body": "{]", "content_type": "text/x"}
    )
    answer = na.call("GET", "/reports", params={"reportTypes": SALES})
    assert (answer.status_code, answer.text) == (418, "{]")


def test_after_times_account_and_type_limit_a_fault(na: Api, eu: Api, fault: Any) -> None:
    """The first n matches are skipped, then it applies `times` times, and only to its account and type."""
    fault("http_503", operation="createReport", report_type=SALES, account="northwind_na", after=1, times=2)
    statuses = [na.call("POST", "/reports", json=na.body(SALES)).status_code for _ in range(4)]
    assert statuses == [202, 503, 503, 202]
    fault("http_503", report_type=SALES, account="northwind_na")
    assert na.call("POST", "/reports", json=na.body(ORDERS)).status_code == 202
    assert eu.call("POST", "/reports", json=eu.body(SALES)).status_code == 202
    assert na.call("POST", "/reports", json=na.body(SALES)).status_code == 503


def test_one_day_can_fail_alone(na: Api, fault: Any) -> None:
    """By the first day of the report's window, whatever else is requested meanwhile."""
    fault("fatal", report_type=SALES, day="2026-11-18", times=1)
    days = ("2026-11-17", "2026-11-18", "2026-11-19", "2026-11-18")
    windows = [{"dataStartTime": f"{day}T00:00:00Z", "dataEndTime": f"{day}T23:59:59Z"} for day in days]
    states = [na.finished(SALES, **window)["processingStatus"] for window in windows]
    assert states == ["DONE", "FATAL", "DONE", "DONE"]


def test_a_fault_can_be_limited_to_one_marketplace(na: Api, fault: Any) -> None:
    """By marketplace, for requests and for reports."""
    us, ca = na.seller.marketplace_ids[:2]
    fault("fatal", report_type=SALES, marketplace_id=ca)
    assert na.finished(SALES, marketplaceIds=[ca])["processingStatus"] == "FATAL"
    assert na.finished(SALES, marketplaceIds=[us])["processingStatus"] == "DONE"


def test_the_report_exists_although_the_answer_was_an_error(na: Api, fault: Any) -> None:
    """createReport is not idempotent: what a client sees as failure made a report."""
    fault("error_after", operation="createReport", times=1)
    assert na.call("POST", "/reports", json=na.body(SALES)).status_code == 500
    assert len(na.listed(SALES)) == 1


def test_each_ending(na: Api, fault: Any) -> None:
    """CANCELLED, FATAL without and with a document, DONE without one."""
    ends = []
    for name in ("cancelled", "fatal", "fatal_with_document", "done_without_document"):
        fault(name, report_type=SALES, times=1)
        ends.append(na.finished(SALES))
    assert [end["processingStatus"] for end in ends] == ["CANCELLED", "FATAL", "FATAL", "DONE"]
    assert ["reportDocumentId" in end for end in ends] == [False, False, True, False]
    assert b"errorDetails" in na.download(ends[2])


def test_unknown_and_endless_statuses(na: Api, fault: Any, sandbox: Any) -> None:
    """An undocumented status; a report that never ends; one that takes an hour longer."""
    fault("unknown_status", report_type=SALES, times=1)
    assert na.finished(SALES)["processingStatus"] == "SUSPENDED"
    fault("stuck", report_type=SALES, times=1)
    stuck = na.create(SALES)
    assert na.report(stuck)["processingStatus"] == "IN_QUEUE"
    fault("slow_report", report_type=ORDERS, times=1, options={"seconds": 7200})
    slow = na.finished(ORDERS)
    assert slow["processingStatus"] == "IN_PROGRESS"
    na.later(8000)
    assert na.report(slow["reportId"])["processingStatus"] == "DONE"
    assert na.report(stuck)["processingStatus"] == "IN_PROGRESS"


def test_late_data_arrives_eventually(na: Api, fault: Any, sandbox: Any) -> None:
    """CANCELLED until so many hours after the window, then DONE."""
    fault("late_data", report_type=SALES, options={"hours": 200})
    assert na.finished(SALES)["processingStatus"] == "CANCELLED"
    na.later(3 * 86_400)
    assert na.finished(SALES)["processingStatus"] == "DONE"


def test_columns_come_go_and_change(na: Api, fault: Any, control: Any) -> None:
    """Header and rows change together."""
    usual = header_of(na)
    expected = {
        "column_added": [*usual, "new-column"],
        "column_dropped": usual[:-1],
        "column_renamed": [*usual[:-1], f"{usual[-1]}-v2"],
        "column_duplicated": [*usual, usual[-1]],
        "columns_reordered": usual[::-1],
    }
    for name, header in expected.items():
        fault(name, report_type=ORDERS, times=1)
        lines = na.download(na.finished(ORDERS)).decode("cp1252").splitlines()
        assert lines[0].split("\t") == header, name
        assert {len(line.split("\t")) for line in lines} == {len(header)}, name
        control("DELETE", "/faults")


def test_column_options(na: Api, fault: Any) -> None:
    """Which column, position and value; several faults apply in the order they were set."""
    fault("column_added", report_type=ORDERS, options={"column": "colour", "value": "red", "position": 0})
    fault("column_dropped", report_type=ORDERS, options={"column": "sku"})
    fault("column_renamed", report_type=ORDERS, options={"column": "asin", "to": "asin1"})
    lines = [line.split("\t") for line in na.download(na.finished(ORDERS)).decode("cp1252").splitlines()]
    assert lines[0][:2] == ["colour", "amazon-order-id"]
    assert {line[0] for line in lines[1:]} == {"red"}
    assert "sku" not in lines[0]
    assert "asin" not in lines[0]
    assert "asin1" in lines[0]


def test_a_fault_that_cannot_be_applied_is_reported(na: Api, fault: Any) -> None:
    """Never silently: the report is FATAL and its document names the fault."""
    fault("column_dropped", report_type=ORDERS, options={"column": "no-such-column"})
    report = na.finished(ORDERS)
    assert report["processingStatus"] == "FATAL"
    assert b"no-such-column" in na.download(report)


@pytest.mark.parametrize("language", ["de", "fr"])
def test_localized_headers(na: Api, fault: Any, language: str) -> None:
    """In the account's language and the file's charset; the rows stay."""
    fault("localized_header", report_type=INVENTORY, options={"language": language}, times=1)
    header = header_of(na, INVENTORY)
    assert "product-name" not in header
    assert ("Produktname" if language == "de" else "Nom du produit") in header


def test_how_other_accounts_write_a_file(na: Api, fault: Any, control: Any) -> None:
    """Quotes, other spellings, line breaks, rows of tabs, lost characters, a message instead of rows."""
    plain = na.download(na.finished(ORDERS)).splitlines()
    width = plain[0].count(b"\t") + 1

    def changed(name: str, **options: str) -> list[bytes]:
        control("DELETE", "/faults")
        fault(name, report_type=ORDERS, options=options)
        return na.download(na.finished(ORDERS)).splitlines()

    assert all(line.startswith(b'"') and line.endswith(b'"') for line in changed("quoted"))
    assert b"AmazonOrderId" in changed("header_respelled")[0]
    assert b"fulfilment-channel" in changed("header_respelled", style="british")[0]
    assert len(changed("line_break", column="product-name")) == len(plain) + 1
    assert changed("row_of_tabs")[2] == b"\t" * (width - 1)
    assert "\ufffd".encode() in changed("lost_character", column="product-name")[1]
    assert changed("words") == [b"No data found for the specified date range"]


def test_text_zeros_and_short_rows(na: Api, fault: Any, control: Any) -> None:
    """One cell, all measures, half a row."""
    fault("number_as_text", report_type=ORDERS, options={"row": 2, "value": "n/a"})
    lines = na.download(na.finished(ORDERS)).decode("cp1252").splitlines()
    assert [line.split("\t").count("n/a") for line in lines[:4]] == [0, 0, 1, 0]
    control("DELETE", "/faults")
    fault("zero_data", report_type=ORDERS)
    rows = [line.split("\t") for line in na.download(na.finished(ORDERS)).decode("cp1252").splitlines()]
    at = rows[0].index("quantity")
    assert {row[at] for row in rows[1:]} == {"0"}
    assert all(row[0] != "0" for row in rows)
    control("DELETE", "/faults")
    fault("short_row", report_type=ORDERS, options={"row": 1})
    rows = [line.split("\t") for line in na.download(na.finished(ORDERS)).decode("cp1252").splitlines()]
    assert len(rows[1]) < len(rows[0]) == len(rows[2])
    control("DELETE", "/faults")
    fault("no_rows", report_type=ORDERS)
    assert len(na.download(na.finished(ORDERS)).splitlines()) == 1


def test_the_same_faults_in_json(na: Api, fault: Any, control: Any) -> None:
    """Keys are columns, entries are rows."""

    def sales(name: str, **options: Any) -> Any:
        control("DELETE", "/faults")
        fault(name, report_type=SALES, options=options)
        return json.loads(na.download(na.finished(SALES)))["salesAndTrafficByAsin"]

    assert all(entry["newField"] == "x" for entry in sales("column_added"))
    assert all("unitsOrdered" not in entry["salesByAsin"] for entry in sales("column_dropped"))
    renamed = sales("column_renamed", column="sessions", to="visits")
    assert all("visits" in entry["trafficByAsin"] for entry in renamed)
    assert sales("number_as_text")[0]["salesByAsin"]["unitsOrdered"] == "see note"
    zeros = sales("zero_data")
    assert {entry["salesByAsin"]["unitsOrdered"] for entry in zeros} == {0}
    assert all(entry["parentAsin"] for entry in zeros)
    assert sales("no_rows") == []


def test_bytes_in_another_charset_than_announced(na: Api, fault: Any) -> None:
    """The label stays, the bytes are UTF-8 with its mark."""
    fault("recoded", report_type=RETURNS, options={"charset": "utf-8-sig"})
    assert na.download(na.finished(RETURNS)).startswith(b"\xef\xbb\xbfreturn-date")


def test_labels_that_lie(na: Api, fault: Any, http: TestClient) -> None:
    """gzip without a label, a label without gzip, a URL that is already dead."""
    report = na.finished(SALES)
    fault("gzip_unlabelled", times=1)
    document = na.document(report)
    assert "compressionAlgorithm" not in document
    assert http.get(document["url"]).content.startswith(b"\x1f\x8b")
    fault("plain_labelled_gzip", times=1)
    document = na.document(report)
    assert document["compressionAlgorithm"] == "GZIP"
    assert http.get(document["url"]).content.startswith(b"{")
    fault("expired_url", times=1)
    assert http.get(na.document(report)["url"]).status_code == 403
    assert http.get(na.document(report)["url"]).status_code == 200


def test_downloads_that_go_wrong(na: Api, fault: Any, http: TestClient) -> None:
    """Each applies to one download; the next returns the document."""
    url = na.document(na.finished(ORDERS))["url"]
    good = http.get(url)

    def bad(name: str, **options: Any) -> Any:
        fault(name, times=1, options=options)
        answer = http.get(url)
        assert http.get(url).content == good.content
        return answer

    short = bad("document_truncated", fraction=0.5)
    assert len(short.content) == len(good.content) // 2
    with pytest.raises(EOFError):
        gzip.decompress(short.content)
    corrupt = bad("document_corrupt")
    assert len(corrupt.content) == len(good.content)
    with pytest.raises((zlib.error, gzip.BadGzipFile, EOFError)):
        gzip.decompress(corrupt.content)
    assert bad("document_empty").content == b""
    assert "<html>" in bad("document_html").text
    assert "<Code>SlowDown</Code>" in bad("document_503").text
    assert bad("charset_missing").headers["content-type"] == "text/plain"
    assert bad("charset_wrong", charset="UTF-16").headers["content-type"] == "text/plain;charset=UTF-16"
    assert bad("document_slow", seconds=0.02).content == good.content


def test_login_and_messages_fail_on_demand(na: Api, fault: Any, http: TestClient) -> None:
    """The other families have faults of their own."""
    fault("lwa_invalid_grant", times=1)
    assert http.post("/auth/o2/token", data=na.grant()).json()["error"] == "invalid_grant"
    fault("http_503_html", operation="token", times=1)
    assert http.post("/auth/o2/token", data=na.grant()).status_code == 503
    assert http.post("/auth/o2/token", data=na.grant()).status_code == 200


def test_the_log_names_the_fault_that_applied(na: Api, fault: Any, control: Any) -> None:
    """So a test can see that its fault was met."""
    fault("http_503", operation="createReport", times=1)
    na.call("POST", "/reports", json=na.body(SALES))
    assert control("GET", "/calls?operation=createReport")["calls"][0]["fault"] == "http_503"
    assert control("GET", "/faults")["faults"][0]["hits"] == 1


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"fault": "http_530"}, "http_503"),
        ({"fault": "http_503", "operation": "createReprot"}, "createReport"),
        ({"fault": "http_503", "times": 0}, "times"),
        ({"fault": "http_503", "colour": "red"}, "colour"),
        ({"fault": "column_added", "options": {"colunm": "x"}}, "column"),
        ({"fault": "column_added", "operation": "getReport"}, "createReport"),
        ({"fault": "fatal", "report_type": "GET_NO_SUCH"}, "GET_NO_SUCH"),
        ({}, "fault"),
    ],
)
def test_a_fault_that_cannot_be_set_gets_a_remedy(http: TestClient, body: dict[str, Any], word: str) -> None:
    """400 with message and remedy."""
    answer = http.post("/_sandbox/faults", json=body)
    assert answer.status_code == 400
    assert word in json.dumps(answer.json()["error"])


def test_the_menu_shows_every_fault(control: Any) -> None:
    """With stage, meaning and options."""
    menu = {entry["fault"]: entry for entry in control("GET", "/faults")["menu"]}
    kinds = (*http_faults.MENU, *reports_faults.MENU)
    assert len(kinds) > 40
    assert {kind.name for kind in kinds} <= set(menu)
    assert all(entry["text"] and entry["stage"] for entry in menu.values())


def test_a_fault_can_be_deleted(na: Api, fault: Any, http: TestClient) -> None:
    """By id, once."""
    fault_id = fault("http_503", operation="createReport")["id"]
    assert http.delete(f"/_sandbox/faults/{fault_id}").status_code == 200
    assert http.delete(f"/_sandbox/faults/{fault_id}").status_code == 404
    assert na.call("POST", "/reports", json=na.body(SALES)).status_code == 202
