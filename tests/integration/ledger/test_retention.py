"""What housekeeping deletes from each growing table, and what it keeps because it is still needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger, RequestKey, RequestStatus, RunRef, retention
from sellerops.ledger.retention import RetentionPeriods, purge

START = datetime(2026, 1, 1, tzinfo=UTC)
RUN = RunRef("dag", "run", "task", 0, 1, "orders")
At = Callable[[float], None]


@pytest.fixture
def at(ledger: Ledger) -> At:
    """Stop the ledger's clock at so many days after START."""

    def set_day(days: float) -> None:
        ledger.set_clock(Clock(datetime.now(UTC), START + timedelta(days=days), 0.0))

    set_day(0)
    return set_day


def write(ledger: Ledger, statement: str, *values: Any) -> None:
    with ledger.connection() as connection:
        connection.execute(statement.encode(), values)


def read(ledger: Ledger, statement: str) -> list[Any]:
    with ledger.connection() as connection:
        return [next(iter(row.values())) for row in connection.execute(statement.encode())]


def put_load(ledger: Ledger, load_id: int, marketplace: str = "") -> None:
    write(
        ledger,
        "INSERT INTO sellerops.load (id, report, account_id, marketplace_id, table_name, destination, "
        "rows_in_file, stored, rejected, inserted, updated, unchanged, superseded, replaced, "
        "seconds, started_at) "
        "VALUES (%s, 'orders', 'a', %s, 's.orders', 'postgres', 0, 0, 0, 0, 0, 0, 0, 0, 0, sellerops.now())",
        load_id,
        marketplace,
    )


def asked(ledger: Ledger, end: RequestStatus) -> int:
    """One more request with the same key that ended this way."""
    key = RequestKey("amazon_sp", "T", "northwind_na", ("ATVPDKIKX0DER",), START, START + timedelta(days=1))
    request = ledger.find_or_open_request(key, fresh_after=ledger.clock().now(), run=RUN)
    assert ledger.claim_create(request.id)
    ledger.record_created(request.id, f"R{request.id}", reported_at=ledger.clock().now())
    if end is RequestStatus.ARCHIVED:
        ledger.record_archived(request.id, uri="mem://", nbytes=1, sha256="0", headers={})
    else:
        ledger.record_status(request.id, end)
    return request.id


# Needed for ever, as retention.py says; a few rows a day and marketplace.
FOR_EVER = {
    "load", "slice_state", "slice_destination", "table_watermark", "quarantine", "write_call", "inbound_run",
    "inbound_item", "inbound_box", "inbound_box_item", "inbound_step", "inbound_decision", "inbound_document",
    "inbound_shipment", "inbound_shipment_item", "inbound_placement_option", "inbound_transportation_option",
    "reference_edit", "audit_entry",
}  # fmt: skip
# Emptied by whoever works on them.
WORKED_OFF = {"table_change", "mart_pending", "load_intent", "restatement_intent"}
# A row for each account, report, connection, table, mart, setting, ...
BOUNDED = {
    "ads_profile", "ads_profiles_listed", "ads_refused_column", "alembic_version", "alert_evaluation",
    "clock", "connection_test", "deployment", "hub_setting", "landing_table", "login_lock", "login_refusal",
    "marketplace", "mart_definition", "mart_input", "notification_listener", "notification_subscription",
    "personal_table", "purge_mark", "quota_bucket", "quota_budget", "quota_cooldown", "quota_waiter",
    "reference_digest", "report", "report_listing", "restock_override", "settling_figure",
    "settling_measurement", "starter_view",
}  # fmt: skip


def test_no_table_grows_without_somebody_having_decided_it(ledger: Ledger) -> None:
    """Every table is deleted from by age, by partition or by whoever works it off, or is bounded."""
    tables = set(
        read(
            ledger,
            "SELECT relname FROM pg_class WHERE relnamespace = 'sellerops'::regnamespace AND relkind IN "
            "('r', 'p') AND NOT relispartition",
        )
    )
    purged = {each.table for each in retention._PURGES} | set(retention._EXAMINED_IN_ORDER) | {"api_call"}
    decided = [FOR_EVER, WORKED_OFF, BOUNDED, purged]
    assert sorted(tables) == sorted(name for names in decided for name in names)


