"""Changed columns and rejected rows get one notice, in Slack, however many slices show them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from support.channels import Channels
from support.fake_runtime import SLICE, FakeRuntime, task_context
from support.sandbox import SandboxServer

from sellerops.base.clock import Clock
from sellerops.calendar.slices import Slice
from sellerops.destinations import open_destination
from sellerops.ledger import Ledger, RequestKey, RunRef, SliceState
from sellerops_airflow.housekeeping import maintenance
from sellerops_airflow.operators.load_report import LoadReportOperator
from sellerops_airflow.runtime import use_runtime

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
RETURNS = "fba_customer_returns"
PERSONAL = "seller_feedback"
RUN = RunRef(RETURNS, "run", "slice.fetch_report", 0, 1, RETURNS)


class Runtime(FakeRuntime):
    """A real ledger and destination, documents in memory."""

    def __init__(self, real: Ledger, address: str) -> None:
        super().__init__()
        self.real, self.address = real, address
        self.documents: dict[str, bytes] = {}

    @property
    def ledger(self) -> Any:
        return self.real

    @property
    def archive(self) -> Any:
        return SimpleNamespace(open=lambda uri: io.BytesIO(self.documents[uri]))

    def destination(self, name: str) -> Any:
        return open_destination(name, self.address)

    def archived(self, slice_: Slice, content: str) -> int:
        """A document of the slice; returns its request."""
        key = RequestKey(
            "amazon_sp", "T", slice_.account_id, slice_.marketplace_ids, slice_.start, slice_.end
        )
        request = self.real.find_or_open_request(key, fresh_after=NOW + timedelta(days=9), run=RUN)
        assert self.real.claim_create(request.id)
        self.real.record_created(request.id, str(request.id), reported_at=NOW + timedelta(seconds=request.id))
        uri = f"mem://{request.id}"
        self.documents[uri] = content.encode()
        self.real.record_archived(request.id, uri=uri, nbytes=1, sha256="0", headers={})
        return request.id

    def load(self, number: int, content: str, report: str = RETURNS, account: str = "northwind_na") -> None:
        """The load task of the slice of the day before ``NOW`` by ``number`` days."""
        day = NOW.date() - timedelta(days=number)
        slice_ = replace(
            SLICE,
            report=report,
            account_id=account,
            label=f"NA {day}",
            first_day=str(day),
            last_day=str(day),
            timezone="UTC",
            window_start=f"{day}T00:00:00+00:00",
            window_end=f"{day + timedelta(days=1)}T00:00:00+00:00",
        )
        task = LoadReportOperator(
            task_id="load_postgres",
            report=f"report__amazon_sp__{report}",
            account_id=account,
            destination="postgres",
            slice_=slice_.to_dict(),
            request_ids=[self.archived(slice_, content)],
        )
        task.execute(task_context(task_id=f"{account}.slice.load_postgres"))


def returns(number: int, *, lacks: tuple[str, ...] = (), more: str = "", quantity: str = "1") -> str:
    """A day's returns: one sound row, and one with ``quantity``."""
    names = ["return-date", "order-id", "sku", "quantity", "reason", "customer-comments"]
    kept = [name for name in names if name not in lacks]
    day = NOW.date() - timedelta(days=number)
    rows = []
    for count in ("1", quantity):
        values = {"return-date": f"{day}T08:00:00+00:00", "order-id": "1", "sku": "S", "quantity": count}
        rows.append([values.get(name, "x") for name in kept] + (["y"] if more else []))
    header = kept + ([more] if more else [])
    return "".join("\t".join(line) + "\r\n" for line in [header, *rows])


@pytest.fixture
def runtime(ledger: Ledger, conninfo: str) -> Iterator[Runtime]:
    at(ledger, 0)
    with use_runtime(Runtime(ledger, conninfo)) as ours:
        assert isinstance(ours, Runtime)
        yield ours


def at(ledger: Ledger, hours: float) -> None:
    ledger.set_clock(Clock(datetime.now(UTC), NOW + timedelta(hours=hours), 0.0))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture
