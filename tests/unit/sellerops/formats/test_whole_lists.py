"""Documents that are a list, camelCase names, facts of the request, and keys that are empty in some rows."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from unit.sellerops.formats.helpers import bench_slice

from sellerops.base.errors import DocumentDamaged, NotTheReport, SpecError, UnreadableDocument
from sellerops.formats import RowStream, open_rows
from sellerops.formats.names import snake_case
from sellerops.formats.rows import Rows, TextRows
from sellerops.settings.specs import ReportSpec, load_specs
from sellerops.settings.specs.columns import camel_case

YAML = """
report_type: spCampaigns
family: ads
description: Campaigns.
scope: marketplace
schedule: {between: ["02:00-04:00"], timezone: UTC}
period: {kind: range, lookback: 3d}
format: {kind: json, naming: camel}
tables:
  campaigns:
    rows: "[]"
    write_disposition: replace
    day: date
    primary_key: [date, campaign_id, match_type]
    columns:
      profile_id: {type: text, from: "@profile_id"}
      budget_limit: {type: decimal, from: "@limit"}
      date: {type: date, required: true}
      campaign_id: {type: text, required: true}
      match_type: {type: text, absent: none}
      sales_14d: decimal
      ecp_add_to_cart: {type: decimal, from: eCPAddToCart}
      clicks: integer
