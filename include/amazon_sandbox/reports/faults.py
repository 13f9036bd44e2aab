"""Faults of reports and their documents, in addition to those of any HTTP call."""

from __future__ import annotations

from dataclasses import replace

from amazon_sandbox.core.faults import Fault, FaultBook, FaultKind, Stage, Subject
from amazon_sandbox.reports.state import Report

_FAILED = "A client error occurred. Please double check that your parameters are valid."

REPORT = (
    FaultKind("cancelled", Stage.REPORT, "the report ends CANCELLED"),
    FaultKind("fatal", Stage.REPORT, "the report ends FATAL without a document"),
    FaultKind(
        "fatal_with_document",
        Stage.REPORT,
        "the report ends FATAL; its document holds errorDetails",
        {"detail": "the text in the document"},
    ),
    FaultKind(
        "unknown_status",
        Stage.REPORT,
        "the report keeps a processingStatus that is not documented",
        {"status": "the status, SUSPENDED"},
    ),
    FaultKind(
        "stuck", Stage.REPORT, "the report never ends", {"status": "IN_PROGRESS or IN_QUEUE, IN_PROGRESS"}
    ),
    FaultKind(
        "slow_report", Stage.REPORT, "the report takes longer", {"seconds": "virtual seconds more, 3600"}
    ),
    FaultKind("done_without_document", Stage.REPORT, "the report is DONE and has no reportDocumentId"),
    FaultKind(
        "late_data",
        Stage.REPORT,
        "the report ends CANCELLED until the data of its window is published",
        {"hours": "virtual hours after the end of the window, 48"},
    ),
)

_COLUMN = "column name (flat file) or key (JSON)"

DOCUMENT = (
    FaultKind(
        "column_added",
        Stage.DOCUMENT,
        "an unannounced column",
        {
            "column": f"{_COLUMN}, new-column",
            "value": "what its cells hold, x",
            "position": "0 is first; last",
        },
    ),
    FaultKind("column_dropped", Stage.DOCUMENT, "a column is gone", {"column": f"{_COLUMN}, the last"}),
    FaultKind(
        "column_renamed",
        Stage.DOCUMENT,
        "a column has another name",
        {"column": f"{_COLUMN}, the last", "to": "the name"},
    ),
    FaultKind(
        "column_duplicated", Stage.DOCUMENT, "two columns with one name", {"column": "its name, the last"}
    ),
    FaultKind("columns_reordered", Stage.DOCUMENT, "the columns are in reverse order"),
    FaultKind(
        "localized_header",
        Stage.DOCUMENT,
        "the header is in the account's language",
        {"language": "de, fr; de"},
    ),
    FaultKind(
        "number_as_text",
        Stage.DOCUMENT,
        "a cell holds text instead of a number",
        {"column": f"{_COLUMN}, the first with a number", "value": "the text, see note", "row": "from 1; 1"},
    ),
    FaultKind("short_row", Stage.DOCUMENT, "a row ends before its last columns", {"row": "from 1; 1"}),
    FaultKind("zero_data", Stage.DOCUMENT, "quantities, amounts and traffic are all zero"),
    FaultKind("no_rows", Stage.DOCUMENT, "header without rows, lists without entries"),
    FaultKind(
        "lines_split",
        Stage.DOCUMENT,
        "a line of several units is split into two lines with the same keys, a row of an Ads report into two "
        "with the same dimensions",
        {"column": "flat files: the units, quantity"},
    ),
    FaultKind("lines_lone", Stage.DOCUMENT, "an order with several lines has only its last"),
    FaultKind("lines_reversed", Stage.DOCUMENT, "the lines are in reverse order"),
    FaultKind(
        "line_break",
        Stage.DOCUMENT,
        "a text of a flat file holds a line break, without quotes",
        {"column": "its name, the last", "row": "from 1; 1"},
    ),
    FaultKind(
        "row_of_tabs",
        Stage.DOCUMENT,
        "a row of a flat file is followed by a row of only tabs",
        {"row": "from 1; 1"},
    ),
    FaultKind(
        "lost_character",
        Stage.DOCUMENT,
        "a text of a flat file holds U+FFFD",
        {"column": "its name, the last", "row": "from 1; 1"},
    ),
    FaultKind(
        "quoted",
        Stage.DOCUMENT,
        "every field of a flat file is in quotes",
        {"escaped": "yes: quotes within are written twice; no"},
    ),
    FaultKind(
        "header_respelled",
        Stage.DOCUMENT,
        "the header is spelled another way",
        {"style": "joined (StartingBalance), british (fulfilment); joined"},
    ),
    FaultKind(
        "words",
        Stage.DOCUMENT,
        "a message replaces the report",
        {"text": "the message, No data found for the specified date range"},
    ),
    FaultKind(
        "recoded",
        Stage.DOCUMENT,
        "the bytes are in another charset than the Content-Type says",
        {"charset": "Python's name, utf-8"},
    ),
)