def test_what_people_look_back_at_goes_by_age(ledger: Ledger, at: At) -> None:
    """Builds, alerts, backups and sizes; the newest build and backup stay."""
    for day in (0, 1, 600):
        at(day)
        write(
            ledger,
            "INSERT INTO sellerops.mart_build (mart, destination, spans, deleted, inserted, seconds) "
            "VALUES ('m', 'postgres', 1, 0, 0, 0)",
        )
        write(
            ledger,
            "INSERT INTO sellerops.alert (name, account_id, marketplace_id, subject, severity, summary, "
            "currency, ended_at) VALUES ('a', 'b', 'c', 'd', 'e', 'f', 'EUR', sellerops.now())",
        )
    for table in ("backup (target, backup, began_at)", "size_sample (kind, name, sampled_at, nbytes)"):
        for age in (500, 450, 0):
            extra = ", 1" if "size" in table else ""
            write(
                ledger,
                f"INSERT INTO sellerops.{table} VALUES ('a', 'b', clock_timestamp() - make_interval(days => "
                f"{age}){extra})",
            )
    done = purge(ledger)
    purged = {name: done[name] for name in ("mart_build", "alert", "backup", "size_sample")}
    assert purged == {"mart_build": 2, "alert": 2, "backup": 2, "size_sample": 2}


REQUESTS = "SELECT id FROM sellerops.report_request ORDER BY id"


def test_an_archived_document_outlives_later_failures(ledger: Ledger, at: At) -> None:
    """The archive can answer with it when Amazon no longer serves the days."""
    archived = asked(ledger, RequestStatus.ARCHIVED)
    at(1)
    failed = asked(ledger, RequestStatus.FATAL)
    at(2)
    last = asked(ledger, RequestStatus.FATAL)
    at(500)
    assert purge(ledger)["report_request"] == 1
    assert read(ledger, REQUESTS) == [archived, last]
    assert failed not in read(ledger, REQUESTS)


def test_a_request_replaced_late_goes_when_its_successor_comes_of_age(ledger: Ledger, at: At) -> None:
    """Each row is examined once; a row kept then is deleted with the row that superseded it."""
    first = asked(ledger, RequestStatus.ARCHIVED)
    at(401)
    assert purge(ledger)["report_request"] == 0
    second = asked(ledger, RequestStatus.ARCHIVED)
    at(402)
    assert purge(ledger)["report_request"] == 0
    assert read(ledger, REQUESTS) == [first, second]
    at(403)
    third = asked(ledger, RequestStatus.ARCHIVED)
    at(802)
    assert purge(ledger)["report_request"] == 2
    assert read(ledger, REQUESTS) == [third]


def test_the_requests_of_a_downloads_further_files_go_with_the_first_ones(ledger: Ledger, at: At) -> None:
    firsts = []
    for day in (0, 450):
        at(day)
        first = asked(ledger, RequestStatus.ARCHIVED)
        key = RequestKey(
            "seller_portal", "T", "northwind_na", ("ATVPDKIKX0DER",), None, None, {"of": str(first)}
        )
        part = ledger.find_or_open_request(key, fresh_after=None, run=RUN)
        ledger.record_archived(part.id, uri="mem://2", nbytes=1, sha256="1", headers={})
        ledger.record_archived(first, uri="mem://", nbytes=1, sha256="0", headers={"parts": [part.id]})
        firsts += [first, part.id]
    at(460)
    assert purge(ledger)["report_request"] == 2
    assert read(ledger, REQUESTS) == firsts[2:]


def test_requests_in_progress_stay_however_old(ledger: Ledger, at: At) -> None:
    key = RequestKey("amazon_sp", "T", "northwind_na", ("ATVPDKIKX0DER",), START, START + timedelta(days=1))
    opened = ledger.find_or_open_request(key, fresh_after=None, run=RUN)
    at(5_000)
    assert purge(ledger)["report_request"] == 0
    assert read(ledger, REQUESTS) == [opened.id]


def test_what_a_request_saved_is_counted_for_its_time(ledger: Ledger, at: At) -> None:
    for day in (0, 300):
        at(day)
        write(ledger, "INSERT INTO sellerops.report_reuse VALUES (%s, 'd', 'r', 0, 'ledger')", day)
    at(401)
    assert purge(ledger)["report_reuse"] == 1
    assert read(ledger, "SELECT request_id FROM sellerops.report_reuse") == [300]


def test_rejects_end_with_their_load_and_those_of_no_load_too(ledger: Ledger, at: At) -> None:
    put_load(ledger, 10)
    for load_id in (7, 10):
        write(ledger, "INSERT INTO sellerops.rejected_row VALUES (%s, 1, 'unreadable_value')", load_id)
    at(300)
    put_load(ledger, 20)
    for load_id in (20, 21):
        write(ledger, "INSERT INTO sellerops.rejected_row VALUES (%s, 1, 'unreadable_value')", load_id)
    at(399)
    assert purge(ledger)["rejected_row"] == 0
    at(401)
    assert purge(ledger)["rejected_row"] == 2
    assert read(ledger, "SELECT load_id FROM sellerops.rejected_row ORDER BY 1") == [20, 21]
    assert read(ledger, "SELECT id FROM sellerops.load ORDER BY 1") == [10, 20]


