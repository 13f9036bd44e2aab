"""Which changes of documents send a notice, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sellerops.ledger.findings import ColumnChange, RejectedRows
from sellerops.notices import Event
from sellerops.notices.findings import change_key, drift_notice, group_rejects, is_news, rejects_notice
from sellerops.settings.specs import load_spec

FLAT = load_spec("report__amazon_sp__fba_customer_returns")
TREE = load_spec("report__amazon_sp__sales_and_traffic")
CHANGE = ColumnChange(
    *("fba_customer_returns", "amazon_sp.fba_customer_returns", "gift", "added", 7),
    *("northwind_na", "NA 2026-11-20", 3, False),
)
LOST = replace(CHANGE, column_name="reason", kind="dropped")
TREE_LOST = replace(
    LOST, report="sales_and_traffic", table_name="amazon_sp.sales_daily", column_name="units_ordered"
)
REFUSED = RejectedRows(
    *(7, "fba_customer_returns", "amazon_sp.fba_customer_returns", "northwind_na", "ATVPDKIKX0DER"),
    *("US 2026-11-20", date(2026, 11, 21), 2_000, 30, {"missing_key": 10, "unreadable_value": 20}),
    *(12, "unreadable_value", "quantity", "<b> & more"),
)


@pytest.mark.parametrize(
    ("change", "is_sent"),
    [
        (CHANGE, True),
        (replace(CHANGE, kind="duplicated", column_name="reason__2"), True),
        (replace(CHANGE, column_name="reason"), False),  # a spec column that is there again
        (LOST, True),
        (replace(LOST, column_name="gift"), True),
        (replace(CHANGE, table_name="amazon_sp.fba_customer_returns__replay"), False),
    ],
)
def test_changes_of_a_header(change: ColumnChange, is_sent: bool) -> None:
    assert is_news(change, FLAT) is is_sent


@pytest.mark.parametrize(
    ("loads_before", "was_absent", "is_sent"), [(10, False, True), (9, False, False), (99, True, False)]
)
def test_a_field_that_items_may_lack_is_lost_after_many_loads_that_had_it(
    loads_before: int, was_absent: bool, is_sent: bool
) -> None:
    change = replace(TREE_LOST, loads_before=loads_before, was_absent=was_absent)
    assert is_news(change, TREE) is is_sent


def test_a_column_that_the_spec_has_come_to_name_is_not_lost() -> None:
    table = FLAT.tables["fba_customer_returns"]
    reason = table.columns["reason"].model_copy(update={"also": ("Why Returned",)})
    named = table.model_copy(update={"columns": {**table.columns, "reason": reason}})
    corrected = FLAT.model_copy(update={"tables": {"fba_customer_returns": named}})
    gone = replace(LOST, column_name="why_returned")
    assert is_news(gone, FLAT)
    assert not is_news(gone, corrected)


def test_one_message_names_all_changes_and_where_they_were_seen_first() -> None:
    many = [replace(CHANGE, column_name=f"new_{n}") for n in range(12)]
    notice = drift_notice(many, FLAT)
    assert notice.event is Event.DRIFT
    assert "`new_9`" in notice.text and "`new_10`" not in notice.text
    assert "... and 2 more in `sellerops.schema_change`" in notice.text
    assert "northwind_na NA 2026-11-20 (load 7)" in notice.text
    elsewhere = replace(CHANGE, account_id="northwind_eu", load_id=9, label="EU 2026-11-01")
    assert change_key(elsewhere) == change_key(CHANGE) != change_key(LOST)


def test_rejects_show_count_share_reasons_and_the_first() -> None:
    notice = rejects_notice([REFUSED, replace(REFUSED, load_id=8, rejected=5)], FLAT)
    assert notice.event is Event.DRIFT
    for words in (
        "35 rows rejected, northwind_na US",
        "30 of 2,000 rows (1.5%): missing_key 10, unreadable_value 20. First: line 12,",
        "in `quantity`: '&lt;b&gt; &amp; more'",
        "WHERE load_id = 7`",
    ):
        assert words in notice.text


def test_rejects_of_a_report_account_marketplace_and_day_belong_together() -> None:
    others = [
        replace(REFUSED, account_id="northwind_eu"),
        replace(REFUSED, marketplace_id="A2EUQ1WTGCTBG2"),
        replace(REFUSED, day=date(2026, 11, 22)),
    ]
    same = replace(REFUSED, load_id=9, label="US 2026-11-01")
    assert [len(group) for group in group_rejects([REFUSED, *others, same])] == [2, 1, 1, 1]
