"""What every store of marts promises, in Postgres and in the local BigQuery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sellerops.base.errors import CheckFailed, ConfigurationError
from sellerops.base.postgres import LEDGER, connect
from sellerops.destinations.mart_store import BuildPlan, Changes, CheckQuery, MartStore, MartTable, Span
from sellerops.destinations.postgres import mart_tables
from sellerops.destinations.registry import open_mart_store
from sellerops.ledger import Ledger
from sellerops.settings.specs import ColumnType

TEXT, DATE, DECIMAL = (ColumnType.TEXT, "Text."), (ColumnType.DATE, "Day."), (ColumnType.DECIMAL, "Amount.")
TABLE = MartTable(
    name="thing_day",
    description="Things.",
    columns={"account_id": TEXT, "marketplace_id": TEXT, "day": DATE, "sku": TEXT, "amount": DECIMAL},
    key=("account_id", "marketplace_id", "day", "sku"),
    day="day",
    has_marketplace=True,
)
WIDER = MartTable(**{**vars(TABLE), "columns": {**TABLE.columns, "note": TEXT}})
OTHER = MartTable(**{**vars(TABLE), "columns": {**TABLE.columns, "amount": TEXT}})
LOOKED_UP = MartTable(
    **{**vars(TABLE), "columns": {**TABLE.columns, "sold_on": DATE}, "lookup_days": ("sold_on",)}
)
ALL = Span("one")


@pytest.fixture(params=["postgres", "bigquery"])
def store(request: pytest.FixtureRequest, ledger: Ledger) -> Iterator[MartStore]:
    conninfo = ledger.database.conninfo
    address = conninfo if request.param == "postgres" else request.getfixturevalue("bigquery")
    return open_mart_store(request.param, address, ledger=conninfo)


def row(store: MartStore, sku: str | None, day: int | None, amount: str) -> str:
    kinds = ("STRING", "BIGNUMERIC") if store.dialect == "bigquery" else ("text", "numeric")
    when = f"DATE '2026-11-{day:02}'" if day else "CAST(NULL AS DATE)"
    name = f"'{sku}'" if sku else f"CAST(NULL AS {kinds[0]})"
    return f"SELECT 'one', 'US', {when}, {name}, CAST('{amount}' AS {kinds[1]})"


def rebuild(
    store: MartStore, parts: Sequence[tuple[Span, str]], table: MartTable = TABLE, **more: Any
) -> tuple[int, int]:
    plan = BuildPlan(parts, **more)
    counts, settled = changes_of(store, table, plan)
    assert settled.spans == plan.spans
    return counts


def changes_of(store: MartStore, table: MartTable, plan: BuildPlan) -> tuple[tuple[int, int], Changes]:
    settled: list[Changes] = []
    counts = store.rebuild(table, lambda _: plan, lambda _, changes: settled.append(changes))
    return (counts.deleted, counts.inserted), settled[0]


def stored(store: MartStore) -> list[tuple[Any, ...]]:
    rows = store.rows(f"SELECT day, sku, amount FROM {store.table_sql(TABLE.full_name)} ORDER BY day, sku")
    return [(each["day"].day, each["sku"], each["amount"]) for each in rows]


def test_a_rebuild_replaces_its_spans_or_nothing(store: MartStore) -> None:
    assert not store.fits(TABLE)
    both = f"{row(store, 'a', 1, '1.5')} UNION ALL {row(store, 'b', 2, '2')}"
    assert rebuild(store, [(ALL, both)], whole=True) == (0, 2)
    assert store.fits(TABLE)
    assert not store.fits(OTHER)
    one_day = Span("one", "US", date(2026, 11, 2), date(2026, 11, 2))
    assert rebuild(store, [(one_day, row(store, "c", 2, "3"))]) == (1, 1)
    expected = [(1, "a", Decimal("1.5")), (2, "c", Decimal(3))]
    assert stored(store) == expected

    negative = CheckQuery(
        "positive", "amounts are positive",
        f"SELECT sku, amount FROM {store.table_sql(TABLE.full_name)} WHERE amount < 0",
    )  # fmt: skip
    twice = f"{row(store, 'd', 2, '1')} UNION ALL {row(store, 'd', 2, '2')}"
    for select, tests, cause in [
        (row(store, "d", 2, "-4"), [negative], r"'positive' found mistakes \(amounts are positive\): sku d"),
        (twice, [], "same grain"),
        (row(store, "d", None, "1"), [], "day"),
    ]:
        with pytest.raises(CheckFailed, match=cause) as caught:
            rebuild(store, [(one_day, select)], tests=tests)
        assert "Nothing was changed" in caught.value.remedy
        assert stored(store) == expected
    with pytest.raises(ConfigurationError, match="refuses its SELECT"):
        rebuild(store, [(one_day, "SELECT nothing FROM nowhere_at_all")])
    assert stored(store) == expected


def test_readers_by_another_day_learn_the_days_of_changed_rows(store: MartStore) -> None:
    def sold(sku: str, amount: str, day: int) -> str:
        return f"{row(store, sku, 2, amount)}, DATE '2026-10-{day:02}'"

    def changes(*rows: str, **more: Any) -> list[Span]:
        plan = BuildPlan([(ALL, " UNION ALL ".join(rows))], **more)
        return sorted(changes_of(store, LOOKED_UP, plan)[1].lookups["sold_on"])

    def on(*days: int) -> list[Span]:
        return [Span("one", None, date(2026, 10, day), date(2026, 10, day)) for day in days]

    first = changes(sold("a", "1", 1), sold("b", "2", 2), sold("c", "3", 3), whole=True)
    assert first == [ALL] or first == on(1, 2, 3)
    found = changes(sold("a", "1", 1), sold("b", "9", 2), sold("c", "3", 4))
    # BigQuery does not compare rows: it names those of unchanged ones, too.
    assert set(on(2, 3, 4)) <= set(found) <= set(on(1, 2, 3, 4))
    if store.dialect == "postgres":
        assert found == on(2, 3, 4)


def test_computed_rows_replace_a_span_and_keep_the_others(store: MartStore) -> None:
    def rows(sku: str) -> list[dict[str, Any]]:
        return [
            {"account_id": "one", "marketplace_id": "US", "day": date(2026, 11, day), "sku": sku,
             "amount": Decimal("0.1")}
            for day in (1, 2)
        ]  # fmt: skip

    store.ensure(TABLE)
    assert store.replace(TABLE, ALL, rows("a")).inserted == 2
    one_day = Span("one", None, date(2026, 11, 2), date(2026, 11, 2))
    counts = store.replace(TABLE, one_day, rows("b")[1:])
    assert (counts.deleted, counts.inserted) == (1, 1)
    assert stored(store) == [(1, "a", Decimal("0.1")), (2, "b", Decimal("0.1"))]
    store.ensure(WIDER)
    assert "note" in store.columns([TABLE.full_name])[TABLE.full_name]
    assert len(stored(store)) == 2
    with pytest.raises(ConfigurationError, match="the type of amount has changed"):
        store.ensure(OTHER)
    for _ in range(2):
        store.drop(TABLE.full_name)
        assert not store.columns([TABLE.full_name])


def test_a_reference_table_is_copied_when_it_has_changed(store: MartStore, ledger: Ledger) -> None:
    with connect(ledger.database.conninfo, LEDGER, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA some_reference")
        connection.execute(
            "CREATE TABLE some_reference.cost (sku text, since date, amount numeric, units bigint)"
        )
        for expected in ([], [("a", date(2026, 1, 1), Decimal("1.25"), 3)]):
            for each in expected:
                connection.execute("INSERT INTO some_reference.cost VALUES (%s, %s, %s, %s)", each)
            for _ in range(2):
                store.copy_reference("some_reference.cost", connection)
            rows = store.rows(f"SELECT * FROM {store.table_sql('some_reference.cost')}")
            assert [tuple(each.values()) for each in rows] == expected


def test_the_rows_of_a_load_are_found_by_an_index(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mart_tables, "LARGE", 3)
    conninfo = ledger.database.conninfo
    store = open_mart_store("postgres", conninfo, ledger=conninfo)
    with connect(conninfo, LEDGER, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA landed")
        for name, rows in (("small", 2), ("large", 9)):
            connection.execute(
                f"CREATE TABLE landed.{name} AS SELECT 'one' AS account_id, 'US' AS marketplace_id, "
                f"date '2026-11-01' + n AS day, n::bigint AS load_id FROM generate_series(1, {rows}) AS n"
            )
            connection.execute(f"ANALYZE landed.{name}")
        for _ in range(2):
            store.prepare({f"landed.{name}": {"load_id", "day"} for name in ("small", "large", "missing")})
        found = connection.execute(
            "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'landed' ORDER BY indexdef"
        )
        (by_day, by_load) = found.fetchall()
    assert by_day[0] == by_load[0] == "large"
    assert "USING brin (day date_minmax_multi_ops)" in by_day[1]
    assert "USING brin (load_id int8_minmax_multi_ops)" in by_load[1]
    days = store.days_of_loads("landed.large", "day", [3, 4])
    assert {each["day"] for each in days} == {date(2026, 11, 4), date(2026, 11, 5)}