"""
FACTS = {"profile_id": "3141592653589793238", "limit": "10.50", "timezone": "UTC"}
ROW = {"date": "2026-11-02", "campaignId": 1, "matchType": "BROAD", "sales14d": 1.5, "clicks": 3}


def spec_of(folder: Path, text: str = YAML) -> ReportSpec:
    (folder / "amazon_ads").mkdir(exist_ok=True)
    (folder / "amazon_ads" / "campaigns.yaml").write_text(text, encoding="utf-8")
    specs, failures = load_specs(folder)
    if failures:
        raise failures[0].error
    return specs[0]


class Read:
    def __init__(self, spec: ReportSpec, content: str | bytes, facts: dict[str, str] | None = None) -> None:
        self.rejects: list[Any] = []
        self.stream: RowStream = open_rows(
            spec.tables["campaigns"],
            io.BytesIO(content.encode() if isinstance(content, str) else content),
            file_format=spec.format,
            slice_=bench_slice(),
            facts=facts,
            on_reject=self.rejects.append,
            where="the document",
        )
        self.rows = [row for batch in self.stream for row in batch.to_pylist()]


def test_numbers_and_ids_of_a_list_arrive_digit_for_digit(tmp_path: Path) -> None:
    found = Read(
        spec_of(tmp_path),
        '[{"date":"2026-11-02","campaignId":9223372036854775807,"matchType":"EXACT","sales14d":1.0E-4,'
        '"eCPAddToCart":0.30000000000000004,"clicks":7},'
        '{"date":"2026-11-03","campaignId":179769313486231570001,"matchType":"EXACT","sales14d":null,'
        '"eCPAddToCart":12,"clicks":0}]',
    )
    assert found.stream.rows_in_file == 2 and not found.rejects and not found.stream.drift.added
    first, second = found.rows
    assert (first["campaign_id"], second["campaign_id"]) == ("9223372036854775807", "179769313486231570001")
    assert first["sales_14d"] == Decimal("0.0001") and second["sales_14d"] is None
    assert first["ecp_add_to_cart"] == Decimal("0.30000000000000004")
    assert (first["source_line"], second["source_line"]) == (1, 2)


def test_an_empty_list_has_no_rows_and_anything_else_is_no_document(tmp_path: Path) -> None:
    spec = spec_of(tmp_path)
    assert Read(spec, "[]").stream.rows_in_file == 0
    assert Read(spec, " null ").stream.rows_in_file == 0
    with pytest.raises(UnreadableDocument, match="it is not a list"):
        Read(spec, '{"page": {"rows": []}}')
    with pytest.raises(NotTheReport, match="401: Unauthorized"):
        Read(spec, '{"code": "401", "details": ["Unauthorized"]}')
    with pytest.raises(DocumentDamaged, match="ends early"):
        Read(spec, json.dumps([ROW, ROW])[:-20])
    with pytest.raises(UnreadableDocument, match="more text after the end"):
        Read(spec, json.dumps([ROW]) + "[]")


def test_facts_stand_in_every_row_and_unknown_ones_are_null(tmp_path: Path) -> None:
    spec = spec_of(tmp_path)
    read = Read(spec, json.dumps([ROW, {**ROW, "date": "2026-11-03"}]), FACTS)
    assert [row["profile_id"] for row in read.rows] == ["3141592653589793238"] * 2
    assert [row["budget_limit"] for row in read.rows] == [Decimal("10.50")] * 2
    assert "timezone" not in read.rows[0]
    assert [row["profile_id"] for row in Read(spec, json.dumps([ROW])).rows] == [None]
    assert read.stream.drift.missing == ["ecp_add_to_cart"]
    with pytest.raises(UnreadableDocument, match="'limit' is not a valid decimal"):
        Read(spec, json.dumps([ROW]), {"limit": "much"})


def test_a_fact_is_never_taken_from_the_document_nor_asked_for(tmp_path: Path) -> None:
    spec = spec_of(tmp_path)
    assert spec.requested_columns == ("date", "campaignId", "matchType", "sales14d", "eCPAddToCart", "clicks")
    found = Read(spec, json.dumps([{**ROW, "profileId": "another"}]), FACTS)
    assert found.rows[0]["profile_id"] == FACTS["profile_id"]
    assert found.stream.drift.added == {"profile_id__2": "profileId"}
    assert found.rows[0]["profile_id__2"] == "another"


def test_an_empty_part_of_a_key_has_a_word_and_the_row_stays(tmp_path: Path) -> None:
    spec = spec_of(tmp_path)
    rows = [ROW, {**ROW, "matchType": None}, {**ROW, "matchType": ""}]
    assert [row["match_type"] for row in Read(spec, json.dumps(rows)).rows] == ["BROAD", "none", "none"]
    without = {name: value for name, value in ROW.items() if name != "matchType"}
    found = Read(spec, json.dumps([without]))
    assert [row["match_type"] for row in found.rows] == ["none"] and not found.rejects
    assert "match_type" in found.stream.drift.missing
    keyless = Read(spec, json.dumps([ROW, {**ROW, "campaignId": None}]))
    assert [str(reject.reason) for reject in keyless.rejects] == ["missing_key"]


def copied(spec: ReportSpec, rows: list[dict[str, Any]]) -> Rows:
    stream = open_rows(
        spec.tables["campaigns"],
        io.BytesIO(json.dumps(rows).encode()),
        file_format=spec.format,
        slice_=bench_slice(),
        facts=FACTS,
        on_reject=lambda _: None,
    )
    (found,) = stream.texts()
    return found


def test_rows_for_copy_hold_the_same_facts_and_words(tmp_path: Path) -> None:
    spec = spec_of(tmp_path)
    plain = copied(spec, [ROW, ROW])
    assert isinstance(plain, TextRows), "nothing in them needs its type"
    assert plain.system.column("profile_id").to_pylist() == [FACTS["profile_id"]] * 2
    filled = copied(spec, [ROW, {**ROW, "matchType": None}])
    assert isinstance(filled, TextRows), "the word is text itself, and needs no type"
    lines = [line.as_py().decode().removesuffix("\n").split("\t") for line in filled.lines]
    place = filled.columns.index("match_type")
    assert [line[place] for line in lines] == ["BROAD", "none"]
    assert filled.system.column("profile_id").to_pylist() == [FACTS["profile_id"]] * 2


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("campaignId", "campaign_id"),
        ("unitsSoldClicks14d", "units_sold_clicks_14d"),
        ("attributedSalesSameSku7d", "attributed_sales_same_sku_7d"),
        ("video5SecondViewRate", "video5_second_view_rate"),
        ("topOfSearchImpressionShare", "top_of_search_impression_share"),
        ("kindleEditionNormalizedPagesRoyalties14d", "kindle_edition_normalized_pages_royalties_14d"),
    ],
)
def test_camel_case_and_snake_case_are_each_others_reverse(header: str, name: str) -> None:
    assert snake_case(header) == name and camel_case(name) == header


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: json, naming", "kind: jsonl, naming", "needs `format.kind: json`"),
        (
            "match_type: {type: text, absent",
            "match_type: {type: integer, absent",
            "not a value of type integer",
        ),
        ('rows: "[]"', 'rows: ""', "needs `rows`"),
        ("naming: camel", "naming: pascal", "naming"),
    ],
)
def test_a_wrong_spec_is_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in YAML
    with pytest.raises(SpecError, match=says):
        spec_of(tmp_path, YAML.replace(old, new))
