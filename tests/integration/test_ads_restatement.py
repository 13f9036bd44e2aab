"""Late purchases change days of Amazon Ads that were loaded long ago: a later document replaces them as a
whole, and what it changed is kept, where the spec does not say otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.catalogue import document_of, request_facts, slice_of, spec_of
from support.tables import Tables

from sellerops.archive import Archive, DocumentMeta
from sellerops.destinations import RequestMeta
from sellerops.ledger import Ledger

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 5)
EARLY, LATE = datetime(2026, 11, 6, 14, tzinfo=UTC), datetime(2026, 11, 27, 14, tzinfo=UTC)


@pytest.fixture
def tables(ledger: Ledger, tmp_path: Path) -> Iterator[Tables]:
    opened = Tables(ledger, Archive(str(tmp_path / "archive")))
    yield opened
    opened.close()


def rows_of(report: str, as_of: datetime) -> list[dict[str, Any]]:
    document = document_of(slice_of(report, "northwind_na", ["US"], FIRST, LAST, as_of), as_of)
    assert document is not None
    found: list[dict[str, Any]] = json.loads(document.read())
    return found


def load(tables: Tables, report: str, rows: list[dict[str, Any]], as_of: datetime) -> None:
    spec, slice_ = spec_of(report), slice_of(report, "northwind_na", ["US"], FIRST, LAST, as_of)
    meta = DocumentMeta(spec.source, report, slice_.account_id, str(as_of), as_of.isoformat(), {}, {})
    uri = tables.archive.put_stream([json.dumps(rows).encode()], meta).uri
    told = RequestMeta(as_of, None, "application/json", slice_.marketplace_ids, uri, request_facts(slice_))
    tables.load(spec, slice_, told, uri, spec.source)


def restated(tables: Tables) -> list[dict[str, Any]]:
    return tables.rows("SELECT * FROM sellerops.restatement")


def test_late_purchases_change_old_days_and_the_change_is_kept(tables: Tables) -> None:
    early, late = rows_of("sp_campaigns", EARLY), rows_of("sp_campaigns", LATE)
    load(tables, "sp_campaigns", early, EARLY)
    assert restated(tables) == []
    load(tables, "sp_campaigns", late, LATE)
    changes = [each for each in restated(tables) if each["column_name"] == "sales_30d"]
    key = ("date", "campaignId")
    before, after = (
        {tuple(row[name] for name in key): row["sales30d"] for row in rows} for rows in (early, late)
    )
    moved = [key for key in before.keys() & after.keys() if before[key] != after[key]]
    assert moved and len(changes) == len(moved)
    assert all(each["age_days"] >= (LATE.date() - LAST).days - 1 for each in changes)
    assert all(float(each["new_value"]) != float(each["old_value"]) for each in changes)


def test_a_row_that_amazon_no_longer_tells_is_gone_and_an_older_document_does_not_bring_it_back(
    tables: Tables,
) -> None:
    late = rows_of("sp_campaigns", LATE)
    gone = late[0]["campaignId"]
    load(tables, "sp_campaigns", late, LATE)
    fewer = [row for row in late if row["campaignId"] != gone]
    load(tables, "sp_campaigns", fewer, LATE + timedelta(days=1))
    load(tables, "sp_campaigns", late, LATE)
    stored = tables.rows("SELECT campaign_id FROM amazon_ads.sp_campaigns")
    assert len(stored) == len(fewer) and str(gone) not in {row["campaign_id"] for row in stored}
    vanished = [each for each in restated(tables) if not each["column_name"]]
    assert len(vanished) == len(late) - len(fewer)


def test_search_terms_keep_no_history_and_rows_without_a_keyword_stay(tables: Tables) -> None:
    rows = rows_of("sb_search_terms", LATE)
    without = [{**row, "keywordId": None, "keywordText": None, "matchType": None} for row in rows[:1]]
    load(tables, "sb_search_terms", [*rows[1:], *without], LATE)
    changed = [{**row, "clicks": row["clicks"] + 1} for row in (*rows[1:], *without)]
    load(tables, "sb_search_terms", changed, LATE + timedelta(days=1))
    assert restated(tables) == []
    stored = tables.rows("SELECT * FROM amazon_ads.sb_search_terms")
    assert len(stored) == len(rows)
    words = {(row["keyword_id"], row["keyword_text"], row["match_type"]) for row in stored}
    assert ("none", "none", "none") in words
    assert {row["profile_id"] for row in stored} == {request_facts(_piece())["profile_id"]}


def _piece() -> Any:
    return slice_of("sb_search_terms", "northwind_na", ["US"], FIRST, LAST, LATE)
