"""Rates are read from the bank, stored, filled and noted; an unreachable bank leaves known ones in use."""

from __future__ import annotations

import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sellerops.base.clock import Clock
from sellerops.base.errors import UnexpectedAnswer
from sellerops.ledger import Ledger
from sellerops.reference.config_tables import synchronise
from sellerops.reference.edits import stored_rows, tuples
from sellerops.reference.filling import old_rates, refresh_rates
from sellerops.reference.published_rates import ADDRESS_VARIABLE
from sellerops.reference.tables import TABLES
from sellerops_airflow.housekeeping.maintenance import refresh_exchange_rates

NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)


class Bank:
    """A loopback server with a file of rates, as text of days, dollars and pounds for one euro."""

    def __init__(self) -> None:
        self.body = b""
        bank = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(bank.body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/eurofxref-hist.zip"

    def publish(self, *lines: str) -> None:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("eurofxref-hist.csv", "\n".join(["Date,USD,GBP,", *lines]))
        self.body = content.getvalue()


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    started = Bank()
    monkeypatch.setenv(ADDRESS_VARIABLE, started.address)
    yield started
    started.server.shutdown()
    started.server.server_close()


def _rate(ledger: Ledger, day: date) -> tuple[Decimal, int] | None:
    with ledger.connection() as connection:
        rows = tuples(
            connection,
            "SELECT rate, age_days FROM sellerops_reference.fx_rate "
            "WHERE (day, from_currency, to_currency) = (%s, 'EUR', 'USD')",
            (day,),
        )
    return rows[0] if rows else None


def test_new_and_revised_rates_are_filled_and_noted(ledger: Ledger, bank: Bank) -> None:
    ledger.set_clock(Clock(datetime.now(UTC), NOW, 0.0))
    with ledger.connection() as connection:
        synchronise(connection, {"fx_rate"})
        assert {row["age_days"] for row in old_rates(connection)} == {25}
    known = _rate(ledger, date(2026, 11, 24))
    assert known and known[1] == 25
    bank.publish("2026-11-20,1.20,0.80,", "2026-11-19,1.10,N/A,")
    with ledger.connection() as connection:
        connection.execute(
            "INSERT INTO sellerops.mart_input VALUES ('m', 'postgres', 'sellerops_reference.fx_rate')"
        )
        assert refresh_rates(connection) == 3
        # Canadian and Mexican dollars are still those of the package.
        old = {frozenset((row["from_currency"], row["to_currency"])) for row in old_rates(connection)}
        assert frozenset(("EUR", "USD")) not in old and frozenset(("EUR", "CAD")) in old
        noted = tuples(connection, "SELECT DISTINCT first_day, last_day FROM sellerops.table_change")
    assert noted == [(date(2026, 11, 19), date(2026, 11, 24))]
    assert _rate(ledger, date(2026, 11, 19)) == (Decimal("1.10"), 0)
    assert _rate(ledger, date(2026, 11, 22)) == (Decimal("1.20"), 2)
    bank.publish("2026-11-20,1.21,0.80,")
    assert refresh_exchange_rates(ledger) == 1
    assert _rate(ledger, date(2026, 11, 22)) == (Decimal("1.21"), 2)
    assert refresh_exchange_rates(ledger) == 0


def test_another_answer_or_none_leaves_the_known_rates(ledger: Ledger, bank: Bank) -> None:
    ledger.set_clock(Clock(datetime.now(UTC), NOW, 0.0))
    bank.publish("2026-11-20,1.20,0.80,")
    assert refresh_exchange_rates(ledger) == 2
    bank.body = b"<html>sign in</html>"
    with ledger.connection() as connection, pytest.raises(UnexpectedAnswer, match="not the file"):
        refresh_rates(connection)
    bank.server.shutdown()
    bank.server.server_close()
    assert refresh_exchange_rates(ledger) == 0
    with ledger.connection() as connection:
        assert len(stored_rows(connection, TABLES["fx_published"])) == 2
    assert _rate(ledger, date(2026, 11, 24)) == (Decimal("1.20"), 4)
