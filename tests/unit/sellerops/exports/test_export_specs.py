"""What an export file may contain, and the errors for anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sellerops.base.errors import SpecError
from sellerops.exports import ExportMode, load_export, load_exports

SOUND = """
description: Sales.
table: amazon_sp.sales_daily
spreadsheet_id: a-spreadsheet-of-the-tests-0001
range: Data!A1
"""


def write(folder: Path, text: str, name: str = "sales") -> None:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def refusal(folder: Path) -> str:
    specs, (failure,) = load_exports(folder)
    assert specs == []
    assert isinstance(failure.error, SpecError)
    return str(failure.error)


def test_a_whole_file(tmp_path: Path) -> None:
    (tmp_path / "fast.sql").write_text("SELECT sku, day FROM amazon_sp.sales_daily", encoding="utf-8")
    write(
        tmp_path,
        """
        description: Fast movers.
        query: fast.sql
        destination: bigquery
        spreadsheet_id: https://docs.google.com/spreadsheets/d/a-spreadsheet-of-the-tests-0001/edit#gid=0
        range: "'Bob''s list'!C5"
        columns: {day: Day, sku: }
        mode: append
        append_only: [sku, day]
        after: amazon_sp.sales_daily
        schedule: {between: "06:00-07:00", timezone: Europe/Berlin}
        """,
    )
    ((spec,), failures) = load_exports(tmp_path)
    assert failures == []
    assert spec == load_export("sales", tmp_path) == load_export("export__sales", tmp_path)
    assert spec.query == "SELECT sku, day FROM amazon_sp.sales_daily"
    assert spec.spreadsheet_id == "a-spreadsheet-of-the-tests-0001"
    assert (spec.anchor.tab, spec.anchor.column, spec.anchor.row) == ("Bob's list", 3, 5)
    assert spec.columns == {"day": "Day", "sku": "sku"}
    assert spec.after == ("amazon_sp.sales_daily",)
    assert (spec.mode, spec.dag_id) == (ExportMode.APPEND, "export__sales")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("colums: [a]", "unknown key 'colums'. Next: Did you mean 'columns'"),
        ("name: other", "`name` must not be set"),
        ("query: SELECT 1", "either `table` or `query`"),
        ("mode: append", "`mode: append` and `append_only`"),
        ("append_only: [day]", "`mode: append` and `append_only`"),
        ("mode: append\nappend_only: [day]\ncolumns: [sku]", "`append_only` names 'day'"),
        ("columns: {a: Day, b: Day}", "two columns have the title 'Day'"),
        ("columns: [Day]", "snake_case"),
        ("columns: [{day: Day}]", "key `columns`"),
        ("1: x", "sales.yaml"),
        ("schedule: {cron: '0 7 * *', timezone: UTC}", "not a cron expression"),
        ("after: [sales]", "write <source>.<table>"),
        ("destination: redshift", "key `destination`"),
        ("retries: 0", "key `retries`"),
    ],
)
def test_a_wrong_key_is_named_with_its_remedy(tmp_path: Path, more: str, words: str) -> None:
    write(tmp_path, SOUND + more)
    message = refusal(tmp_path)
    assert words in message
    assert "sales.yaml" in message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("range: Data!A1", "range: A1", "such as Sales!A1"),
        ("range: Data!A1", "range: Data!A1:C9", "such as Sales!A1"),
        ("range: Data!A1", "", "the key 'range' is missing"),
        ("a-spreadsheet-of-the-tests-0001", "my sheet", "is not a spreadsheet id"),
        ("a-spreadsheet-of-the-tests-0001", "''", "`enabled: false`"),
        ("table: amazon_sp.sales_daily", "query: there_is_none.sql", "'there_is_none.sql' is not in the"),
        ("table: amazon_sp.sales_daily", "query: ../../secret.sql", "is not in the same folder"),
        ("table: amazon_sp.sales_daily", "table: sales_daily; DROP TABLE x", "is not a table"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(tmp_path: Path, old: str, new: str, words: str) -> None:
    (tmp_path.parent / "secret.sql").write_text("SELECT 1", encoding="utf-8")
    write(tmp_path, SOUND.replace(old, new))
    assert words in refusal(tmp_path)


@pytest.mark.parametrize(
    "reads",
    ["table: amazon_sp.all_orders__personal", "query: SELECT * FROM amazon_sp.All_Orders__PERSONAL"],
)
def test_personal_data_leave_only_when_the_spec_says_so_and_never_to_stay(tmp_path: Path, reads: str) -> None:
    text = SOUND.replace("table: amazon_sp.sales_daily", reads)
    write(tmp_path, text)
    assert "set `personal: true`" in refusal(tmp_path)
    write(tmp_path, f"{text}personal: true\nmode: append\nappend_only: [order_id]\n")
    assert "an append would keep the data for good" in refusal(tmp_path)
    write(tmp_path, f"{text}personal: true\n")
    assert load_export("sales", tmp_path).personal


def test_two_exports_never_share_a_sheet(tmp_path: Path) -> None:
    write(tmp_path, SOUND, "first")
    write(tmp_path, SOUND.replace("A1", "H1"), "second")
    write(tmp_path, SOUND.replace("Data!", "Other!"), "third")
    specs, (failure,) = load_exports(tmp_path)
    assert [spec.name for spec in specs] == ["first", "third"]
    assert "first.yaml already fills" in str(failure.error)


def test_a_name_that_is_none_is_answered_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    with pytest.raises(SpecError) as caught:
        load_export("sale", tmp_path)
    assert "Did you mean 'sales'" in str(caught.value)


def test_every_key_is_described_in_the_docs() -> None:
    from sellerops.exports import ExportSpec

    page = (Path(__file__).parents[4] / "docs/exports.md").read_text(encoding="utf-8")
    missing: list[Any] = [
        name for name in ExportSpec.model_fields if name not in ("name", "path") and f"`{name}`" not in page
    ]
    assert missing == []
