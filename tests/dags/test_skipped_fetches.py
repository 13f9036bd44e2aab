"""A task that fetches nothing says who has none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from sellerops.collect import Done, Outcome
from sellerops_airflow.operators import fetch_report
from sellerops_airflow.operators.fetch_report import FetchReportOperator


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("create", "Amazon has no data for 1 Nov."),
        ("dropped", "The drop folder has no new file for 1 Nov."),
        ("downloaded", "The page has no data for 1 Nov."),
    ],
)
def test_a_skipped_fetch_says_who_has_no_data(how: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SimpleNamespace(request=SimpleNamespace(how=how))
    monkeypatch.setattr(fetch_report, "get_runtime", lambda: SimpleNamespace(spec=lambda report: spec))
    task = FetchReportOperator(task_id="fetch_report", report="x", account_id="a", slice_={})
    unused: Any = None
    slice_: Any = SimpleNamespace(label="1 Nov")
    with pytest.raises(AirflowSkipException) as raised:
        task._finish(unused, slice_, unused, Done((), Outcome.EMPTY), unused)
    assert str(raised.value) == text
