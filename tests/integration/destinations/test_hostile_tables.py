"""Values, names and sizes that no database accepts: a reject, another name, or one clear error."""

from __future__ import annotations

import traceback
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.destinations.documents import Doc, day_slice, spec_with, tsv
from integration.destinations.stores import PostgresStore, Store
from psycopg import errors
from support.examples import examples

from sellerops.base.errors import (
    CheckFailed,
    ConfigurationError,
    GiveUpError,
    RetryableError,
    SellerOpsError,
    UnreadableDocument,
)
from sellerops.destinations.error_rules import typed_errors
from sellerops.destinations.postgres_errors import POSTGRES_RULES
from sellerops.destinations.shape import SYSTEM
from sellerops.settings.specs import (
    RESERVED_COLUMNS,
    Column,
    ColumnType,
    ReportSpec,
    WriteDisposition,
    load_spec,
)

ONLY = ("postgres", "bigquery")
RETURNS = load_spec("fba_customer_returns")
TABLE = "amazon_sp.fba_customer_returns"
KINDS = {"number": "integer", "amount": "decimal", "day": "date", "at": "timestamp", "flag": "boolean"}
COLUMNS = {
    "id": Column(),
    "note": Column(),
    **{name: Column(type=ColumnType(kind)) for name, kind in KINDS.items()},
}
SPEC = spec_with(
    RETURNS.name,
    columns=COLUMNS,
    primary_key=("id",),
    write_disposition=WriteDisposition.MERGE,
    day=None,
    marketplace_from=None,
)
HEADER = list(COLUMNS)


def document(rows: list[dict[str, Any]], *more: str, spec: ReportSpec = SPEC, hours: float = 0) -> Doc:
    header = [*HEADER, *more]
    lines = [[row.get(name) for name in header] for row in rows]
    return Doc(spec, day_slice(spec, "2026-11-18", marketplaces=("US", "CA")), tsv(header, lines), hours)


@pytest.fixture
def postgres(conninfo: str) -> PostgresStore:
    return PostgresStore(conninfo)


def test_a_key_no_index_takes_is_a_reject(store: Store) -> None:
    long = "".join(chr(0x4E00 + number * 7 % 9000) for number in range(950))
    rows = [{"id": long, "note": "x"}, {"id": "b" * 2400}, {"id": "c"}]
    (result,) = document(rows).load_into(store.destination)
    assert (result.stored, result.rejected_by_reason) == (2, {"key_too_long": 1})
    (reject,) = store.rejects(result.load_id)
    assert (reject["column_name"], reject["value"]) == ("id", long)


def test_columns_named_like_a_databases_own_get_another_name(store: Store) -> None:
    names = ["xmin", "CTID", "tableoid", "load_id", "ordinal", "sellerops_loses", "sellerops_ordinal",
             "_PARTITIONTIME", "_TABLE_SUFFIX", "personal_since", "select"]  # fmt: skip
    row = {"id": "a", **{name: f"of {name}" for name in names}}
    for hours in (0, 1):
        (result,) = document([row], *names, hours=hours).load_into(store.destination)
        assert result.stored == 1
    (stored,) = store.rows(TABLE)
    assert {f"of {name}" for name in names} <= {str(value) for value in stored.values()}
    assert stored["xmin__2"] == "of xmin" and stored["partitiontime"] == "of _PARTITIONTIME"


HOSTILE = {
    "number": ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
               "NaN"],
    "amount": ["NaN", "Infinity", "-Infinity", "1e400", "9" * 20, "9" * 21, "0." + "1" * 18,
               "0." + "1" * 19, "1e18"],
    "day": ["0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "-0001-01-01", "infinity", "today",
            "2026-02-30",
            "0044-03-15 BC"],
    "at": ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00",
           "9999-12-31T23:59:59Z",
           "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-05:00", "10000-01-01T00:00:00Z",
           "infinity", "now",
           "2026-11-18T24:00:00Z", "2026-11-18T23:59:60Z", "294276-12-31T23:59:59Z"],
    "flag": ["maybe", "2", "on", "TRUE"],
    "note": ["\\N", "\\.", "NULL", "\ud7ff", "\ufdd0", "\x7f",
             "\u2028", "'; DROP TABLE x; --", "\U0010ffff", "\x01"],
}  # fmt: skip