def test_changed_cells_are_kept_longer_than_rejects(ledger: Ledger, at: At) -> None:
    for day, load_id in ((0, 1), (900, 2)):
        at(day)
        put_load(ledger, load_id)
        write(
            ledger,
            "INSERT INTO sellerops.restatement (table_name, account_id, key, column_name, new_load_id, "
            "new_reported_at, new_loaded_at) VALUES ('t', 'a', '{}', 'c', %s, sellerops.now(), "
            "sellerops.now())",
            load_id,
        )
    at(1_099)
    assert purge(ledger)["restatement"] == 0
    at(1_101)
    assert purge(ledger, RetentionPeriods(changes=timedelta(days=2_000)))["restatement"] == 0
    assert purge(ledger)["restatement"] == 1
    assert read(ledger, "SELECT new_load_id FROM sellerops.restatement") == [2]


def test_the_last_change_of_each_kind_stays_for_every_column_and_marketplace(ledger: Ledger, at: At) -> None:
    """What is news is judged by it, and by whether a column was ever absent."""
    kinds = [
        (1, "US", "added"), (2, "US", "dropped"), (3, "US", "added"), (4, "US", "dropped"),
        (5, "US", "added"), (6, "CA", "dropped"),
    ]  # fmt: skip
    for load_id, marketplace, kind in kinds:
        put_load(ledger, load_id, marketplace)
        write(
            ledger,
            "INSERT INTO sellerops.schema_change (report, table_name, column_name, kind, load_id) "
            "VALUES ('orders', 's.orders', 'c', %s, %s)",
            kind,
            load_id,
        )
    at(401)
    assert purge(ledger)["schema_change"] == 3
    assert read(ledger, "SELECT load_id FROM sellerops.schema_change ORDER BY id") == [4, 5, 6]
    assert purge(ledger)["schema_change"] == 0


def test_notices_and_notifications_end_with_their_time(ledger: Ledger, at: At) -> None:
    for day in (0, 300):
        at(day)
        ledger.claim_notice(f"told on {day}")
        write(ledger, "INSERT INTO sellerops.notification (id, raw) VALUES (%s, '{}')", str(day))
    at(401)
    deleted = purge(ledger)
    assert (deleted["notice"], deleted["notification"]) == (1, 1)
    assert read(ledger, "SELECT key FROM sellerops.notice") == ["told on 300"]
    assert read(ledger, "SELECT id FROM sellerops.notification") == ["300"]
    assert not ledger.claim_notice("told on 300")


def test_the_messages_of_what_is_still_wrong_stay(ledger: Ledger, at: At) -> None:
    """Its end answers to them."""
    for thread in ("open", "closed"):
        write(
            ledger,
            "INSERT INTO sellerops.delivery (notice_key, event, thread, channel, kind, "
            "connection, target, message, "
            "state) VALUES (%s, 'e', %s, 'c', 'slack', 'x', '#y', '{}', 'SENT')",
            thread,
            thread,
        )
        write(
            ledger,
            "INSERT INTO sellerops.fault (fault_key, event, headline, threads) VALUES (%s, 'e', "
            "'h', ARRAY[%s])",
            thread,
            thread,
        )
    write(ledger, "UPDATE sellerops.fault SET closed_at = sellerops.now() WHERE fault_key = 'closed'")
    at(390)
    write(ledger, "UPDATE sellerops.fault SET seen_at = sellerops.now() WHERE fault_key = 'open'")
    at(401)
    deleted = purge(ledger)
    assert (deleted["delivery"], deleted["fault"]) == (1, 1)
    assert read(ledger, "SELECT thread FROM sellerops.delivery") == ["open"]
    assert read(ledger, "SELECT fault_key FROM sellerops.fault") == ["open"]


def test_open_warnings_stay_and_ended_ones_end(ledger: Ledger, at: At) -> None:
    for name in ("open", "ended"):
        write(
            ledger,
            "INSERT INTO sellerops.warning (fault_key, kind, report, account_id, slices, since) "
            "VALUES (%s, 'late', 'orders', 'a', '[]', sellerops.now())",
            name,
        )
    write(ledger, "UPDATE sellerops.warning SET ended_at = sellerops.now() WHERE fault_key = 'ended'")
    at(401)
    assert purge(ledger)["warning"] == 1
    assert read(ledger, "SELECT fault_key FROM sellerops.warning") == ["open"]


