"""Each quarantined document is one question, and its answer is applied once."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.standard.operators import hitl
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput
from support.channels import Channels
from support.fake_runtime import SLICE, FakeRuntime, task_context

from sellerops.cli import main
from sellerops.destinations import open_destination
from sellerops.ledger import Ledger, RequestKey, RunRef, SliceState
from sellerops.ledger.quarantines import QuarantineState
from sellerops.reprocess.quarantine import get_quarantine, list_quarantines
from sellerops_airflow.operators.fetch_report import FetchReportOperator
from sellerops_airflow.operators.load_report import LoadReportOperator
from sellerops_airflow.operators.quarantine import (
    ApplyDecisionOperator,
    FindQuarantinesOperator,
    RequestDecisionOperator,
)
from sellerops_airflow.runtime import use_runtime

DAG_ID = "sellerops__quarantine"
SALES = "report__amazon_sp__sales_and_traffic"
MORNING = datetime(2026, 11, 21, 9, tzinfo=UTC)
RUN = RunRef(SALES, "run", "slice.fetch_report", 0, 1, "sales_and_traffic")


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

    def archived(self, units: int, hours: int) -> int:
        """A document of both tables; returns its request."""
        key = RequestKey("amazon_sp", "T", "northwind_na", SLICE.marketplace_ids, SLICE.start, SLICE.end)
        later = self.real.clock().now() + timedelta(days=9)
        request = self.real.find_or_open_request(key, fresh_after=later, run=RUN)
        assert self.real.claim_create(request.id)
        moment = MORNING + timedelta(hours=hours)
        self.real.record_created(request.id, str(request.id), reported_at=moment)
        uri = f"mem://{request.id}"
        rows = [{"parentAsin": "P", "childAsin": "C", "salesByAsin": {"unitsOrdered": units}}]
        totals = [{"date": SLICE.first_day, "salesByDate": {"unitsOrdered": units}}]
        content = {"salesAndTrafficByDate": totals, "salesAndTrafficByAsin": rows}
        self.documents[uri] = json.dumps(content).encode()
        self.real.record_archived(request.id, uri=uri, nbytes=1, sha256="0", headers={})
        return request.id

    def units(self) -> int:
        with self.real.connection() as connection:
            row = connection.execute("SELECT sum(units_ordered) AS n FROM amazon_sp.sales_daily").fetchone()
        assert row is not None
        return int(row["n"])


@pytest.fixture
def runtime(ledger: Ledger, conninfo: str) -> Iterator[Runtime]:
    with use_runtime(Runtime(ledger, conninfo)) as ours:
        assert isinstance(ours, Runtime)
        yield ours


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is shown to people."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **values: shown.append(values))
    return shown


def load(request_ids: list[int]) -> Any:
    task = LoadReportOperator(
        task_id="load_postgres",
        report=SALES,
        account_id="northwind_na",
        destination="postgres",
        slice_=SLICE.to_dict(),
        request_ids=request_ids,
    )
    return task.execute(task_context(task_id="northwind_na.slice.load_postgres"))


def hold(runtime: Runtime) -> int:
    """A day of 100 units of which a newer document has none; returns that document's request."""
    load([runtime.archived(100, 0)])
    request_id = runtime.archived(0, 1)
    with pytest.raises(AirflowSkipException, match="stored 100"):
        load([request_id])
    return request_id


def find(run_id: str = "one") -> list[dict[str, Any]]:
    return FindQuarantinesOperator(task_id="find").execute({**context(), "run_id": run_id})


def context() -> Any:
    made = task_context(dag_id=DAG_ID, task_id="document.ask")
    made["task_instance"] = SimpleNamespace(id="ti")
    return made


def ask(question: dict[str, Any]) -> RequestDecisionOperator:
    return RequestDecisionOperator(task_id="ask", quarantine=question)


