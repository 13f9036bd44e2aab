"""Tables reach Google Sheets whole, once, and beside what people keep there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from integration.exports.conftest import SHEET
from support.fake_runtime import task_context
from support.sheets import Fault, Formula, SheetsServer, Tab

from sellerops.base.errors import ConfigurationError, CredentialsError, RetryableError
from sellerops.base.reader_role import grant_table
from sellerops.destinations.postgres.row_source import PostgresRowSource
from sellerops.exports import ExportSpec, export_run
from sellerops.exports.export_records import exclusive_sheet
from sellerops.exports.export_run import ExportResult, run_export
from sellerops.ledger import Ledger
from sellerops_airflow.hooks.sheets import GoogleSheets
from sellerops_airflow.operators.sheets import ExportToSheetOperator
from sellerops_airflow.runs.task_outcomes import FAILURE_KEY
from sellerops_airflow.runtime import Runtime, use_runtime

SALES = """
    CREATE SCHEMA amazon_sp;
    CREATE TABLE amazon_sp.sales
        (day date, sku text, units bigint, amount numeric, note text, load_id bigint);
"""
ROWS = [
    ("2026-11-18", "00123", 3, "10.10", "=SUM(A1:A9)"),
    ("2026-11-18", "B-2", 0, "0.3", "+1"),
    ("2026-11-19", "00123", 5, "99999999.99", "-2"),
    ("2026-11-19", "B-2", 1, "7", "@home"),
]
HEADER = ["day", "sku", "units", "amount", "note"]
WRITTEN = [
    ["2026-11-18", "00123", 3, 10.1, "=SUM(A1:A9)"],
    ["2026-11-18", "B-2", 0, 0.3, "+1"],
    ["2026-11-19", "00123", 5, 99999999.99, "-2"],
    ["2026-11-19", "B-2", 1, 7, "@home"],
]


def spec(**changes: Any) -> ExportSpec:
    given: dict[str, Any] = {
        "name": "sales", "path": "sales.yaml", "description": "Sales.", "table": "amazon_sp.sales",
        "spreadsheet_id": SHEET, "range": "Data!A1",
    }  # fmt: skip
    return ExportSpec.model_validate(given | changes)


def appending(**changes: Any) -> ExportSpec:
    return spec(**{"mode": "append", "append_only": ["day", "sku"], **changes})


@pytest.fixture
def add(conninfo: str) -> Callable[..., None]:
    """Adds rows to the table."""

    def insert(*rows: tuple[Any, ...]) -> None:
        with psycopg.connect(conninfo) as connection, connection.cursor() as cursor:
            cursor.executemany("INSERT INTO amazon_sp.sales VALUES (%s, %s, %s, %s, %s, 1)", rows)

    with psycopg.connect(conninfo) as connection:
        connection.execute(SALES)
    insert(*ROWS)
    return insert


@pytest.fixture
def export(
    ledger: Ledger, conninfo: str, api: GoogleSheets, tab: Tab, add: Callable[..., None]
) -> Callable[..., ExportResult]:
    """Runs an export; two rows go with each request, so that there are several."""

    def run(wanted: ExportSpec, **options: Any) -> ExportResult:
        return run_export(ledger, wanted, PostgresRowSource(conninfo), api, **{"batch_rows": 2, **options})

    return run


def exports(ledger: Ledger) -> list[SimpleNamespace]:
    """The rows of ``table_export``, newest first."""
    with ledger.connection() as connection:
        rows = connection.execute("SELECT * FROM sellerops.table_export ORDER BY id DESC").fetchall()
    return [SimpleNamespace(**{**row, "titles": tuple(row["titles"])}) for row in rows]


Export = Callable[..., ExportResult]
Add = Callable[..., None]


# -- replace


def test_replace_writes_header_and_rows_and_drops_what_stood_there(
    export: Export, tab: Tab, conninfo: str, server: SheetsServer
) -> None:
    result = export(spec())
    assert tab.grid() == [HEADER, *WRITTEN]
    assert (result.rows_written, result.cells_written) == (4, 4 * 5 + 5)
    assert result.written_range == "Data!A2:E5"
    assert server.calls.count("values.batchUpdate") == 3
    with psycopg.connect(conninfo) as connection:
        connection.execute("DELETE FROM amazon_sp.sales WHERE day = '2026-11-18'")
    export(spec())
    assert tab.grid() == [HEADER, *WRITTEN[2:]]


def test_peoples_columns_and_the_order_of_ours_stay(export: Export, tab: Tab) -> None:
    export(spec(columns=["day", "sku", "units"]))
    tab.cells |= {(1, 4): "my target", (2, 4): Formula("=C2*2"), (3, 6): "a note without a title"}
    # A new column is named first in the spec and yet comes last in the sheet.
    result = export(spec(columns=["amount", "units", "day", "sku"], order_by=["day", "sku"]))
    assert result.new_titles == ("amount",)
    assert [tab.cells.get((1, column)) for column in range(1, 8)] == [
        "day", "sku", "units", "my target", None, None, "amount",
    ]  # fmt: skip
    assert [tab.cells[2, column] for column in (1, 2, 3, 7)] == ["2026-11-18", "00123", 3, 10.1]
    assert tab.cells[2, 4] == Formula("=C2*2")
    assert tab.cells[3, 6] == "a note without a title"


def test_columns_that_people_moved_are_found_by_title(export: Export, tab: Tab) -> None:
    wanted = spec(columns={"day": "Day", "sku": "SKU", "units": "Units"})
    export(wanted)
    tab.cells = {(row, {1: 4, 2: 1, 3: 2}[column]): value for (row, column), value in tab.cells.items()}
    export(wanted)
    assert tab.grid()[:2] == [["SKU", "Units", "", "Day"], ["00123", 3, "", "2026-11-18"]]
    assert len(tab.grid()) == 5


def test_a_column_that_leaves_the_spec_keeps_no_stale_values(export: Export, tab: Tab) -> None:
    export(spec(columns=["day", "sku", "units", "note"]))
    tab.cells[2, 5] = "mine"
    export(spec(columns=["day", "sku", "note"]))
    assert tab.grid()[:2] == [
        ["day", "sku", "units", "note"],
        ["2026-11-18", "00123", "", "=SUM(A1:A9)", "mine"],
    ]
    tab.cells[2, 3] = "people use it now"
    export(spec(columns=["day", "sku", "note"]))
    assert tab.cells[2, 3] == "people use it now"


def test_it_begins_at_any_cell_and_the_sheet_grows(export: Export, tab: Tab) -> None:
    tab.rows, tab.columns = 4, 3
    tab.cells[1, 1] = "A heading of ours"
    export(spec(range="Data!B3", columns=["day", "sku", "units"]))
    assert (tab.rows, tab.columns) == (7, 4)
    assert tab.grid() == [
        ["A heading of ours"], [], ["", "day", "sku", "units"], *(["", *row[:3]] for row in WRITTEN)
    ]  # fmt: skip


# -- append


def test_append_twice_writes_each_row_once(export: Export, tab: Tab, add: Add) -> None:
    first = export(appending())
    assert (first.rows_read, first.rows_known, first.rows_written) == (4, 0, 4)
    again = export(appending())
    assert (again.rows_known, again.rows_written, again.written_range) == (4, 0, None)
    add(("2026-11-20", "00123", 8, "1.5", None))
    third = export(appending())
    assert (third.rows_known, third.rows_written, third.written_range) == (4, 1, "Data!A6:E6")
    assert tab.grid() == [HEADER, *WRITTEN, ["2026-11-20", "00123", 8, 1.5]]


def test_append_keeps_what_people_changed_sorted_and_added(export: Export, tab: Tab, add: Add) -> None:
    export(appending())
    tab.cells |= {(1, 6): "checked", (2, 6): "yes", (3, 3): 77.0}
    # They sort by hand, and Sheets makes a date of a day that is typed anew.
    swapped = {2: 5, 5: 2}
    tab.cells = {(swapped.get(row, row), column): value for (row, column), value in tab.cells.items()}
    tab.cells[5, 1] = float((date(2026, 11, 18) - date(1899, 12, 30)).days)
    add(("2026-11-20", "B-2", 8, "1.5", "new"))
    result = export(appending())
    assert result.rows_written == 1
    assert tab.cells[5, 6] == "yes"
    assert tab.cells[3, 3] == 77
    assert tab.grid()[5] == ["2026-11-20", "B-2", 8, 1.5, "new"]
    assert len(tab.grid()) == 6


def test_a_new_column_comes_last_and_old_rows_stay(export: Export, tab: Tab, add: Add) -> None:
    export(appending(columns=["day", "sku", "units"]))
    tab.cells[1, 4] = "checked"
    add(("2026-11-20", "B-2", 8, "1.5", "new"))
    export(appending(columns=["amount", "day", "sku", "units"]))
    grid = tab.grid()
    assert grid[0] == ["day", "sku", "units", "checked", "amount"]
    assert grid[1] == ["2026-11-18", "00123", 3]
    assert grid[5] == ["2026-11-20", "B-2", 8, "", 1.5]


def test_rows_go_under_everything_in_our_columns(export: Export, tab: Tab, add: Add) -> None:
    export(appending())
    tab.cells |= {(7, 3): "total", (30, 9): "far to the right, not ours"}
    add(("2026-11-20", "B-2", 8, "1.5", "new"))
    assert export(appending()).written_range == "Data!A8:E8"
    assert tab.cells[7, 3] == "total"


def test_without_the_title_of_a_key_nothing_is_added(export: Export, tab: Tab) -> None:
    export(appending())
    tab.cells[1, 2] = "SKU (renamed)"
    before = dict(tab.cells)
    with pytest.raises(ConfigurationError, match="lacks the key 'sku'"):
        export(appending())
    assert tab.cells == before


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("2026-11-19", "B-2", 9, "1", "a second"), "occurs twice"),
        ((None, None, 9, "1", ""), "is empty"),
    ],
)
def test_a_key_that_tells_no_rows_is_refused(
    export: Export, tab: Tab, add: Add, row: tuple[Any, ...], words: str
) -> None:
    add(row)
    with pytest.raises(ConfigurationError, match=words):
        export(appending())
    assert tab.cells == {}


# -- the whole way, as a task


def test_the_task_reads_the_file_and_writes_the_sheet(
    ledger: Ledger,
    conninfo: str,
    reader: str,
    add: Add,
    api: GoogleSheets,
    tab: Tab,
    server: SheetsServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ledger.connection() as connection:
        grant_table(connection, "amazon_sp", "sales")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "sales.yaml").write_text(
        f"{{description: Sales, table: amazon_sp.sales, spreadsheet_id: {SHEET}, range: Data!A1}}"
    )
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(tmp_path))
    task = ExportToSheetOperator(task_id="export_to_sheet", export="sales")
    context = task_context(dag_id="export__sales", task_id="export_to_sheet", try_number=2)
    with use_runtime(Runtime(lambda: conninfo, lambda: "", lambda: reader)) as runtime:
        for _ in range(2):
            assert task.execute(context) == {"rows_read": 4, "rows_known": 0, "rows_written": 4}
        server.not_shared.add(SHEET)
        with pytest.raises(ConfigurationError):
            task.execute(context)
        runtime.close()
    assert tab.grid() == [HEADER, *WRITTEN]
    assert "Share the spreadsheet" in context["ti"].pushed[FAILURE_KEY]["remedy"]
    with ledger.connection() as connection:
        rows = connection.execute("SELECT dag_id, run_id, try_number, error FROM sellerops.table_export")
        recorded = [tuple(row.values()) for row in rows.fetchall()]
    assert [row[:3] for row in recorded] == [("export__sales", context["ti"].run_id, 2)] * 3
    assert [row[3] is None for row in recorded] == [True, True, False]


# -- crashes, repeats


@pytest.mark.parametrize("wanted", [spec(), appending()], ids=["replace", "append"])
@pytest.mark.parametrize("applied", [False, True], ids=["not done", "done, answer lost"])
@pytest.mark.parametrize("good", [0, 1, 2], ids=["header", "first rows", "last rows"])
def test_a_crash_between_batches_leaves_no_double_and_no_hole(
    export: Export,
    tab: Tab,
    server: SheetsServer,
    ledger: Ledger,
    wanted: ExportSpec,
    applied: bool,
    good: int,
) -> None:
    server.fail("values.batchUpdate", *[None] * good, Fault(503, "The service is unavailable.", applied))
    with pytest.raises(RetryableError, match="503"):
        export(wanted)
    assert len(tab.grid()) < 5 or applied
    export(wanted)
    assert tab.grid() == [HEADER, *WRITTEN]
    last, crashed = exports(ledger)
    assert crashed.error
    assert "503" in crashed.error
    assert (last.error, last.rows_known + last.rows_written if last.rows_known is not None else 0) == (
        None,
        4,
    )


def test_a_killed_run_is_closed_by_the_next_and_a_second_writer_waits(
    export: Export, tab: Tab, ledger: Ledger, server: SheetsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        # As when the machine goes: nobody writes down the end.
        patch.setattr(export_run.records, "record_failure", lambda *_: None)
        server.fail("values.batchUpdate", None, Fault(503))
        with pytest.raises(RetryableError):
            export(appending())
    assert exports(ledger)[0].ended_at is None
    with exclusive_sheet(ledger, SHEET, "Data"), pytest.raises(RetryableError, match="another run"):
        export(appending())
    export(appending())
    assert tab.grid() == [HEADER, *WRITTEN]
    last, killed = exports(ledger)
    assert "killed" in str(killed.error)
    assert last.ended_at is not None


def test_the_ledger_keeps_what_was_written(export: Export, ledger: Ledger, add: Add) -> None:
    export(appending(columns={"day": "Day", "sku": "SKU"}))
    add(("2026-11-20", "B-2", 8, "1.5", "new"))
    export(appending(columns={"day": "Day", "sku": "SKU"}))
    second, first = exports(ledger)
    assert (first.rows_read, first.rows_known, first.rows_written, first.cells_written) == (4, 0, 4, 10)
    assert (second.rows_read, second.rows_known, second.rows_written, second.cells_written) == (5, 4, 1, 2)
    assert (second.written_range, second.titles, second.sheet) == ("Data!A6:B6", ("Day", "SKU"), "Data")
    with ledger.connection() as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("UPDATE sellerops.table_export SET rows_read = rows_read + 1")


def test_a_dry_run_checks_and_writes_nothing(
    export: Export, tab: Tab, ledger: Ledger, server: SheetsServer
) -> None:
    result = export(appending(), dry_run=True)
    assert (result.rows_written, result.written_range) == (4, "Data!A2:E5")
    assert tab.cells == {}
    assert set(server.calls) == {"spreadsheets.get", "values.get"}
    assert exports(ledger) == []


# -- what cells say


def test_no_text_becomes_a_formula_a_number_or_a_date(
    export: Export, tab: Tab, conninfo: str, api: GoogleSheets
) -> None:
    texts = ["=1+2", "+1", "-1", "@x", "00123", "1e3", "2026-11-20", "'quoted", "TRUE", "1,5", " padded "]
    listed = ", ".join("('" + text.replace("'", "''") + "')" for text in texts)
    export(spec(table=None, query=f"SELECT t FROM (VALUES {listed}) AS v (t)"))
    assert [row[0] for row in tab.grid()[1:]] == texts
    # The local server does as Google when asked to parse: RAW is what keeps them.
    api._hook().update_values(SHEET, "Data!A1:A1", [["=1+2"]], value_input_option="USER_ENTERED")
    assert tab.cells[1, 1] == Formula("=1+2")


def test_figures_keep_every_digit(export: Export, tab: Tab) -> None:
    query = """
        SELECT 0.1::numeric + 0.2 AS sum, 19.990::numeric AS price, 123456789012.345::numeric AS large,
               1234567890123456789::bigint AS order_id, 0.12345678901234567890::numeric AS rate,
               'NaN'::numeric AS nan, -0.00::numeric AS zero, 5.00::numeric AS whole, true AS flag,
               NULL::int AS nothing, date '2026-11-20' AS day, timestamptz '2026-11-20 08:00-08' AS at,
               '{"a": "ü"}'::jsonb AS object, 2.5::float8 AS ratio
    """
    export(spec(table=None, query=query))
    assert tab.grid()[1] == [
        0.3, 19.99, 123456789012.345, "1234567890123456789", "0.1234567890123456789", "NaN", 0, 5, True, "",
        "2026-11-20", "2026-11-20T16:00:00Z", '{"a": "ü"}', 2.5,
    ]  # fmt: skip
    assert Decimal(repr(tab.cells[2, 3])) == Decimal("123456789012.345")


# -- limits and refusals: nothing is written


def test_a_text_too_long_is_named_before_anything_is_written(export: Export, tab: Tab, add: Add) -> None:
    add(("2026-11-20", "B-2", 8, "1.5", "x" * 50_001))
    with pytest.raises(ConfigurationError, match=r"column 'note', row 5 of the result: has 50,001") as caught:
        export(spec())
    assert "left(..., 50000)" in caught.value.remedy
    assert tab.cells == {}


def test_a_spreadsheet_that_would_burst_is_left_alone(
    export: Export, tab: Tab, server: SheetsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add(SHEET, Data=tab, Other=Tab(1, 99_999, 100))
    tab.rows, tab.columns = 4, 5
    with pytest.raises(ConfigurationError, match="Nothing was written") as caught:
        export(spec(columns=["day", "sku", "units", "amount", "note"], range="Data!A200"))
    assert "9,999,900" not in str(caught.value)
    assert "10,000,920 cells" in str(caught.value)
    monkeypatch.setattr(export_run, "MOST_CELLS", 19)
    with pytest.raises(ConfigurationError, match="has more than 19 cells"):
        export(spec(range="Data!A1"))
    assert tab.cells == {}


def test_a_sheet_that_is_something_elses_is_left_alone(export: Export, tab: Tab) -> None:
    tab.cells = {(1, 1): "Budget", (1, 2): "2027", (2, 1): "rent"}
    for wanted in (spec(), appending()):
        with pytest.raises(
            ConfigurationError, match=r"other titles \(Budget, 2027\): the sheet is used for something else"
        ):
            export(wanted)
    tab.cells = {(5, 2): "no header, and yet"}
    for wanted in (spec(), appending()):
        with pytest.raises(ConfigurationError, match="below an empty header row"):
            export(wanted)
    tab.cells = {(1, 1): "day", (1, 2): "day"}
    with pytest.raises(ConfigurationError, match="'day' occurs twice"):
        export(spec())
    assert len(tab.cells) == 2


def test_a_wrong_sheet_is_answered_with_the_right_one(export: Export) -> None:
    with pytest.raises(ConfigurationError, match="no sheet 'Date' with cells; it has 'Data'") as caught:
        export(spec(range="Date!A1"))
    assert "Did you mean 'Data'" in caught.value.remedy


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"table": "amazon_sp.salse"}, "relation .* does not exist"),
        ({"columns": ["day", "buyer_name"]}, "column .*buyer_name.* does not exist"),
        ({"table": None, "query": "SELECT 1 AS a; DROP TABLE amazon_sp.sales"}, "multiple commands"),
        ({"table": None, "query": "DELETE FROM amazon_sp.sales"}, "syntax error"),
        ({"table": None, "query": "SELECT 1 AS a, 2 AS a"}, "returns 'a' twice"),
        ({"table": None, "query": "SELECT 1 AS a", "columns": ["b"]}, "returns no column 'b'; it returns a"),
        ({"table": None, "query": "SELECT 1/0 AS a"}, "division by zero"),
        ({"table": None, "query": "SELECT sellerops.new_thing() AS a"}, "does not exist"),
        ({"table": None, "query": "SELECT '\\x00'::bytea AS a"}, "contains bytes"),
    ],
)
def test_sql_that_does_not_fit_is_a_configuration_error(
    export: Export, tab: Tab, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        export(spec(**changes))
    assert "sales.yaml" in str(caught.value)
    assert tab.cells == {}


def test_an_export_cannot_write_to_the_database(export: Export, conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "CREATE FUNCTION amazon_sp.spoil() RETURNS int LANGUAGE sql "
            "AS 'DELETE FROM amazon_sp.sales; SELECT 1'"
        )
    with pytest.raises(ConfigurationError, match="read-only transaction"):
        export(spec(table=None, query="SELECT amazon_sp.spoil() AS a"))


# -- what Google answers


def test_a_used_up_quota_is_tried_again_after_a_minute(export: Export, server: SheetsServer) -> None:
    message = (
        "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per user'"
    )
    server.fail("values.batchUpdate", Fault(429, message))
    with pytest.raises(RetryableError, match="Write requests per minute") as caught:
        export(spec())
    assert caught.value.details["wait_seconds"] == 60


def test_without_access_it_says_whom_to_share_with(
    export: Export, server: SheetsServer, api: GoogleSheets, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.not_shared.add(SHEET)
    with pytest.raises(ConfigurationError, match="sellerops_sheets may not open") as caught:
        export(spec())
    assert "Share the spreadsheet with the account of connection sellerops_sheets" in caught.value.remedy
    credentials = api._hook().get_credentials()
    monkeypatch.setattr(credentials, "service_account_email", "exports@p.iam.example", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        export(spec())
    assert "Share the spreadsheet with exports@p.iam.example as an editor" in caught.value.remedy
    with pytest.raises(ConfigurationError, match="cannot find this spreadsheet") as caught:
        export(spec(spreadsheet_id="a-spreadsheet-nobody-knows"))
    assert "correct `spreadsheet_id`" in caught.value.remedy


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (
            Fault(401, "Request had invalid authentication credentials."),
            "CredentialsError",
            "refuses the account",
        ),
        (Fault(400, "You are trying to edit a protected cell."), "ConfigurationError", "protected cell"),
        (Fault(403, "Google Sheets API has not been used in project 1"), "ConfigurationError", "Enable the"),
        (Fault(500, "Internal error"), "RetryableError", "answered 500"),
    ],
)
def test_every_refusal_is_told_by_its_remedy(
    export: Export, server: SheetsServer, fault: Fault, kind: str, words: str
) -> None:
    server.fail("spreadsheets.get", fault)
    with pytest.raises((ConfigurationError, RetryableError), match=words) as caught:
        export(spec())
    assert type(caught.value).__name__ == kind


def test_a_server_that_is_away_is_retried(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = '{"is_anonymous": true, "api_endpoint": "http://127.0.0.1:9/", "num_retries": 0}'
    monkeypatch.setenv(
        "AIRFLOW_CONN_SELLEROPS_SHEETS", f'{{"conn_type": "google_cloud_platform", "extra": {extra}}}'
    )
    with pytest.raises(RetryableError, match="does not answer"):
        GoogleSheets().spreadsheet(SHEET)


@pytest.mark.parametrize("key", ["no JSON", '{"type": "service_account"}'])
def test_a_key_that_is_none_is_refused_at_once(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    connection = {"conn_type": "google_cloud_platform", "extra": {"keyfile_dict": key}}
    monkeypatch.setenv("AIRFLOW_CONN_SELLEROPS_SHEETS", json.dumps(connection))
    with pytest.raises(CredentialsError, match="refuses the account") as caught:
        GoogleSheets().spreadsheet(SHEET)
    assert "connection sellerops_sheets" in str(caught.value)


def test_no_connection_says_where_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="connection nobody_made: does not exist") as caught:
        GoogleSheets("nobody_made").spreadsheet(SHEET)
    assert "docs/exports.md" in caught.value.remedy


def test_the_connection_opens_google_sheets_and_not_all_of_google_cloud(api: GoogleSheets) -> None:
    assert list(api._hook().scopes) == ["https://www.googleapis.com/auth/spreadsheets"]


def test_moments_and_their_days_are_utc_whatever_the_servers_zone(export: Export, tab: Tab) -> None:
    moment = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    export(
        spec(table=None, query=f"SELECT at, at::date AS day FROM (SELECT timestamptz '{moment}' AS at) AS t")
    )
    assert tab.grid()[1] == ["2026-11-20T23:30:00Z", "2026-11-20"]
