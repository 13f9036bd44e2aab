"""Columns that a source refused: told once for each report and column; the fetch goes on whatever is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from support.fake_runtime import DAG_ID, SLICE, FakeRuntime, task_context

from sellerops.collect import Done, Outcome
from sellerops.notices import Notice
from sellerops.notices.events import Event
from sellerops.notices.left_out import LeftOut, left_out_key, left_out_notice
from sellerops.settings.specs import load_spec
from sellerops_airflow.notifiers import left_out
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


def test_a_fetch_without_refused_columns_tells_nothing(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_out, "tell_untold", _refuse)
    assert fetch().execute(task_context()) == [1]


def test_refused_columns_are_told_once_each(runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Notice] = {}

    def tell_untold(
        ledger: Any,
        items: Sequence[LeftOut],
        key_of: Callable[[LeftOut], str],
        make: Callable[[Sequence[LeftOut]], Notice],
    ) -> bool:
        new = [one for one in items if key_of(one) not in told]
        told.update({key_of(one): make(new) for one in new})
        return bool(new)

    monkeypatch.setattr(left_out, "tell_untold", tell_untold)
    for _ in range(2):
        runtime.fake_collector.steps = [Done((1,), Outcome.DOCUMENTS, left_out=REFUSED)]
        assert fetch().execute(task_context()) == [1]
    (notice,) = told.values()
    assert notice.event is Event.DRIFT
    assert notice.account_ids == ("northwind_na",)
    assert "`addToList`: 400 configuration columns" in notice.text
    assert "US 2026-11-20" in notice.text


def test_the_document_is_safe_even_when_nobody_can_be_told(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_out, "tell_untold", _refuse)
    runtime.fake_collector.steps = [Done((1,), Outcome.DOCUMENTS, left_out=REFUSED)]
    assert fetch().execute(task_context()) == [1]


def test_a_column_is_the_same_in_every_slice() -> None:
    spec = load_spec("report__amazon_ads__sp_campaigns")
    one, other = LeftOut("addToList", "words"), LeftOut("addToList", "other words")
    assert left_out_key(spec, one) == left_out_key(spec, other)
    many = [LeftOut(f"column{number}", "words") for number in range(14)]
    assert "... and 4 more." in left_out_notice(many, spec, "northwind_na", "US").text


def _refuse(*_: Any) -> bool:
    raise RuntimeError("nobody is to be told")