def answer(question: dict[str, Any], choice: str, note: str = "") -> dict[str, Any]:
    event = {
        "chosen_options": [choice],
        "params_input": {"note": note} if note else {},
        "responded_at": MORNING,
        "responded_by_user": {"id": "1", "name": "ada"},
    }
    return ask(question).execute_complete(context(), event)


def decide(said: dict[str, Any]) -> Any:
    return ApplyDecisionOperator(task_id="decide", answer=said).execute({**context(), "run_id": "one"})


def test_the_dag_asks_and_decides_one_by_one(bag: DagBag) -> None:
    dag = bag.dags[DAG_ID]
    assert set(dag.task_ids) == {"find", "document.ask", "document.decide"}
    asking, deciding = dag.get_task("document.ask"), dag.get_task("document.decide")
    assert isinstance(asking, RequestDecisionOperator)
    assert asking.options == ["Release", "Reject", "Ask again later"]
    assert asking.downstream_task_ids == {"document.decide"}
    for task in (asking, deciding):
        (group,) = task.iter_mapped_task_groups()
        assert group.group_id == "document"
    assert "quarantine['label']" in str(asking.map_index_template)
    assert asking.response_timeout is not None
    assert asking.defaults == ["Ask again later"], "nobody's answer decides nothing"
    assert not dag.catchup


def test_a_quarantined_load_is_skipped_with_one_notice(runtime: Runtime, sent: Channels) -> None:
    request_id = hold(runtime)
    assert runtime.units() == 100
    (row,) = runtime.real.slice_states()
    assert (row.state, row.error_type) == (SliceState.QUARANTINED, "Quarantined")
    assert "sellerops quarantine" in (row.remedy or "")
    with pytest.raises(AirflowSkipException):
        load([request_id])
    (notice,) = sent.messages
    for words in ("sales_and_traffic quarantined", "US 2026-11-20", "stored 100", "required_actions"):
        assert words in notice.text
    find()
    assert len(sent.messages) == 1


