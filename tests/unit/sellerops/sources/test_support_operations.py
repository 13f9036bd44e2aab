"""Support cases: the list as a POST that only reads, and the contacts of what changed, without links."""

from __future__ import annotations

import io

import pytest
from unit.sellerops.sources.test_supply_operations import NOW, US, Told, pages_of

from sellerops.base.errors import UnexpectedAnswer
from sellerops.calendar.slices import plan_slices
from sellerops.formats import open_rows
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_sp.operations.list_cases import without_links
from sellerops.sources.common.answers import json_line
from sellerops.sources.common.operations import READING_POSTS

OLD = {"caseId": "1", "lastUpdatedDate": "2026-11-01T08:00:00Z", "createdDate": "2026-10-01T08:00:00Z"}
NEW = {"caseId": "2/3", "lastUpdatedDate": "2026-11-20T08:00:00Z", "createdDate": "2026-11-19T08:00:00Z"}
EMAIL = {
    "contactId": "c1",
    "channel": "EMAIL",
    "createdDate": "2026-11-20T08:00:00Z",
    "emailContent": {
        "sender": {"displayName": "Ada", "role": "SELLING_PARTNER"},
        "message": "Where are our units?",
        "attachments": [{"name": "a.png", "downloadUrl": "https://x.example/a?Signature=secret"}],
    },
}


def test_all_recent_cases_are_listed_and_changed_ones_are_read() -> None:
    calls = Told({"cases": [OLD], "nextToken": "n"}, {"cases": [NEW]}, {"contacts": [EMAIL]})
    pages = pages_of("support_cases", calls)
    assert [page.name for page in pages] == ["list", "list", "contacts"]
    assert [operation for operation, _, _ in calls.asked] == ["listCases", "listCases", "listContacts"]
    body = {
        "marketplaceId": US,
        "caseFilters": {"createdDate": {"after": "2025-11-13T00:00:00Z"}},
        "sortField": "CREATION_DATE",
        "sortOrder": "ASC",
        "maxResults": 50,
    }
    assert [asked for _, _, asked in calls.asked[:2]] == [body, {**body, "nextToken": "n"}]
    assert calls.asked[2][1].endswith("/cases/2%2F3/contacts")
    assert pages[2].request["caseId"] == "2/3"
    assert "listCases" in READING_POSTS


def test_links_to_attachments_are_secrets_and_never_leave() -> None:
    calls = Told({"cases": [NEW]}, {"contacts": [EMAIL]})
    assert "secret" not in str(pages_of("support_cases", calls))
    assert without_links(EMAIL)["emailContent"]["attachments"] == [{"name": "a.png"}]


def test_an_empty_page_is_not_the_end() -> None:
    calls = Told({"cases": [NEW]}, {"contacts": [], "nextToken": "n"}, {"contacts": [EMAIL]})
    assert [len(page.answer["contacts"]) for page in pages_of("support_cases", calls)[1:]] == [0, 1]


def test_a_case_without_a_time_is_refused() -> None:
    with pytest.raises(UnexpectedAnswer, match="last update"):
        pages_of("support_cases", Told({"cases": [{"caseId": "1"}]}))


def test_contacts_name_their_case() -> None:
    spec = load_spec("support_cases")
    slice_ = plan_slices(spec, load_accounts()["northwind_na"], run_at=NOW, now=NOW)[0]
    pages = pages_of("support_cases", Told({"cases": [NEW]}, {"contacts": [EMAIL]}))
    lines = b"".join(json_line(page.request, page.answer, page.name) for page in pages)
    stream = open_rows(
        spec.tables["support_contacts"],
        io.BytesIO(lines),
        file_format=spec.format,
        slice_=slice_,
        content_type="application/jsonl; charset=utf-8",
        on_reject=print,
    )
    (row,) = [row for batch in stream for row in batch.to_pylist()]
    assert (row["case_id"], row["contact_id"], row["sender_role"]) == ("2/3", "c1", "SELLING_PARTNER")
    assert row["email_message"] == "Where are our units?"
    assert stream.drift.added == {}


def test_what_people_said_is_personal() -> None:
    tables = load_spec("support_cases").tables
    assert set(tables["support_contacts"].personal_columns) == {
        "sender_role", "sender_name", "email_message", "email_attachments", "call_notes", "chat_transcript",
        "chat_events",
    }  # fmt: skip
    assert set(tables["support_cases"].personal_columns) == {"primary_email", "cc_emails", "appointments"}