def test_tries_of_a_gap_count_for_as_long_as_amazon_may_serve_it(ledger: Ledger, at: At) -> None:
    write(
        ledger,
        "INSERT INTO sellerops.gap_fill (report, account_id, marketplace_ids, first_day, "
        "last_day, states, dag_id, "
        "claimed_at) VALUES ('orders', 'a', '{}', '2026-01-01', '2026-01-01', '{}', 'd', sellerops.now())",
    )
    at(1_000)
    assert purge(ledger)["gap_fill"] == 0
    at(1_101)
    assert purge(ledger)["gap_fill"] == 1


def test_the_last_complete_export_of_a_sheet_stays(ledger: Ledger, at: At) -> None:
    for sheet, error in (("a", None), ("a", None), ("a", "quota"), ("b", None)):
        write(
            ledger,
            "INSERT INTO sellerops.table_export (export, spreadsheet_id, sheet, mode, "
            "destination, rows_read, "
            "rows_known, rows_written, error, ended_at) "
            "VALUES ('e', 's', %s, 'replace', 'postgres', 0, 0, 0, %s, sellerops.now())",
            sheet,
            error,
        )
    at(401)
    assert purge(ledger)["table_export"] == 1
    assert read(ledger, "SELECT sheet FROM sellerops.table_export ORDER BY id") == ["a", "a", "b"]


def test_checked_figures_end_but_for_those_that_are_off(ledger: Ledger, at: At) -> None:
    for verdict in ("ok", "off"):
        write(
            ledger,
            "INSERT INTO sellerops.check_result (check_name, subject, verdict) VALUES ('c', %s, %s)",
            verdict,
            verdict,
        )
    at(401)
    assert purge(ledger)["check_result"] == 1
    assert read(ledger, "SELECT verdict FROM sellerops.check_result") == ["off"]


def test_rows_of_deleted_personal_documents_are_purged_later(ledger: Ledger, at: At) -> None:
    for uri in ("kept", "gone"):
        write(ledger, "INSERT INTO sellerops.personal_document VALUES (%s, 'orders', '{c}')", uri)
    write(ledger, "UPDATE sellerops.personal_document SET deleted_at = sellerops.now() WHERE uri = 'gone'")
    at(401)
    assert purge(ledger)["personal_document"] == 1
    assert read(ledger, "SELECT uri FROM sellerops.personal_document") == ["kept"]


def test_listed_reports_of_an_unused_type_are_purged(ledger: Ledger, at: At) -> None:
    write(
        ledger,
        "INSERT INTO sellerops.report_listing VALUES ('a', 'T', sellerops.now(), NULL, sellerops.now())",
    )
    for day in (0, 300):
        at(day)
        write(
            ledger,
            "INSERT INTO sellerops.listed_report (account_id, report_id, report_type, "
            "marketplace_ids, status, "
            "created_at, seen_at) VALUES ('a', %s, 'T', '{}', 'DONE', sellerops.now(), sellerops.now())",
            str(day),
        )
    at(401)
    assert purge(ledger)["listed_report"] == 1
    assert read(ledger, "SELECT report_id FROM sellerops.listed_report") == ["300"]


def test_what_was_written_to_amazon_is_never_forgotten(ledger: Ledger, at: At) -> None:
    """A key without a row could be sent again."""
    write(
        ledger,
        "INSERT INTO sellerops.write_call (key, account_id, operation, method, path, body_hash, found_by, "
        "state, sent_at, answered_at, answer) VALUES ('inbound/1/createInboundPlan/1', 'a', "
        "'createInboundPlan', 'POST', '/', '', '', 'answered', sellerops.now(), sellerops.now(), '{}')",
    )
    at(5_000)
    purge(ledger)
    assert read(ledger, "SELECT key FROM sellerops.write_call") == ["inbound/1/createInboundPlan/1"]


def test_a_large_purge_goes_in_small_transactions(
    ledger: Ledger, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    for number in range(10):
        ledger.claim_notice(f"notice {number}")
    for number in range(8):
        at(number / 10)
        asked(ledger, RequestStatus.ARCHIVED)
    at(401)
    before = _commits(ledger)
    deleted = purge(ledger)
    assert deleted["notice"] == 10
    assert deleted["report_request"] == 7
    # Four of notices; three of requests, and each time how far they were looked at.
    assert _commits(ledger) - before >= 7
    assert purge(ledger)["notice"] == 0


def _commits(ledger: Ledger) -> int:
    """Transactions that wrote something."""
    (number,) = read(ledger, "SELECT pg_current_xact_id()::text::bigint")
    return int(number)