def test_every_hostile_value_is_stored_or_rejected(store: Store) -> None:
    rows = [
        {"id": f"{name} {number}", name: value}
        for name, values in HOSTILE.items()
        for number, value in enumerate(values)
    ]
    rows += [{"id": f"good {number}"} for number in range(len(rows))]
    (result,) = document(rows).load_into(store.destination)
    assert result.stored + result.rejected == result.rows_in_file == len(rows)
    stored = {row["id"]: row for row in store.rows(TABLE)}
    assert len(stored) == result.stored
    rejected = {row["column_name"] for row in store.rejects(result.load_id)}
    assert rejected == {"number", "amount", "day", "at", "flag"}
    assert stored["number 0"]["number"] == 2**63 - 1 and "number 1" not in stored
    assert stored["day 2"]["day"].year == 9999 and "day 3" not in stored
    assert stored["at 4"]["at"].microsecond == 999999
    assert {"at 2", "at 5", "at 6"}.isdisjoint(stored), "an instant outside the years 1 to 9999"


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-05:00", "2026-11-18T10:00:00+23:59"])
def test_a_moment_that_arrow_alone_reads(store: Store, moment: str) -> None:
    (result,) = document([{"id": "a", "at": moment}, {"id": "b"}]).load_into(store.destination)
    read = {row["id"]: row["at"] for row in store.rows(TABLE)}
    is_kept = moment.startswith("2026")
    assert result.stored == 1 + is_kept and set(read) == ({"a", "b"} if is_kept else {"b"})
    if is_kept:
        assert read["a"].isoformat() == "2026-11-17T10:01:00+00:00"


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_values_near_the_limits_are_stored_or_rejected(
    postgres: PostgresStore, data: st.DataObject
) -> None:
    years = st.integers(-2, 10_002).map(lambda year: f"{year:04d}")
    offsets = st.sampled_from(["Z", "+00:00", "-12:00", "+14:00", "+23:59"])
    moments = st.builds(
        "{}-{}{}".format, years, st.sampled_from(["01-01T00:00:00", "12-31T23:59:59"]), offsets
    )
    values = {
        "number": st.integers(-(2**64), 2**64).map(str),
        "amount": st.decimals(allow_nan=True, allow_infinity=True).map(str),
        "day": st.builds("{}-{}".format, years, st.sampled_from(["01-01", "12-31", "02-29"])),
        "at": moments,
        "note": st.text(st.characters(exclude_characters="\t\r\n", codec="utf-8"), max_size=20),
        "id": st.text(st.characters(codec="utf-8", categories=["L"]), min_size=1).map(
            lambda text: text * 300
        ),
    }
    rows = [
        {"id": str(number), **data.draw(st.fixed_dictionaries({}, optional=values))} for number in range(8)
    ]
    doc = document([*rows, *({"id": f"good {number}"} for number in range(9))])
    postgres.query("DROP TABLE IF EXISTS amazon_sp.fba_customer_returns")
    (result,) = doc.load_into(postgres.destination)
    assert result.stored + result.rejected == result.rows_in_file
    assert len(postgres.rows(TABLE)) == result.stored


def test_a_table_without_room_for_columns_is_a_configuration_error(postgres: PostgresStore) -> None:
    document([{"id": "a"}]).load_into(postgres.destination)
    there = len(postgres.columns(TABLE))
    added = ", ".join(f"ADD COLUMN c{number} text" for number in range(1590 - there))
    postgres.query(f"ALTER TABLE {TABLE} {added}")
    postgres.query(f"ALTER TABLE {TABLE} DROP COLUMN c1, DROP COLUMN c2")
    more = [f"n{number}" for number in range(20)]
    with pytest.raises(ConfigurationError, match="1590 columns \\(dropped ones count: 2\\); 20 more"):
        document([{"id": "b"}], *more, hours=1).load_into(postgres.destination)
    document([{"id": "b"}], *more[:10], hours=1).load_into(postgres.destination)


def test_a_row_wider_than_a_page_is_given_up(postgres: PostgresStore) -> None:
    names = [f"wide_{number}" for number in range(700)]
    spec = spec_with(RETURNS.name, columns={"id": Column(), **{name: Column() for name in names}},
                     primary_key=("id",), write_disposition=WriteDisposition.MERGE, day=None)  # fmt: skip
    content = tsv(["id", *names], [["a", *("0123456789abcdef" for _ in names)]])
    doc = Doc(spec, day_slice(spec, "2026-11-18", marketplaces=("US", "CA")), content)
    with pytest.raises(UnreadableDocument, match="exceeds Postgres' size limit") as caught:
        doc.load_into(postgres.destination)
    assert "0123456789abcdef" not in str(caught.value)


