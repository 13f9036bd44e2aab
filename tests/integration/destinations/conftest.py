from __future__ import annotations

from pathlib import Path

import pytest
from integration.destinations.stores import STORES, Store
from support.examples import IS_WHOLE_SUITE

from sellerops.destinations import DESTINATIONS
from sellerops.settings.known_destinations import KnownDestination

NEEDS = {
    "postgres": ("conninfo",),
    "bigquery": ("conninfo", "bigquery"),
    "json_lines": ("conninfo", "tmp_path"),
}


# A load takes the local BigQuery a second of the processor: these tests say the most for their time,
# and of one with several cases the first, as Postgres has them all. SELLEROPS_WHOLE_SUITE=1 runs every case.
ON_BIGQUERY = {
    "test_what_landed_before_is_shown_and_removed_by_the_command_as_printed",
    "test_lists_of_objects_are_looked_into",
    "test_orders_bring_no_personal_data_by_drift",
    "test_types_ids_and_system_columns",
    "test_every_load_is_in_the_ledger_with_its_counts",
    "test_the_same_document_again_changes_nothing",
    "test_a_merge_keeps_the_later_version_whichever_comes_first",
    "test_item_ids_number_equal_keys_and_an_item_in_several_lines_keeps_them_all",
    "test_days_of_a_newer_document_keep_their_rows",
    "test_identical_lines_without_a_key_are_all_kept",
    "test_a_new_column_lands_in_the_same_load_and_a_dropped_one_is_null",
    "test_any_character_and_any_number_survives",
    "test_a_column_of_another_type_is_a_configuration_error",
    "test_a_bad_document_has_its_outcome_and_touches_nothing",
    "test_any_order_any_number_of_times",
    "test_a_day_or_a_marketplace_that_vanishes_among_others_is_quarantined",
    "test_confirmed_absence_lets_no_row_go_unasked",
    "test_transactions_without_id_marketplace_and_items_are_rows",
    "test_a_window_that_is_read_again_is_compared_with_itself",
    "test_split_joined_and_single_lines_are_stored_once",
    "test_rows_of_equal_dimensions_are_all_kept_whatever_their_order",
    "test_stock_that_marketplaces_share_is_counted_once",
    "test_the_same_slice_at_the_same_time_is_loaded_once_after_the_other",
    "test_rows_without_a_value_of_the_new_key_stop_it_unless_absent_supplies_one",
    "test_every_hostile_value_is_stored_or_rejected",
}
# Each case is another way of writing.
EVERY_CASE = {"test_any_order_any_number_of_times"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A module names in ``ONLY`` the destinations it is for; else every one has its turn."""
    left_out: list[pytest.Item] = []
    on_bigquery: set[tuple[Path, str]] = set()
    for item in items:
        only = getattr(getattr(item, "module", None), "ONLY", None)
        params = getattr(getattr(item, "callspec", None), "params", {})
        name = params.get("store")
        if name is None or not isinstance(item, pytest.Function):
            continue
        is_long = name == "bigquery" and not IS_WHOLE_SUITE
        is_another = (item.path, item.originalname) in on_bigquery
        if (only and name not in only) or (is_long and (item.originalname not in ON_BIGQUERY or is_another)):
            left_out.append(item)
        elif is_long and item.originalname not in EVERY_CASE:
            on_bigquery.add((item.path, item.originalname))
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """One destination, empty, with a migrated ledger."""
    name: str = request.param
    # All that the throw-away destination needs outside its own module.
    monkeypatch.setitem(
        DESTINATIONS,
        "json_lines",
        KnownDestination("integration.destinations.json_lines:JsonLinesDestination"),
    )
    return STORES[name](*(request.getfixturevalue(need) for need in NEEDS[name]))
