"""What holds of BigQuery beside the shared suite: costs, layout, crashes between its commit and the
ledger's, and that both destinations' tables are the same cell by cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from google.api_core import exceptions as api
from google.cloud import bigquery as google_bigquery
from integration.destinations.documents import (
    NOON,
    Doc,
    as_json,
    contents,
    day_slice,
    snapshot_slice,
    spec_with,
    tsv,
)
from integration.destinations.stores import BigQueryStore, PostgresStore
from support.bigquery import PROJECT
from support.specs import shipped_specs

from sellerops.base.errors import (
    ConfigurationError,
    Quarantined,
    RetryableError,
    SellerOpsError,
    UnreadableDocument,
)
from sellerops.destinations import intents, open_destination
from sellerops.destinations.bigquery import BigQueryAddress
from sellerops.destinations.bigquery.errors import BIGQUERY_RULES
from sellerops.destinations.bigquery.jobs import Jobs
from sellerops.destinations.bigquery.shape import BigQueryShape
from sellerops.destinations.error_rules import typed_errors
from sellerops.settings.specs import load_spec

ORDERS = [
    "amazon-order-id",
    "purchase-date",
    "last-updated-date",
    "sku",
    "asin",
    "item-price",
    "sales-channel",
]
SALES = load_spec("sales_and_traffic")
ORDERS_SPEC = load_spec("all_orders")


@pytest.fixture
def store(conninfo: str, bigquery: BigQueryAddress) -> BigQueryStore:
    return BigQueryStore(conninfo, bigquery)


def orders(hours: float, *rows: tuple[Any, ...], more: tuple[str, ...] = ()) -> Doc:
    """``(order, purchased, updated, price, ...)``."""
    lines = [
        [order, bought, updated, "S", "A", price, "Amazon.com", *rest]
        for order, bought, updated, price, *rest in rows
    ]
    slice_ = day_slice(ORDERS_SPEC, "2026-11-18", "2026-11-20", marketplaces=("US", "CA"))
    return Doc(ORDERS_SPEC, slice_, tsv([*ORDERS, *more], lines), hours)


def sales(hours: float, units: dict[str, int], *, quarantine: bool = False) -> Doc:
    spec = SALES if quarantine else spec_with("sales_and_traffic", "sales_daily", quarantine=None)
    spec = spec.model_copy(update={"tables": {"sales_daily": spec.tables["sales_daily"]}})
    items = [
        {"parentAsin": "P", "childAsin": asin, "salesByAsin": {"unitsOrdered": n}}
        for asin, n in units.items()
    ]
    content = as_json(salesAndTrafficByAsin=items)
    return Doc(spec, day_slice(spec, "2026-11-18"), content, hours, "application/json")


def returns(hours: float, *rows: tuple[Any, ...]) -> Doc:
    spec = load_spec("fba_customer_returns")
    header = ["return-date", "order-id", "sku", "quantity"]
    slice_ = day_slice(
        spec, "2026-11-17", "2026-11-18", marketplaces=("US", "CA"), timezone="America/New_York"
    )
    return Doc(spec, slice_, tsv(header, rows), hours)


def stock(hours: float, moment: float, units: int) -> Doc:
    spec = load_spec("fba_manage_inventory")
    slice_ = snapshot_slice(spec, NOON + timedelta(hours=moment))
    return Doc(spec, slice_, tsv(["sku", "afn-total-quantity"], [("s", units)]), hours)


EARLY, LATE = "2026-11-18T02:00:00+00:00", "2026-11-19T02:00:00+00:00"
STORY = [
    orders(0, ("1", EARLY, EARLY, "9.50"), ("2", EARLY, EARLY, "1"), ("2", EARLY, EARLY, "2")),
    orders(24, ("1", LATE, LATE, "9.75", "x"), ("3", None, LATE, "0.1", "y"), more=("a-new-column",)),
    orders(12, ("1", EARLY, EARLY, "7"), ("3", EARLY, EARLY, "5")),
    orders(24, ("3", LATE, LATE, "0.2", "z"), more=("a-new-column",)),
    returns(0, ("2026-11-18T01:00:00Z", "o1", "A", 1), ("2026-11-18T01:00:00Z", "o1", "A", 1)),
    returns(24, ("2026-11-18T01:00:00Z", "o2", "A", 1), ("2026-11-19T04:30:00Z", "o3", "A", "bad")),
    returns(12, ("2026-11-18T01:00:00Z", "o4", "A", 1)),
    stock(0, 0, 5),
    stock(24, 1, 6),
    stock(36, 0, 7),
    sales(0, {"A": 1, "B": 2, "C": 3}),
    sales(24, {"A": 1, "B": 5, "D": 4}),
    sales(12, {"A": 9}),
]
TABLES = ("all_orders", "fba_customer_returns", "fba_manage_inventory", "sales_daily")


def recorded(store: PostgresStore) -> list[dict[str, Any]]:
    """The history of changed cells, without what differs from load to load."""
    left_out = "old_load_id", "new_load_id", "old_loaded_at", "new_loaded_at"
    found = store.query(
        "SELECT * FROM sellerops.restatement ORDER BY new_reported_at, key::text, column_name"
    )
    return [{name: value for name, value in row.items() if name not in left_out} for row in found]


def numbers_trimmed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Postgres keeps how a number was written, 9.50; its value is the same."""
    return [
        {
            name: re.sub(r"^(\d+\.\d*?)0+$", r"\1", value) if isinstance(value, str) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def test_both_destinations_store_the_same_tables_cell_by_cell_and_a_change_is_recorded_once(
    store: BigQueryStore, statements: list[tuple[str, str, dict[str, Any]]]
) -> None:
    beside = PostgresStore(store.conninfo)
    for document in STORY:
        statements.clear()
        ours, theirs = (document.load_into(each.destination) for each in (beside, store))
        for one, other in zip(ours, theirs, strict=True):
            same = (
                "rows_in_file",
                "stored",
                "rejected",
                "inserted",
                "updated",
                "unchanged",
                "superseded",
                "replaced",
            )
            assert [getattr(one, name) for name in same] == [getattr(other, name) for name in same]
            assert (one.new_columns, one.rejected_by_reason) == (other.new_columns, other.rejected_by_reason)
            # The second does not record again what the first has recorded.
            assert other.changed_columns == {}
            assert contents(beside.rejects(one.load_id)) == contents(store.rejects(other.load_id))
        hold_to_partitions(document, store, statements)
    for table in TABLES:
        assert contents(store.rows(f"amazon_sp.{table}")) == contents(beside.rows(f"amazon_sp.{table}"))
        assert store.columns(f"amazon_sp.{table}").keys() == beside.columns(f"amazon_sp.{table}").keys()
    names = {
        row["destination"]
        for row in store.query("SELECT DISTINCT destination FROM sellerops.table_watermark")
    }
    assert names == {"postgres", "bigquery"}
    both = recorded(store)
    assert len(both) == len(contents(both)) == len({repr(sorted(row.items(), key=str)) for row in both}) > 8


def test_the_history_bigquery_keeps_is_the_one_postgres_keeps(store: BigQueryStore) -> None:
    # A fresh ledger for Postgres, which then records the changes that BigQuery has recorded.
    for document in STORY[:2] + STORY[-3:-1]:
        document.load_into(store.destination)
    ours = recorded(store)
    for table in ("restatement", "table_watermark", "load", "schema_change"):
        store.query(f"DELETE FROM sellerops.{table}")
    beside = PostgresStore(store.conninfo)
    for document in STORY[:2] + STORY[-3:-1]:
        document.load_into(beside.destination)
    assert contents(numbers_trimmed(ours)) == contents(numbers_trimmed(recorded(beside)))
    assert len(ours) > 4


# -- crashes --


class PowerCut(BaseException):
    """The process is gone: nothing of ours runs any more."""


def cut(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, *, at_step: str = "") -> Callable[[], None]:
    """The next call of ``where.name`` (for jobs: of that step) does not happen; returns what mends it."""
    real = getattr(where, name)

    def gone(*args: Any, **options: Any) -> Any:
        if at_step and f"_{at_step}_" not in str(args[1]):
            return real(*args, **options)
        raise PowerCut

    monkeypatch.setattr(where, name, gone)
    return lambda: monkeypatch.setattr(where, name, real)


@pytest.mark.parametrize("crash", ["before the write", "after the write"])
def test_a_crash_around_the_commit_loses_nothing_and_doubles_nothing(
    store: BigQueryStore, monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    first, second, older = (
        sales(0, {"A": 1, "B": 2}),
        sales(24, {"A": 3, "C": 4}),
        sales(12, {"A": 8, "E": 9}),
    )
    first.load_into(store.destination)
    mend = (
        cut(monkeypatch, Jobs, "query", at_step="write")
        if crash == "before the write"
        else cut(monkeypatch, intents, "complete")
    )
    with pytest.raises(PowerCut):
        second.load_into(store.destination)
    mend()
    assert len(store.query("SELECT load_id FROM sellerops.load_intent")) == 1
    assert len(store.loads()) == 1
    # Had the watermark been lost with the process, the older document would now win.
    results = older.load_into(store.destination) if crash == "after the write" else []
    assert [result.superseded for result in results] == [2] * len(results)
    second.load_into(store.destination)
    rows = {row["child_asin"]: row["units_ordered"] for row in store.rows("amazon_sp.sales_daily")}
    assert rows == {"A": 3, "C": 4}
    changes = [(row["key"]["child_asin"], row["column_name"]) for row in recorded(store)]
    assert sorted(changes) == [("A", "units_ordered"), ("B", ""), ("C", "")]
    assert not store.query("SELECT load_id FROM sellerops.load_intent")
    assert not store.query("SELECT new_load_id FROM sellerops.restatement_intent")


def test_a_job_whose_answer_was_lost_runs_once(store: BigQueryStore) -> None:
    jobs = Jobs(store.client, store.address, {})
    store.client.create_dataset(f"{store.address.dataset_prefix}once")
    table = f"{PROJECT}.{store.address.dataset_prefix}once.t"
    make, add = jobs.name(1, "make"), jobs.name(1, "add")
    jobs.query(make, f"CREATE TABLE `{table}` (n INT64)", {})
    for _ in range(2):
        jobs.query(add, f"INSERT INTO `{table}` (n) VALUES (1)", {})
    assert store.client.get_table(table).num_rows == 1 or len(list(store.client.list_rows(table))) == 1
    assert jobs.has_run(add)
    # A job that never was sent can be sent no more once somebody has asked.
    late = jobs.name(1, "late")
    assert not jobs.has_run(late) and not jobs.has_run(late)
    jobs.query(late, f"INSERT INTO `{table}` (n) VALUES (2)", {})
    assert [row["n"] for row in store.client.list_rows(table)] == [1]


# -- layout --


def test_tables_are_partitioned_clustered_labelled_and_described(store: BigQueryStore) -> None:
    address = replace(store.address, labels={"team": "Data & Co"}, location="EU")
    destination = open_destination("bigquery", address, ledger=store.conninfo)
    orders(0, ("1", EARLY, EARLY, "9.50")).load_into(destination)
    table = store.table("amazon_sp.all_orders")
    assert table is not None
    assert (table.time_partitioning.type_, table.time_partitioning.field) == ("DAY", "purchase_date")
    assert table.require_partition_filter
    assert table.clustering_fields == ["account_id", "marketplace_id", "amazon_order_id", "sku"]
    assert table.labels == {
        "managed_by": "sellerops", "source": "amazon_sp", "report": "all_orders", "table": "all_orders",
        "team": "data___co",
    }  # fmt: skip
    assert table.description == ORDERS_SPEC.tables["all_orders"].description or not table.description
    fields = {each.name: each for each in table.schema}
    assert (fields["account_id"].mode, fields["marketplace_id"].mode) == ("REQUIRED", "NULLABLE")
    assert fields["item_price"].field_type == "NUMERIC"
    assert not any(each.field_type.startswith("FLOAT") for each in table.schema)
    (load,) = store.loads()
    assert load["job_ids"] and all(
        job_id.startswith(f"sellerops_{load['id']}_") for job_id in load["job_ids"]
    )
    assert not store.leftovers()


def test_every_table_of_the_catalogue_has_a_shape_bigquery_takes() -> None:
    shapes = [BigQueryShape(spec, name) for spec in shipped_specs() for name in spec.tables]
    assert len(shapes) > 60
    for shape in shapes:
        assert 1 <= len(shape.clusters) <= 4 and shape.clusters[0] == "account_id"
        assert shape.partition is None or shape.types[shape.partition] in ("DATE", "TIMESTAMP")
        replaced = shape.table.write_disposition.value != "merge"
        assert shape.partition or not replaced, shape.full_name
        assert "FLOAT64" not in shape.types.values()


def test_a_value_of_more_digits_makes_its_column_wider_and_stays_exact(store: BigQueryStore) -> None:
    orders(0, ("1", EARLY, EARLY, "0.123456789012345678")).load_into(store.destination)
    table = store.table("amazon_sp.all_orders")
    assert table is not None
    kinds = {each.name: each.field_type for each in table.schema}
    assert (kinds["item_price"], kinds["item_tax"]) == ("BIGNUMERIC", "NUMERIC")
    (row,) = store.rows("amazon_sp.all_orders")
    assert row["item_price"] == Decimal("0.123456789012345678")


def test_a_row_that_moves_to_another_day_is_not_doubled(store: BigQueryStore) -> None:
    for hours, bought in ((0, EARLY), (1, None), (2, LATE), (3, "2026-10-01T00:00:00Z")):
        updated = f"2026-11-19T0{hours}:00:00Z"
        orders(hours, ("1", bought, updated, "1"), ("2", EARLY, EARLY, "1")).load_into(store.destination)
    rows = sorted(
        (row["amazon_order_id"], row["purchase_date"].date()) for row in store.rows("amazon_sp.all_orders")
    )
    assert rows == [("1", date(2026, 10, 1)), ("2", date(2026, 11, 18))]


def test_personal_columns_never_leave_for_bigquery(store: BigQueryStore) -> None:
    columns = dict(ORDERS_SPEC.tables["all_orders"].columns)
    columns["ship_city"] = columns["ship_city"].model_copy(update={"personal": True})
    spec = spec_with("all_orders", columns=columns)
    document = orders(0, ("1", EARLY, EARLY, "1", "Springfield"), more=("ship-city",))
    sent: list[Any] = []
    upload = google_bigquery.Client.load_table_from_file
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            google_bigquery.Client,
            "load_table_from_file",
            lambda self, file, *args, **options: (
                sent.append(file.read()),
                file.seek(0),
                upload(self, file, *args, **options),
            )[-1],
        )
        replace(document, spec=spec).load_into(store.destination)
    assert sent and not any(b"ship_city" in each or b"Springfield" in each for each in sent)
    assert "ship_city" not in store.columns("amazon_sp.all_orders")
    assert len(store.rows("amazon_sp.all_orders")) == 1


# -- cost --


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """Step, text and parameters of every statement that is sent."""
    sent: list[tuple[str, str, dict[str, Any]]] = []
    real = Jobs.query

    def query(self: Jobs, job_id: str, statement: str, parameters: Any) -> Any:
        sent.append((job_id.split("_")[2], statement, dict(parameters)))
        return real(self, job_id, statement, parameters)

    monkeypatch.setattr(Jobs, "query", query)
    return sent


def test_every_statement_that_reads_or_deletes_rows_names_their_partitions(
    store: BigQueryStore, statements: list[tuple[str, str, dict[str, Any]]]
) -> None:
    """Those that judge a day by earlier weeks; the test above covers all others."""
    document = sales(48, {"A": 5}, quarantine=True)
    document.load_into(store.destination)
    assert any(step.startswith("sums") for step, _, _ in statements)
    hold_to_partitions(document, store, statements)


def hold_to_partitions(
    document: Doc, store: BigQueryStore, statements: list[tuple[str, str, dict[str, Any]]]
) -> None:
    """One step is exempt: it searches keys that do not contain the day."""
    for name in document.spec.tables:
        shape = BigQueryShape(document.spec, name)
        if shape.partition is None:
            continue
        landing = f"{PROJECT}.{store.address.dataset_prefix}{shape.full_name}`"
        bound = f"t.`{shape.partition}` >= @bound_first AND t.`{shape.partition}` < @bound_after"
        for step, text, parameters in statements:
            for slice_ in text.split(";\n"):
                uses = len(re.findall(rf"(?:FROM|MERGE|UPDATE) `{re.escape(landing)}", slice_))
                if step == "positions":
                    assert uses == 0 or f"t.`{shape.partition}` >= @dawn" in slice_
                    continue
                assert slice_.count(bound) == uses, (step, slice_)
            if "@bound_first" in text:
                days = parameters["bound_after"][1] - parameters["bound_first"][1]
                assert timedelta(0) < days <= timedelta(days=70 if step.startswith("sums") else 8)


# -- errors --


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (api.NotFound("no dataset"), ConfigurationError),
        (api.Forbidden("no role"), ConfigurationError),
        (api.Forbidden("Quota exceeded: load jobs"), RetryableError),
        (api.TooManyRequests("slow"), RetryableError),
        (api.ServiceUnavailable("away"), RetryableError),
        (api.RetryError("gave up", cause=None), RetryableError),
        (ConnectionError("reset"), RetryableError),
        (api.BadRequest("Transaction is aborted due to concurrent update"), RetryableError),
        (api.BadRequest("no such value"), UnreadableDocument),
    ],
)
def test_errors_say_what_a_person_does_next(error: Exception, kind: type[SellerOpsError]) -> None:
    with pytest.raises(kind) as found, typed_errors("here", BIGQUERY_RULES):
        raise error
    assert found.value.where == "here" and found.value.remedy


