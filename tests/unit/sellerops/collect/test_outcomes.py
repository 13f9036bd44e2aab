"""Outcomes cross from the triggerer to a worker as JSON and come out the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from sellerops.base.errors import CredentialsError, GiveUpError, ReportFatal
from sellerops.collect import WaitOutcome, WaitResult
from sellerops.collect.context import backoff_pause


def cross(result: WaitResult) -> WaitResult:
    return WaitResult.from_dict(json.loads(json.dumps(result.to_dict())))


def test_a_result_survives_the_crossing() -> None:
    result = WaitResult(WaitOutcome.READY, "the document is ready", (4, 5))
    assert cross(result) == result
    cross(result).raise_if_failed()


def test_an_error_keeps_its_type_words_and_fields() -> None:
    error = ReportFatal("aborted.", where="GET_X", remedy="Look.", report_id="7", seen_at=datetime.now(UTC))
    with pytest.raises(ReportFatal) as caught:
        cross(WaitResult(WaitOutcome.FAILED, "aborted.", (4,), error)).raise_if_failed()
    assert str(caught.value) == str(error)
    assert caught.value.details == {"report_id": "7"}, "what is no plain value stays behind"


def test_an_error_of_another_version_needs_a_person() -> None:
    values = WaitResult(WaitOutcome.FAILED, "x", (), CredentialsError("x")).to_dict()
    values["error"]["type"] = "ErrorOfNextYear"
    with pytest.raises(GiveUpError):
        WaitResult.from_dict(values).raise_if_failed()


def test_pauses_grow_to_minutes_and_no_further() -> None:
    pauses = [backoff_pause(attempt, share=0.5) for attempt in range(50)]
    assert pauses == sorted(pauses)
    assert pauses[0] < timedelta(seconds=8)
    assert pauses[-1] == timedelta(seconds=375)