LABEL = (
    FaultKind("expired_url", Stage.LABEL, "the presigned URL has already expired"),
    FaultKind(
        "foreign_url",
        Stage.LABEL,
        "the URL is at another host",
        {"origin": "scheme, host and port, https://documents.example"},
    ),
    FaultKind("gzip_unlabelled", Stage.LABEL, "compressionAlgorithm is absent, the bytes are gzip"),
    FaultKind("plain_labelled_gzip", Stage.LABEL, "compressionAlgorithm is GZIP, the bytes are plain"),
)

DOWNLOAD = (
    FaultKind(
        "document_truncated",
        Stage.DOWNLOAD,
        "the stored file ends early; Content-Length agrees",
        {"fraction": "part that is left, 0.6"},
    ),
    FaultKind(
        "document_dropped",
        Stage.DOWNLOAD,
        "the connection is cut in the middle",
        {"fraction": "part that is sent, 0.6"},
    ),
    FaultKind("document_corrupt", Stage.DOWNLOAD, "bytes in the middle are wrong"),
    FaultKind("document_empty", Stage.DOWNLOAD, "no bytes at all"),
    FaultKind("document_html", Stage.DOWNLOAD, "200 with an HTML page instead of the document"),
    FaultKind("document_slow", Stage.DOWNLOAD, "the bytes trickle", {"seconds": "real seconds in all, 5"}),
    FaultKind("document_503", Stage.DOWNLOAD, "503 SlowDown of the store, in XML"),
    FaultKind("charset_missing", Stage.DOWNLOAD, "the Content-Type names no charset"),
    FaultKind(
        "charset_wrong",
        Stage.DOWNLOAD,
        "the Content-Type names another charset",
        {"charset": "its name, UTF-8"},
    ),
)

LISTING = (
    FaultKind(
        "settlement_twice",
        Stage.LISTING,
        "the newest settlement is published a second time, under another report id",
    ),
    FaultKind(
        "settlement_corrected",
        Stage.LISTING,
        "the newest settlement is published again with one line fewer: two lines are merged into one",
    ),
)

MENU = (*REPORT, *DOCUMENT, *LABEL, *DOWNLOAD, *LISTING)


def apply_report_faults(book: FaultBook, report: Report, subject: Subject, now: float) -> None:
    """Apply the faults of the stage `report` that match, in the order they were set."""
    for fault in book.draw_all(Stage.REPORT, subject):
        report.faults.append(fault.kind.name)
        _apply(report, fault, now)


def apply_document_faults(book: FaultBook, report: Report, subject: Subject) -> None:
    """Add the matching faults of the stage `document` to the report's job, if it has one."""
    if report.job is None:
        return
    faults = book.draw_all(Stage.DOCUMENT, subject)
    report.faults.extend(fault.kind.name for fault in faults)
    transforms = tuple((fault.kind.name, tuple(fault.options.items())) for fault in faults)
    report.job = replace(report.job, transforms=(*report.job.transforms, *transforms))


def _apply(report: Report, fault: Fault, now: float) -> None:
    name, options = fault.kind.name, fault.options
    if name in ("cancelled", "fatal"):
        report.ending, report.job, report.repeat_of = name.upper(), None, None
    elif name == "fatal_with_document" and report.job is not None:
        report.job = replace(report.job, error_details=str(options.get("detail", _FAILED)))
    elif name == "unknown_status":
        report.forced_status = str(options.get("status", "SUSPENDED"))
    elif name == "stuck":
        report.forced_status = str(options.get("status", "IN_PROGRESS"))
    elif name == "slow_report":
        report.due_at += float(options.get("seconds", 3600))
    elif name == "done_without_document":
        report.hides_document = True
    elif name == "late_data" and now < report.end + 3600 * float(options.get("hours", 48)):
        report.ending, report.job, report.repeat_of = "CANCELLED", None, None
