"""Columns that a source refused: one notice per report and column, which never fails the fetch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from support.fake_runtime import DAG_ID, SLICE, FakeRuntime, task_context

from sellerops.collect import Done, Outcome
from sellerops.notices import Notice
from sellerops.notices.events import Event
from sellerops.notices.refused_columns import ColumnRefusal, refused_column_key, refused_columns_notice
from sellerops.settings.specs import load_spec
from sellerops_airflow.notifiers import refused_columns
from sellerops_airflow.operators.fetch_report import FetchReportOperator
from sellerops_airflow.runtime import use_runtime

REFUSED = {"addToList": "400 configuration columns includes invalid values: (addToList)"}


@pytest.fixture
def runtime() -> Iterator[FakeRuntime]:
    with use_runtime(FakeRuntime()) as made:
        assert isinstance(made, FakeRuntime)
        yield made


def fetch() -> FetchReportOperator:
    return FetchReportOperator(
        task_id="fetch_report", report=DAG_ID, account_id="northwind_na", slice_=SLICE.to_dict()
    )


def test_a_fetch_without_refused_columns_sends_nothing(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused_columns, "send_notice_of_new", _refuse)
    assert fetch().execute(task_context()) == [1]


def test_refused_columns_are_sent_once_each(runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, Notice] = {}

    def send_notice_of_new(
        ledger: Any,
        items: Sequence[ColumnRefusal],
        key_of: Callable[[ColumnRefusal], str],
        make: Callable[[Sequence[ColumnRefusal]], Notice],
    ) -> bool:
        new = [one for one in items if key_of(one) not in sent]
        sent.update({key_of(one): make(new) for one in new})
        return bool(new)

    monkeypatch.setattr(refused_columns, "send_notice_of_new", send_notice_of_new)
    for _ in range(2):
        runtime.fake_collector.steps = [Done((1,), Outcome.DOCUMENTS, left_out=REFUSED)]
        assert fetch().execute(task_context()) == [1]
    (notice,) = sent.values()
    assert notice.event is Event.DRIFT
    assert notice.account_ids == ("northwind_na",)
    assert "`addToList`: 400 configuration columns" in notice.text
    assert "US 2026-11-20" in notice.text


def test_the_document_is_safe_even_when_no_notice_can_be_sent(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused_columns, "send_notice_of_new", _refuse)
    runtime.fake_collector.steps = [Done((1,), Outcome.DOCUMENTS, left_out=REFUSED)]
    assert fetch().execute(task_context()) == [1]


def test_a_column_is_the_same_in_every_slice() -> None:
    spec = load_spec("report__amazon_ads__sp_campaigns")
    one, other = ColumnRefusal("addToList", "words"), ColumnRefusal("addToList", "other words")
    assert refused_column_key(spec, one) == refused_column_key(spec, other)
    many = [ColumnRefusal(f"column{number}", "words") for number in range(14)]
    assert "... and 4 more." in refused_columns_notice(many, spec, "northwind_na", "US").text


def _refuse(*_: Any) -> bool:
    raise RuntimeError("nobody is to be sent")