def test_a_notice_whose_sender_was_killed_is_sent_by_the_dag(
    runtime: Runtime, sent: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sellerops_airflow.notifiers.quarantine.send_quarantine_notices", lambda *_: 0)
        hold(runtime)
    assert sent.messages == []
    find()
    assert len(sent.messages) == 1
    find()
    assert len(sent.messages) == 1


def test_each_quarantined_table_is_one_question_with_its_figures(
    runtime: Runtime, sent: Channels, questions: list[dict[str, Any]]
) -> None:
    hold(runtime)
    found = find()
    assert [one["label"] for one in found] == [
        "northwind_na sales_daily US 2026-11-20",
        "northwind_na sales_daily_totals US 2026-11-20",
    ]
    with pytest.raises(TaskAwaitingInput):
        ask(found[0]).execute(context())
    (shown,) = questions
    assert shown["subject"] == "sales_and_traffic: northwind_na sales_daily US 2026-11-20"
    assert "| 2026-11-20 | 0 | 100 | - |" in shown["body"]
    assert find("two") == [], "another run does not ask the same"
    assert find("one") == found, "cleared, this one does"


def test_release_stores_the_document_and_says_who(runtime: Runtime, sent: Channels) -> None:
    request_id = hold(runtime)
    for question in find():
        said = answer(question, "Release", "Closed for the holiday.")
        (result,) = decide(said)
        assert decide(said)[0]["stored"] == result["stored"], "cleared, it does the same"
    assert runtime.units() == 0
    held = list_quarantines(runtime.real)
    assert {each.state for each in held} == {QuarantineState.RELEASED}
    assert {(each.decided_by, each.note) for each in held} == {("ada (UI)", "Closed for the holiday.")}
    assert [row.state for row in runtime.real.slice_states()] == [SliceState.LOADED]
    assert len(load([request_id])) == 2
    assert find("two") == []


def test_reject_keeps_the_rows_and_a_repeated_load_is_quiet(runtime: Runtime, sent: Channels) -> None:
    request_id = hold(runtime)
    for question in find():
        assert decide(answer(question, "Reject")) == []
    assert runtime.units() == 100
    with pytest.raises(AirflowSkipException, match="rejected"):
        load([request_id])
    (row,) = runtime.real.slice_states()
    assert row.state is SliceState.LOADED
    assert "rejected" in (row.error or "")
    assert len(sent.messages) == 1


def test_nobody_answered_so_a_later_run_asks(runtime: Runtime, sent: Channels) -> None:
    hold(runtime)
    (first, _) = find()
    with pytest.raises(AirflowSkipException, match="asks again"):
        decide(answer(first, "Ask again later"))
    assert find("two") == [first]


def test_what_a_command_decided_is_neither_asked_nor_decided_again(
    runtime: Runtime,
    sent: Channels,
    questions: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hold(runtime)
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", runtime.address)
    first, second = find()
    assert main(["quarantine", "list"]) == 0
    assert "stored 100" in capsys.readouterr().out
    assert main(["quarantine", "reject", str(first["id"]), "--by", "bob", "--note", "Wrong."]) == 0
    assert main(["quarantine", "show", str(first["id"])]) == 0
    assert "by bob (command)" in capsys.readouterr().out
    said = ask(first).execute(context())
    assert (said["choice"], questions) == ("", [])
    for late in (said, answer(first, "Release")):
        with pytest.raises(AirflowSkipException, match=r"REJECTED by bob \(command\)"):
            decide(late)
    assert main(["quarantine", "reject", "999"]) == 1
    assert "quarantine list" in capsys.readouterr().err
    assert get_quarantine(runtime.real, second["id"]).state is QuarantineState.OPEN


def test_the_command_releases_from_the_archive(
    runtime: Runtime, sent: Channels, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    import gzip
    import hashlib

    request_id = hold(runtime)
    content = runtime.documents[f"mem://{request_id}"]
    path = tmp_path / f"{hashlib.sha256(content).hexdigest()}.gz"
    path.write_bytes(gzip.compress(content))
    with runtime.real.connection() as connection:
        connection.execute(
            "UPDATE sellerops.report_request SET archive_uri = %s WHERE id = %s", (str(path), request_id)
        )
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", runtime.address)
    assert main(["quarantine", "release", str(find()[0]["id"])]) == 0
    assert runtime.units() == 0


def test_absence_confirmed_twice_does_not_delete_rows(runtime: Runtime, sent: Channels) -> None:
    from sellerops.collect import Done, Outcome

    load([runtime.archived(100, 0)])
    empty = runtime.archived(0, 1)
    with runtime.real.connection() as connection:
        connection.execute("UPDATE sellerops.report_request SET status = 'CANCELLED' WHERE id = %s", (empty,))
    runtime.fake_collector.steps = [Done((), Outcome.EMPTY, (7, empty))]
    fetch = FetchReportOperator(
        task_id="fetch_report", report=SALES, account_id="northwind_na", slice_=SLICE.to_dict()
    )
    with pytest.raises(AirflowSkipException, match="no rows, stored 100"):
        fetch.execute(task_context())
    assert [row.state for row in runtime.real.slice_states()] == [SliceState.QUARANTINED]
    assert runtime.units() == 100
    assert len(sent.messages) == 1
    for question in find():
        decide(answer(question, "Release"))
    assert [row.state for row in runtime.real.slice_states()] == [SliceState.CONFIRMED_EMPTY]
    with runtime.real.connection() as connection:
        assert connection.execute("SELECT FROM amazon_sp.sales_daily").fetchall() == []


def test_the_rest_of_several_documents_is_loaded(runtime: Runtime, sent: Channels) -> None:
    load([runtime.archived(100, 0)])
    implausible, sound = runtime.archived(0, 1), runtime.archived(98, 2)
    with pytest.raises(AirflowSkipException):
        load([implausible, sound])
    assert runtime.units() == 98
    assert list_quarantines(runtime.real, [QuarantineState.OPEN]) == []