def sink(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The sandbox's Slack: the texts of what came since, by channel."""
    connection = {"conn_type": "slack", "password": "xoxb-x", "extra": {"base_url": f"{sandbox.url}/api/"}}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_DEFAULT", json.dumps(connection))
    before = len(sandbox.slack_messages())

    def texts() -> list[str]:
        messages = sandbox.slack_messages()[before:]
        assert {message["channel"].lstrip("#") for message in messages} <= {"seller-reports"}
        return [message["text"] for message in messages]

    return texts


def test_a_renamed_column_is_one_message_for_all_slices_and_accounts(runtime: Runtime, sink: Any) -> None:
    for number in (1, 2):
        runtime.load(number, returns(number))
        runtime.load(number, returns(number), account="northwind_eu")
    assert sink() == [], "columns of the spec that these documents never had are no news"
    for _ in ("a run", "a second run"):
        for number in (1, 2, 3):
            for account in ("northwind_na", "northwind_eu"):
                renamed = returns(number, lacks=("reason",), more="why <returned>")
                runtime.load(number, renamed, account=account)
    (text,) = sink()
    for words in (
        "fba_customer_returns: Amazon changed columns of amazon_sp.fba_customer_returns",
        "column `why_returned` is new",
        "column `reason` is gone",
        "northwind_na NA 2026-11-20",
        "`also`",
        "clear `load_postgres`",
    ):
        assert words in text
    runtime.load(3, returns(3, more="reason"))
    (_, text) = sink()
    assert "`reason__2` appears twice" in text


def test_rejected_rows_are_one_message_a_day(runtime: Runtime, sink: Any, ledger: Ledger) -> None:
    for _ in ("a run", "a second run"):
        for number in (1, 2, 3):
            runtime.load(number, returns(number, quantity="many"))
    (text,) = sink()
    load_id = min(load.load_id or 0 for load in ledger.loads())
    for words in (
        "fba_customer_returns: 1 row rejected, northwind_na",
        "NA 2026-11-20",
        "1 of 2 rows (50.0%): unreadable_value 1",
        "First: line 3, unreadable_value in `quantity`: 'many'",
        f"WHERE load_id = {load_id}",
    ):
        assert words in text
    at(ledger, 24)
    runtime.load(1, returns(1, quantity="many"))
    assert len(sink()) == 2, "another day gets another notice"


def test_values_of_tables_with_personal_columns_are_not_shown(runtime: Runtime, sent: Channels) -> None:
    header = ["date", "rating", "comments", "response", "order-id", "rater-email"]
    rows = [["2026-11-20", "5", "c", "", "1", "a@b.c"], ["2026-11-20", "secret", "c", "", "2", "a@b.c"]]
    runtime.load(1, "".join("\t".join(line) + "\r\n" for line in [header, *rows]), report=PERSONAL)
    (message,) = sent.messages
    assert "unreadable_value in `rating`" in message.text
    assert "secret" not in json.dumps(message.post.blocks)


def test_slack_away_fails_no_load_and_maintenance_sends_the_notice(
    runtime: Runtime, ledger: Ledger, sent: Channels
) -> None:
    sent.down = {"slack"}
    runtime.load(1, returns(1, more="new-one", quantity="many"))
    assert [row.state for row in ledger.slice_states()] == [SliceState.LOADED]
    assert maintenance.send_waiting_notices(ledger) == 0, "its next try is not yet due"
    at(ledger, 1)
    sent.down = set()
    assert maintenance.send_waiting_notices(ledger) == 2
    assert ["changed columns" in sent.texts[0], "rejected" in sent.texts[1]] == [True, True]
    at(ledger, 3)
    assert maintenance.send_missed_notices(ledger) == 0
    assert len(sent.messages) == 2


def test_maintenance_sends_the_notice_of_a_killed_load(
    runtime: Runtime, ledger: Ledger, sent: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sellerops_airflow.notifiers.findings.send_findings_of_loads", lambda *_: 0)
        runtime.load(1, returns(1, more="new-one", quantity="many"))
    at(ledger, 1)
    assert maintenance.send_missed_notices(ledger) == 0, "the load may still be at it"
    at(ledger, 3)
    assert maintenance.send_missed_notices(ledger) == 2
    assert maintenance.send_missed_notices(ledger) == 0
    assert len(sent.messages) == 2


def test_a_load_that_found_nothing_asks_the_ledger_nothing(
    runtime: Runtime, sent: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellerops.ledger import findings

    asked: list[Any] = []
    runtime.load(1, returns(1))
    monkeypatch.setattr(findings, "column_changes", lambda *given: asked.append(given) or [])
    runtime.load(2, returns(2))
    assert asked == []
    assert sent.messages == []