def test_a_service_that_is_away_is_tried_again(conninfo: str) -> None:
    from google.auth.credentials import AnonymousCredentials

    client = google_bigquery.Client(
        project="p", credentials=AnonymousCredentials(), client_options={"api_endpoint": "http://127.0.0.1:1"}
    )
    address = BigQueryAddress(lambda: client, "p", patience=0.5)
    with pytest.raises(RetryableError):
        orders(0, ("1", EARLY, EARLY, "1")).load_into(open_destination("bigquery", address, ledger=conninfo))


def test_a_destination_without_a_ledger_is_a_configuration_error(bigquery: BigQueryAddress) -> None:
    with pytest.raises(ConfigurationError, match="ledger"):
        open_destination("bigquery", bigquery)


def test_a_day_that_drops_to_nothing_is_quarantined_and_the_old_rows_stay(store: BigQueryStore) -> None:
    sales(0, {"A": 134}, quarantine=True).load_into(store.destination)
    with pytest.raises(Quarantined) as caught:
        sales(24, {"A": 0}, quarantine=True).load_into(store.destination)
    assert caught.value.details["rows_stand"] and caught.value.details["quarantine_ids"]
    assert [row["units_ordered"] for row in store.rows("amazon_sp.sales_daily")] == [134]
    assert len(store.loads()) == 1 and not store.leftovers()
    store.query(
        "UPDATE sellerops.quarantine "
        "SET state = 'RELEASED', decided_by = 'someone', decided_at = sellerops.now()"
    )
    sales(24, {"A": 0}, quarantine=True).load_into(store.destination)
    assert [row["units_ordered"] for row in store.rows("amazon_sp.sales_daily")] == [0]
