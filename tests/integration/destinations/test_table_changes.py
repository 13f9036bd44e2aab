"""A changed spec over a table with rows: reported before anything is stored, migrated without loss."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from integration.destinations.documents import Doc, contents, day_slice, spec_with, tsv
from integration.destinations.stores import BigQueryStore, PostgresStore, Store

from sellerops.archive import Archive, DocumentMeta
from sellerops.base.errors import ConfigurationError, SellerOpsError
from sellerops.cli import main
from sellerops.destinations import load_document
from sellerops.destinations.bigquery.migration import TableMigration
from sellerops.destinations.differences import Migration
from sellerops.destinations.postgres import migration as postgres_migration
from sellerops.ledger import Ledger
from sellerops.reprocess.replay import Scope, replay
from sellerops.settings.specs import Column, ColumnType, ReportSpec, WriteDisposition, load_spec

ONLY = ("postgres", "bigquery")

SHIPMENTS, RETURNS, SALES = (
    load_spec(name) for name in ("fulfilled_shipments", "fba_customer_returns", "sales_and_traffic")
)
HEADERS = {
    "fulfilled_shipments": ["shipment-id", "shipment-item-id", "shipment-date", "sku", "tracking-number",
                            "sales-channel", "recipient-name", "quantity-shipped"],
    "fba_customer_returns": ["return-date", "order-id", "sku", "quantity", "license-plate-number"],
}  # fmt: skip
AT = "2026-11-20T10:00:00+00:00"
ROWS: dict[str, list[list[Any]]] = {
    "fulfilled_shipments": [
        ["D1", "I1", AT, "007", "1Z", "amazon.com", "Ada Invented", 2],
        ["D1", "I2", AT, "S", "2Z", "amazon.com", None, 1],
    ],
    "fba_customer_returns": [[AT, "o1", "S", 1, "LPN1"], [AT, "o2", "S", 1, "LPN2"]],
}


def document(spec: ReportSpec, hours: float = 0, rows: list[list[Any]] | None = None) -> Doc:
    marketplaces = ("US",) if spec.scope == "marketplace" else ("US", "CA")
    slice_ = day_slice(spec, "2026-11-14", "2026-11-20", marketplaces=marketplaces)
    given = ROWS[spec.name] if rows is None else rows
    return Doc(spec, slice_, tsv(HEADERS[spec.name], given), hours, marketplace_ids=("ATVPDKIKX0DER",))


def table_of(spec: ReportSpec) -> str:
    return f"{spec.source}.{next(iter(spec.tables))}"


def migrate(store: Store, spec: ReportSpec, *, check: bool = False) -> Migration:
    destination: Any = store.destination
    done = destination.migrate(spec, next(iter(spec.tables)), check=check)
    assert isinstance(done, Migration)
    return done


def with_column(name: str, column: str, **changes: Any) -> ReportSpec:
    columns = dict(load_spec(name).tables[name].columns)
    columns[column] = columns[column].model_copy(update=changes)
    return spec_with(name, columns=columns)


def without_column(name: str, column: str) -> ReportSpec:
    columns = dict(load_spec(name).tables[name].columns)
    del columns[column]
    return spec_with(name, columns=columns)


WIDER = ("shipment_id", "shipment_item_id", "tracking_number")
# Report, the changed spec, and a word of what differs.
CHANGES: dict[str, tuple[str, Callable[[], ReportSpec], str]] = {
    "wider key": (
        "fulfilled_shipments",
        lambda: spec_with("fulfilled_shipments", primary_key=WIDER),
        "key",
    ),
    "narrower key": (
        "fulfilled_shipments",
        lambda: spec_with("fulfilled_shipments", primary_key=("shipment_item_id",), unit=()),
        "key",
    ),
    "from no key to one": (
        "fba_customer_returns",
        lambda: spec_with("fba_customer_returns", primary_key=("order_id", "license_plate_number")),
        "key",
    ),
    "type": (
        "fulfilled_shipments",
        lambda: with_column("fulfilled_shipments", "quantity_shipped", type=ColumnType.DECIMAL),
        "quantity_shipped",
    ),
    "a number to text": (
        "fulfilled_shipments",
        lambda: with_column("fulfilled_shipments", "quantity_shipped", type=ColumnType.TEXT),
        "quantity_shipped",
    ),
    "a column that the spec no longer names": (
        "fulfilled_shipments",
        lambda: without_column("fulfilled_shipments", "quantity_shipped"),
        "quantity_shipped",
    ),
}  # fmt: skip


def noted(store: Store, table: str) -> int:
    """How many changes of a table its marts have been told of since this was first asked."""
    with psycopg.connect(store.conninfo) as connection:
        connection.execute(
            "INSERT INTO sellerops.mart_input (mart, destination, table_name) VALUES ('m', %s, %s) "
            "ON CONFLICT DO NOTHING",
            (store.destination.name, table),
        )
        found = connection.execute(
            "SELECT FROM sellerops.table_change WHERE destination = %s AND table_name = %s "
            "AND account_id = '' AND load_id IS NULL",
            (store.destination.name, table),
        )
        return len(found.fetchall())


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_is_reported_then_migrated_without_a_loss(store: Store, case: str) -> None:
    report, changed, word = CHANGES[case]
    spec, table = changed(), f"amazon_sp.{report}"
    document(load_spec(report)).load_into(store.destination)
    before = store.rows(table)
    with pytest.raises(ConfigurationError, match=word) as caught:
        document(spec, 1).load_into(store.destination)
    assert f"tables migrate {report}" in caught.value.remedy and "replay" in caught.value.remedy
    assert contents(store.rows(table)) == contents(before) and len(store.loads()) == 1
    planned = migrate(store, spec, check=True)
    assert planned.steps and not planned.conflicts and not planned.is_applied and planned.rows == 2
    assert contents(store.rows(table)) == contents(before), "a check changes nothing"
    assert noted(store, table) == 0
    done = migrate(store, spec)
    assert done.is_applied and done.rows == 2 and len(store.rows(table)) == 2
    assert noted(store, table) == 1, "marts that read the table look at all of it"
    assert {
        row["order_id" if report == RETURNS.name else "shipment_item_id"] for row in store.rows(table)
    } == {row["order_id" if report == RETURNS.name else "shipment_item_id"] for row in before}
    again = migrate(store, spec)
    assert not again.steps and not again.is_applied and noted(store, table) == 1
    (result,) = document(spec, 2).load_into(store.destination)
    assert result.stored == 2 and len(store.rows(table)) == 2
    assert store.leftovers() == []


def test_rows_that_would_share_a_key_stop_it(store: Store) -> None:
    shared = [[shipment, "I1", AT, "S", "1Z", "amazon.com", None, 1] for shipment in ("D1", "D2")]
    document(SHIPMENTS, rows=shared).load_into(store.destination)
    before = store.rows(table_of(SHIPMENTS))
    spec = spec_with(SHIPMENTS.name, primary_key=("shipment_item_id",), unit=())
    for check in (True, False):
        found = migrate(store, spec, check=check)
        assert "2 rows would share 1 keys" in found.conflicts[0] and "I1" in found.conflicts[0]
        assert "replay" in found.conflicts[-1] and not found.is_applied
    assert contents(store.rows(table_of(SHIPMENTS))) == contents(before)
    document(SHIPMENTS, 1).load_into(store.destination)


def test_values_the_new_type_does_not_hold_stop_it(store: Store) -> None:
    document(SHIPMENTS).load_into(store.destination)
    spec = with_column(SHIPMENTS.name, "sku", type=ColumnType.INTEGER)
    found = migrate(store, spec)
    assert found.conflicts[0] == "`sku` has 1 values that are not of type integer" and not found.is_applied
    document(SHIPMENTS, 1).load_into(store.destination)


def test_rows_without_a_value_of_the_new_key_stop_it_unless_absent_supplies_one(store: Store) -> None:
    rows = [["D1", "I1", AT, "S", None, "amazon.com", None, 1]]
    document(SHIPMENTS, rows=rows).load_into(store.destination)
    found = migrate(store, spec_with(SHIPMENTS.name, primary_key=WIDER))
    assert "1 rows have no `tracking_number`" in found.conflicts[0]
    columns = dict(SHIPMENTS.tables[SHIPMENTS.name].columns)
    columns["tracking_number"] = Column(type=ColumnType.TEXT, absent="none")
    spec = spec_with(SHIPMENTS.name, primary_key=WIDER, columns=columns)
    made_of_row = {"tracking_number": Column(type=ColumnType.TEXT, absent="none-{shipment_id}")}
    of_the_row = spec_with(SHIPMENTS.name, primary_key=WIDER, columns={**columns, **made_of_row})
    assert "1 rows have no `tracking_number`" in migrate(store, of_the_row, check=True).conflicts[0]
    assert migrate(store, spec).is_applied
    document(spec, 1, rows).load_into(store.destination)
    (row,) = store.rows(table_of(SHIPMENTS))
    assert row["tracking_number"] == "none"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"scope": "marketplace"}, "scope"),
        ({"write_disposition": WriteDisposition.SNAPSHOT, "day": None}, "snapshot"),
    ],
)
def test_what_rows_cannot_become_is_another_table(store: Store, changes: dict[str, Any], word: str) -> None:
    document(RETURNS).load_into(store.destination)
    own = {name: value for name, value in changes.items() if name == "scope"}
    spec = spec_with(RETURNS.name, **{name: value for name, value in changes.items() if name != "scope"})
    spec = spec.model_copy(update=own)
    slice_ = day_slice(spec, "2026-11-14", "2026-11-20")
    slice_ = replace(slice_, snapshot_at=AT) if not own else slice_
    with pytest.raises(ConfigurationError, match=word) as caught:
        replace(document(spec, 1), slice_=slice_).load_into(store.destination)
    assert "another name in the spec" in caught.value.remedy and "Neither" in caught.value.remedy
    assert "another name" in migrate(store, spec).conflicts[-1]


def test_a_replaced_day_of_another_column_is_made_again(store: Store) -> None:
    days = spec_with(RETURNS.name, primary_key=("order_id", "license_plate_number"))
    document(days).load_into(store.destination)
    columns = dict(days.tables[RETURNS.name].columns)
    columns["status_date"] = Column(type=ColumnType.TIMESTAMP, also=("return-date",))
    changed = spec_with(RETURNS.name, primary_key=("order_id", "license_plate_number"), columns=columns,
                        day="status_date")  # fmt: skip
    assert any("replay" in text for text in migrate(store, changed).conflicts)


# -- Postgres alone --


@pytest.fixture
def postgres(conninfo: str) -> PostgresStore:
    return PostgresStore(conninfo)


def test_a_table_older_than_the_ledgers_note_of_it_is_compared_too(postgres: PostgresStore) -> None:
    document(RETURNS).load_into(postgres.destination)
    postgres.query("DELETE FROM sellerops.landing_table")
    document(RETURNS, 1).load_into(postgres.destination)
    postgres.query("DELETE FROM sellerops.landing_table")
    with pytest.raises(ConfigurationError, match="scope"):
        document(RETURNS.model_copy(update={"scope": "marketplace"}), 2).load_into(postgres.destination)


def test_the_key_of_personal_rows_goes_with_their_rows(postgres: PostgresStore) -> None:
    document(SHIPMENTS).load_into(postgres.destination)
    spec = spec_with(SHIPMENTS.name, primary_key=WIDER)
    assert migrate(postgres, spec).is_applied
    personal = postgres.rows("amazon_sp.fulfilled_shipments__personal")
    assert [(row["tracking_number"], row["recipient_name"]) for row in personal] == [("1Z", "Ada Invented")]
    document(spec, 1).load_into(postgres.destination)
    assert len(postgres.rows("amazon_sp.fulfilled_shipments__personal")) == 1


def test_the_type_of_a_personal_column_changes_in_its_own_table(postgres: PostgresStore) -> None:
    table = "amazon_sp.fulfilled_shipments__personal"
    rows = [["D1", "I1", AT, "S", "1Z", "amazon.com", "12", 1]]
    document(SHIPMENTS, rows=rows).load_into(postgres.destination)
    spec = with_column(SHIPMENTS.name, "recipient_name", type=ColumnType.INTEGER)
    with pytest.raises(ConfigurationError, match="recipient_name"):
        document(spec, 1, rows).load_into(postgres.destination)
    assert migrate(postgres, spec).is_applied
    assert [row["recipient_name"] for row in postgres.rows(table)] == [12]
    document(spec, 1, rows).load_into(postgres.destination)
    assert not migrate(postgres, spec, check=True).steps


def test_a_table_without_rows_takes_any_change(postgres: PostgresStore) -> None:
    document(RETURNS).load_into(postgres.destination)
    postgres.query(f"TRUNCATE {table_of(RETURNS)}")
    spec = RETURNS.model_copy(update={"scope": "marketplace"})
    with pytest.raises(ConfigurationError) as caught:
        document(spec, 1).load_into(postgres.destination)
    assert "tables migrate" in caught.value.remedy and "another name" not in caught.value.remedy
    assert migrate(postgres, spec).is_applied
    document(spec, 1).load_into(postgres.destination)
    assert len(postgres.rows(table_of(RETURNS))) == 2


def test_an_index_in_another_order_is_made_again(postgres: PostgresStore) -> None:
    document(spec_with(SHIPMENTS.name, unit=())).load_into(postgres.destination)
    spec = spec_with(SHIPMENTS.name, primary_key=("shipment_item_id", "shipment_id"), unit=())
    document(spec, 1).load_into(postgres.destination)
    assert migrate(postgres, spec).is_applied and not migrate(postgres, spec).steps


def test_a_column_that_is_personal_no_longer_brings_its_values_back(postgres: PostgresStore) -> None:
    document(SHIPMENTS).load_into(postgres.destination)
    spec = with_column(SHIPMENTS.name, "recipient_name", personal=False)
    with pytest.raises(ConfigurationError, match="recipient_name"):
        document(spec, 1).load_into(postgres.destination)
    assert migrate(postgres, spec).is_applied
    assert {row["recipient_name"] for row in postgres.rows(table_of(SHIPMENTS))} == {"Ada Invented", None}
    document(spec, 1).load_into(postgres.destination)
    assert not migrate(postgres, spec).steps


def test_a_migration_that_is_killed_leaves_the_old_table(
    postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    document(SHIPMENTS).load_into(postgres.destination)
    spec = spec_with(SHIPMENTS.name, primary_key=WIDER)
    before = postgres.query("SELECT indexdef FROM pg_indexes WHERE schemaname = 'amazon_sp' ORDER BY 1")

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(postgres_migration, "record_definition", killed)
        with pytest.raises(KeyboardInterrupt):
            migrate(postgres, spec)
    assert (
        postgres.query("SELECT indexdef FROM pg_indexes WHERE schemaname = 'amazon_sp' ORDER BY 1") == before
    )
    document(SHIPMENTS, 1).load_into(postgres.destination)
    assert migrate(postgres, spec).is_applied


def test_a_view_over_a_changed_column_is_named(postgres: PostgresStore) -> None:
    document(SHIPMENTS).load_into(postgres.destination)
    postgres.query("CREATE SCHEMA own")
    postgres.query(f"CREATE VIEW own.sent AS SELECT quantity_shipped FROM {table_of(SHIPMENTS)}")
    with pytest.raises(ConfigurationError, match=r"view own\.sent"):
        migrate(postgres, with_column(SHIPMENTS.name, "quantity_shipped", type=ColumnType.TEXT))


def test_loads_beside_a_migration_wait_for_it(postgres: PostgresStore) -> None:
    document(SHIPMENTS).load_into(postgres.destination)
    spec = with_column(SHIPMENTS.name, "quantity_shipped", type=ColumnType.DECIMAL)
    errors: list[BaseException] = []

    def load(number: int) -> None:
        try:
            document(SHIPMENTS, number).load_into(postgres.destination)
        except SellerOpsError as error:
            errors.append(error)

    threads = [threading.Thread(target=load, args=(number,)) for number in range(1, 4)]
    for thread in threads:
        thread.start()
    assert migrate(postgres, spec).is_applied
    for thread in threads:
        thread.join(240)
    assert all(isinstance(error, ConfigurationError) for error in errors)
    assert len(postgres.rows(table_of(SHIPMENTS))) == 2


@pytest.mark.parametrize("case", ["from no key to one", "narrower key", "from a key to none"])
def test_a_replay_mends_what_a_migration_cannot(
    postgres: PostgresStore, ledger: Ledger, tmp_path: Path, case: str
) -> None:
    report = SHIPMENTS.name if case == "narrower key" else RETURNS.name
    keyed = spec_with(RETURNS.name, primary_key=("order_id", "license_plate_number"))
    first, spec = {
        "from no key to one": (RETURNS, keyed),
        "narrower key": (SHIPMENTS, spec_with(SHIPMENTS.name, primary_key=("shipment_item_id",), unit=())),
        "from a key to none": (keyed, RETURNS),
    }[case]
    doc, archive = document(first), Archive(str(tmp_path))
    meta = DocumentMeta("amazon_sp", report, "northwind", "1", AT, {"slice": doc.slice_.to_dict()}, {})
    stored = archive.put_stream([doc.content], meta)
    named = replace(doc.meta, where=stored.uri)
    load_document(postgres.destination, first, doc.slice_, named, doc.stream)
    with pytest.raises(ConfigurationError, match="key"):
        document(spec, 1).load_into(postgres.destination)
    with pytest.raises(ConfigurationError, match="key"):
        replay(ledger, archive, spec, Scope(account_id="northwind"))
    replay(ledger, archive, spec, Scope())
    assert len(postgres.rows(f"amazon_sp.{report}")) == 2
    (result,) = document(spec, 1).load_into(postgres.destination)
    assert result.stored == 2 and len(postgres.rows(f"amazon_sp.{report}")) == 2
    assert postgres.query("SELECT table_name FROM sellerops.landing_table") == [
        {"table_name": f"amazon_sp.{report}"}
    ]


def test_a_replay_refuses_another_scope(postgres: PostgresStore, ledger: Ledger, tmp_path: Path) -> None:
    document(RETURNS).load_into(postgres.destination)
    with pytest.raises(ConfigurationError, match="scope"):
        replay(ledger, Archive(str(tmp_path)), RETURNS.model_copy(update={"scope": "marketplace"}), Scope())
    assert len(postgres.rows(table_of(RETURNS))) == 2


def test_the_command_shows_the_plan_then_follows_it(
    postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document(SHIPMENTS).load_into(postgres.destination)
    spec = with_column(SHIPMENTS.name, "quantity_shipped", type=ColumnType.DECIMAL)
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", postgres.conninfo)
    monkeypatch.setattr("sellerops.cli.landing_tables.load_spec", lambda _: spec)
    assert main(["tables", "migrate", SHIPMENTS.name, "--check"]) == 1
    assert "postgres amazon_sp.fulfilled_shipments: to migrate, 2 rows" in capsys.readouterr().out
    assert main(["tables", "migrate", SHIPMENTS.name]) == 0
    assert ": migrated, 2 rows\n  the column `quantity_shipped` is bigint" in capsys.readouterr().out
    assert main(["tables", "migrate", SHIPMENTS.name, "--check"]) == 0
    assert ": matches its spec, 2 rows" in capsys.readouterr().out


# -- BigQuery alone --


@pytest.fixture
def warehouse(conninfo: str, bigquery: Any) -> BigQueryStore:
    return BigQueryStore(conninfo, bigquery)


def test_another_partition_is_migrated_and_an_interrupted_swap_ended(
    warehouse: BigQueryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    document(SHIPMENTS).load_into(warehouse.destination)
    assert SHIPMENTS.tables[SHIPMENTS.name].write_disposition is WriteDisposition.MERGE
    columns = dict(SHIPMENTS.tables[SHIPMENTS.name].columns)
    spec = spec_with(SHIPMENTS.name, columns={**columns, "payments_date": Column(type=ColumnType.TIMESTAMP)},
                     age_from="payments_date", day=None)  # fmt: skip
    with pytest.raises(ConfigurationError, match="it is partitioned by"):
        document(spec, 1).load_into(warehouse.destination)
    rename = TableMigration._rename

    def killed(self: TableMigration, full_name: str, name: str) -> None:
        if full_name.endswith("__migrating"):
            raise KeyboardInterrupt
        rename(self, full_name, name)

    with monkeypatch.context() as patch:
        patch.setattr(TableMigration, "_rename", killed)
        with pytest.raises(KeyboardInterrupt):
            migrate(warehouse, spec)
    with pytest.raises(ConfigurationError, match="interrupted"):
        document(spec, 1).load_into(warehouse.destination)
    assert noted(warehouse, table_of(SHIPMENTS)) == 0
    migrate(warehouse, spec)
    assert noted(warehouse, table_of(SHIPMENTS)) == 1
    table = warehouse.table(table_of(SHIPMENTS))
    assert table is not None and table.time_partitioning.field == "payments_date"
    assert len(warehouse.rows(table_of(SHIPMENTS))) == 2
    document(spec, 1).load_into(warehouse.destination)
    assert warehouse.table(f"{table_of(SHIPMENTS)}__before") is None


def test_a_column_called_personal_later_leaves_bigquery(warehouse: BigQueryStore) -> None:
    columns = dict(SHIPMENTS.tables[SHIPMENTS.name].columns)
    columns["recipient_name"] = columns["recipient_name"].model_copy(update={"personal": False})
    document(spec_with(SHIPMENTS.name, columns=columns)).load_into(warehouse.destination)
    with pytest.raises(ConfigurationError, match="personal"):
        document(SHIPMENTS, 1).load_into(warehouse.destination)
    assert migrate(warehouse, SHIPMENTS).is_applied
    assert "recipient_name" not in warehouse.columns(table_of(SHIPMENTS))
    assert len(warehouse.rows(table_of(SHIPMENTS))) == 2