@pytest.mark.parametrize("length", [60, 63])
def test_a_long_table_name_has_an_index_of_its_own(postgres: PostgresStore, length: int) -> None:
    name = "t" * length
    spec = SPEC.model_copy(update={"tables": {name: SPEC.tables[RETURNS.name]}})
    for hours in (0, 1):
        (result,) = document([{"id": "a"}], spec=spec, hours=hours).load_into(postgres.destination)
    assert result.unchanged + result.updated == 1


def test_names_that_would_be_cut_are_refused(postgres: PostgresStore) -> None:
    spec = SPEC.model_copy(update={"tables": {"t" * 64: SPEC.tables[RETURNS.name]}})
    with pytest.raises(ConfigurationError, match="has 64 bytes"):
        document([{"id": "a"}], spec=spec).load_into(postgres.destination)


# -- what the database says --


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        (f"ALTER TABLE {TABLE} ADD COLUMN by_hand integer NOT NULL DEFAULT 1", ConfigurationError),
        (f"ALTER TABLE {TABLE} ADD CHECK (note <> 'Ada Invented')", CheckFailed),
        (f"ALTER TABLE {TABLE} ALTER COLUMN flag SET NOT NULL", ConfigurationError),
        (f"CREATE UNIQUE INDEX ON {TABLE} (note)", CheckFailed),
        (f"CREATE RULE none AS ON INSERT TO {TABLE} DO INSTEAD NOTHING", ConfigurationError),
        (f"ALTER TABLE {TABLE} ALTER COLUMN note TYPE varchar(3)", ConfigurationError),
    ],
)
def test_no_error_of_the_database_shows_a_row(
    postgres: PostgresStore, statement: str, kind: type[SellerOpsError]
) -> None:
    document([{"id": "a", "note": "abc", "flag": "yes"}]).load_into(postgres.destination)
    postgres.query(statement)
    doc = document([{"id": "b", "note": "Ada Invented"}, {"id": "c", "note": "Ada Invented"}], hours=1)
    with pytest.raises(kind) as caught:
        doc.load_into(postgres.destination)
    assert "Ada Invented" not in "".join(traceback.format_exception(caught.value))
    assert not isinstance(caught.value, RetryableError)
    assert len(postgres.rows(TABLE)) == 1


def translated(error: psycopg.Error) -> SellerOpsError:
    with pytest.raises(SellerOpsError) as found, typed_errors("here", POSTGRES_RULES):
        raise error
    return found.value


def test_every_class_of_driver_errors_has_its_remedy() -> None:
    """Nothing but what passes by itself is tried again."""
    found = [each for each in vars(errors).values() if isinstance(each, type)]
    classes = {each for each in found if issubclass(each, psycopg.Error) and each.sqlstate}
    assert len(classes) > 200
    for each in classes:
        error = translated(each("a message"))
        assert error.where == "here" and error.remedy
        passes = (each.sqlstate or "")[:2] in ("08", "40", "53", "57", "58") or each.sqlstate in (
            "25006", "25P03", "25P04", "55006", "55P03",
        )  # fmt: skip
        assert isinstance(error, RetryableError) == passes, each
    for plain, kind in ((psycopg.OperationalError, RetryableError), (psycopg.ProgrammingError, GiveUpError)):
        assert isinstance(translated(plain("no connection")), kind)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"columns": {"xmin": Column()}}, "xmin"),
        ({"columns": {"load_id": Column()}}, "load_id"),
        ({"columns": {"a" * 64: Column()}}, "63"),
        ({"columns": {f"c{number}": Column() for number in range(1201)}}, "1200"),
        (
            {"columns": {f"c{n}": Column() for n in range(30)}, "primary_key": [f"c{n}" for n in range(30)]},
            "26",
        ),
    ],
)
def test_a_spec_says_what_no_table_takes(changes: dict[str, Any], word: str) -> None:
    table = {"write_disposition": "merge", "columns": {"id": {}}, "primary_key": ["id"]}
    given = {**table, **changes}
    given["columns"] = {**table["columns"], **given["columns"]}  # type: ignore[dict-item]
    with pytest.raises(ValueError, match=word):
        type(SPEC.tables[RETURNS.name]).model_validate(given)


def test_no_spec_may_name_a_column_that_tables_have_anyway() -> None:
    assert set(SYSTEM) <= RESERVED_COLUMNS


@pytest.mark.parametrize("name", ["t" * 64, "orders__personal"])
def test_a_spec_says_which_table_names_are_taken(name: str) -> None:
    given = RETURNS.model_dump(mode="json", by_alias=True)
    with pytest.raises(ValueError, match=name):
        ReportSpec.model_validate({**given, "tables": {name: given["tables"][RETURNS.name]}})
