"""What only Google's own BigQuery shows: bytes, required columns, partition filters, transactions that meet.

Run with ``SELLEROPS_REAL_BIGQUERY_PROJECT=<project>`` and application default credentials; the datasets made
are dropped again. ``SELLEROPS_REAL_BIGQUERY_LOCATION``: else US.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from google.api_core import exceptions as api
from google.cloud import bigquery as google_bigquery
from integration.destinations.stores import BigQueryStore
from integration.destinations.test_bigquery import EARLY, STORY, TABLES, orders

from sellerops.destinations.bigquery import BigQueryAddress

PROJECT = os.environ.get("SELLEROPS_REAL_BIGQUERY_PROJECT", "")
pytestmark = [
    pytest.mark.real_bigquery,
    pytest.mark.skipif(not PROJECT, reason="SELLEROPS_REAL_BIGQUERY_PROJECT names no project"),
]


@pytest.fixture
def store(conninfo: str) -> Iterator[BigQueryStore]:
    client = google_bigquery.Client(project=PROJECT)
    prefix = f"sellerops_test_{uuid.uuid4().hex[:8]}_"
    location = os.environ.get("SELLEROPS_REAL_BIGQUERY_LOCATION", "US")
    yield BigQueryStore(conninfo, BigQueryAddress(lambda: client, PROJECT, prefix, location))
    for dataset in client.list_datasets():
        if dataset.dataset_id.startswith(prefix):
            client.delete_dataset(dataset, delete_contents=True)


def test_the_story_loads_and_says_what_it_read(store: BigQueryStore) -> None:
    for document in STORY:
        document.load_into(store.destination)
    assert all(store.rows(f"amazon_sp.{table}") for table in TABLES)
    # A bytes figure of each load that wrote something, and none for what wrote nothing.
    assert all(load["bytes_processed"] for load in store.loads() if load["inserted"])


def test_a_table_is_not_read_without_its_partitions(store: BigQueryStore) -> None:
    orders(0, ("1", EARLY, EARLY, "1")).load_into(store.destination)
    table = store.table("amazon_sp.all_orders")
    assert table is not None
    with pytest.raises(api.BadRequest, match="partition"):
        store.client.query(f"SELECT sku FROM `{table.project}.{table.dataset_id}.{table.table_id}`").result()


def test_required_columns_refuse_null(store: BigQueryStore) -> None:
    orders(0, ("1", EARLY, EARLY, "1")).load_into(store.destination)
    table = store.table("amazon_sp.all_orders")
    assert table is not None
    name = f"{table.project}.{table.dataset_id}.{table.table_id}"
    with pytest.raises(api.BadRequest):
        store.client.query(f"INSERT INTO `{name}` (region) VALUES ('NA')").result()


def test_a_numeric_column_is_widened_where_a_later_value_needs_it(store: BigQueryStore) -> None:
    orders(0, ("1", EARLY, EARLY, "9.5")).load_into(store.destination)
    orders(1, ("2", EARLY, EARLY, "0.0123456789012345678")).load_into(store.destination)
    stored = {row["amazon_order_id"]: row["item_price"] for row in store.rows("amazon_sp.all_orders")}
    assert stored == {"1": Decimal("9.5"), "2": Decimal("0.0123456789012345678")}


def test_loads_of_other_accounts_wait_for_the_table_and_do_not_end_each_other(store: BigQueryStore) -> None:
    document = orders(0, *[(str(number), EARLY, EARLY, "1") for number in range(50)])
    errors: list[BaseException] = []

    def load(account: str) -> None:
        try:
            replace(document, slice_=replace(document.slice_, account_id=account)).load_into(
                store.destination
            )
        except Exception as error:  # noqa: BLE001 - the test looks at every error
            errors.append(error)

    threads = [threading.Thread(target=load, args=(f"marketplace{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert errors == [] and len(store.rows("amazon_sp.all_orders")) == 200
