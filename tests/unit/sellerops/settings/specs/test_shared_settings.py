"""``like``: a spec takes format, tables and descriptions from another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellerops.base.errors import SpecError
from sellerops.settings.specs import load_spec, load_specs
from sellerops.settings.specs.shared_settings import overlaid

BASE = """\
report_type: WEB_FEES
family: payments
description: Fees.
scope: account_region
schedule: {cron: "0 1 * * *", timezone: UTC}
period: {kind: month}
role: none
request: {how: downloaded, page: fees, login: finance}
format: {kind: xlsx, sheet: Fees}
tables:
  fees:
    description: One row per line.
    write_disposition: merge
    primary_key: [sku]
    columns: {sku: text, amount: {type: decimal, from: Amount}}
"""
DROPPED = """\
like: seller_portal/fees
scope: account_region
role: none
schedule: {cron: "0 1 * * *", timezone: UTC}
period: {kind: listing}
request: {how: dropped, files: "*"}
"""


def written(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return root


def test_a_dropped_report_is_like_the_downloaded_one(tmp_path: Path) -> None:
    root = written(tmp_path, seller_portal__fees=BASE, folder__dropped_fees=DROPPED)
    base, dropped = load_spec("fees", root), load_spec("dropped_fees", root)
    assert (dropped.tables, dropped.format, dropped.description) == (
        base.tables,
        base.format,
        base.description,
    )
    assert (
        dropped.source == "folder" and dropped.request.how == "dropped" and dropped.period.kind == "listing"
    )
    assert load_specs(root)[1] == [], "both may have a table of that name: sources have schemas of their own"


def test_own_keys_override_at_any_depth(tmp_path: Path) -> None:
    own = DROPPED + "format: {sheet: Other}\ntables: {fees: {columns: {sku: {also: [MSKU]}}}}\n"
    root = written(tmp_path, seller_portal__fees=BASE, folder__dropped_fees=own)
    spec = load_spec("dropped_fees", root)
    assert spec.tables["fees"].columns["sku"].also == ("MSKU",)
    assert spec.tables["fees"].columns["amount"].source == "Amount"
    assert (spec.format.kind, spec.format.sheet) == ("xlsx", "Other")


def test_like_may_be_followed_further(tmp_path: Path) -> None:
    third = DROPPED.replace("seller_portal/fees", "folder/dropped_fees")
    root = written(tmp_path, seller_portal__fees=BASE, folder__dropped_fees=DROPPED, folder__again=third)
    assert load_spec("again", root).tables == load_spec("fees", root).tables


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("seller_portal/feez", "Did you mean 'seller_portal/fees'"),
        ("folder/dropped_fees", "names no other report"),
        ("[1]", "names no other report"),
    ],
)
def test_an_unknown_name_or_itself_is_refused(tmp_path: Path, name: str, words: str) -> None:
    own = DROPPED.replace("seller_portal/fees", name)
    root = written(tmp_path, seller_portal__fees=BASE, folder__dropped_fees=own)
    with pytest.raises(SpecError, match=words):
        load_spec("dropped_fees", root)


def test_a_circle_is_refused(tmp_path: Path) -> None:
    root = written(
        tmp_path,
        folder__a=DROPPED.replace("seller_portal/fees", "folder/b"),
        folder__b=DROPPED.replace("seller_portal/fees", "folder/a"),
    )
    assert len(load_specs(root)[1]) == 2


def test_a_column_may_be_written_short_below() -> None:
    assert overlaid({"a": {"b": "text"}}, {"a": {"b": {"also": ["c"]}}}) == {
        "a": {"b": {"type": "text", "also": ["c"]}}
    }
