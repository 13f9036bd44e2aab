"""A notice names report, account, marketplace, day, cause, next step and log; each cause once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sellerops.notices import Event, Failure, RunOutcome, failure_notice
from sellerops.notices.messages import success_notice


def failure(label: str = "US 2026-11-20", **changes: Any) -> Failure:
    fields = {
        "account_id": "northwind_na",
        "label": label,
        "step": "fetch_report",
        "error_type": "ReportFatal",
        "cause": "Amazon aborted the report: bad option.",
        "remedy": "Clear the task to ask for a new report.",
        "log_url": f"http://airflow/log/{label.replace(' ', '_')}",
    }
    return Failure(**{**fields, **changes})


def outcome(*failures: Failure, loaded: int = 3, attempt: int = 0) -> RunOutcome:
    return RunOutcome(
        "sales_and_traffic",
        "report__amazon_sp__sales_and_traffic",
        "scheduled__2026-11-21T12:00:00+00:00",
        "http://airflow/run",
        failures,
        loaded,
        attempt,
    )


def test_it_says_what_failed_why_and_what_to_do() -> None:
    notice = failure_notice(outcome(failure()))
    shown = json.dumps(notice.blocks)
    for words in (
        "sales_and_traffic partly failed: 1 task failed, 3 loaded",
        "northwind_na",
        "US 2026-11-20",
        "ReportFatal: Amazon aborted the report: bad option.",
        "Next: Clear the task to ask for a new report.",
        "<http://airflow/log/US_2026-11-20|Log>",
        "<http://airflow/run|Run>",
    ):
        assert words in shown
    assert "US 2026-11-20" in notice.text


@pytest.mark.parametrize(
    ("item", "first_line"),
    [
        (failure(), "*northwind_na* US 2026-11-20 (fetch_report)"),
        (failure(label="", step="plan_slices"), "*northwind_na* plan_slices"),
        (failure(label="", step="check_stale_slices", account_id=""), "*check_stale_slices*"),
    ],
)
def test_a_cause_begins_with_what_it_is_about(item: Failure, first_line: str) -> None:
    sections = [
        block["text"]["text"] for block in failure_notice(outcome(item)).blocks if block["type"] == "section"
    ]
    assert sections[0].splitlines()[0] == first_line


def test_slices_with_one_cause_share_a_section() -> None:
    many = [failure(f"US 2026-11-{day:02}") for day in range(1, 21)]
    notice = failure_notice(outcome(*many, failure("CA 2026-11-20", cause="another")))
    sections = [block["text"]["text"] for block in notice.blocks if block["type"] == "section"]
    assert len(sections) == 2
    assert "US 2026-11-01, US 2026-11-02" in sections[0]
    assert "and 14 more" in sections[0]


def test_a_flood_of_causes_still_fits_into_a_message() -> None:
    notice = failure_notice(outcome(*(failure(cause=f"{number} " + "x" * 5000) for number in range(200))))
    assert len(notice.blocks) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in notice.blocks if "text" in block)
    assert "192 more causes" in notice.text


@pytest.mark.parametrize(
    ("failures", "loaded", "event"),
    [
        ([failure()], 3, Event.PARTIAL_FAILURE),
        ([failure()], 0, Event.CRITICAL_FAILURE),
        ([failure(error_type="CredentialsError")], 3, Event.CRITICAL_FAILURE),
        ([failure(error_type="SpecError")], 3, Event.CRITICAL_FAILURE),
        ([failure(label="", step="plan_slices", error_type="RuntimeError")], 3, Event.CRITICAL_FAILURE),
        ([failure(error_type="ZeroDivisionError")], 1, Event.PARTIAL_FAILURE),
        ([failure(label="", step="plan_slices", error_type="FormError")], 0, Event.PARTIAL_FAILURE),
        ([failure(label="", error_type="FormError"), failure()], 0, Event.CRITICAL_FAILURE),
    ],
)
def test_event(failures: list[Failure], loaded: int, event: Event) -> None:
    assert failure_notice(outcome(*failures, loaded=loaded)).event is event


def test_the_same_failure_has_the_same_key_and_a_new_attempt_another() -> None:
    assert failure_notice(outcome(failure())).key == failure_notice(outcome(failure("CA 2026-11-20"))).key
    assert failure_notice(outcome(failure(), attempt=1)).key != failure_notice(outcome(failure())).key


def test_no_secret_and_no_markup_of_an_error_gets_through() -> None:
    leaky = failure(cause="refused Atzr|IwEBIA-secret <!channel> &", remedy="renew amzn1.oa2-cs.v1.abc")
    shown = json.dumps(failure_notice(outcome(leaky)).blocks) + failure_notice(outcome(leaky)).text
    assert "IwEBIA" not in shown
    assert "oa2-cs.v1" not in shown
    assert "<!channel>" not in shown
    assert "&lt;!channel&gt;" in shown


def test_the_same_cause_is_one_fault_whatever_its_numbers() -> None:
    one = failure(cause="report 50021 of 2026-11-20 was FATAL")
    other = failure("CA 2026-11-21", cause="report 50733 of 2026-11-21 was FATAL")
    first, second = (failure_notice(outcome(each)).faults for each in (one, other))
    assert [each.key for each in first] == [each.key for each in second]
    (key,) = {each.key for each in failure_notice(outcome(one, other)).faults}
    assert key.startswith("run_failed|report__amazon_sp__sales_and_traffic|northwind_na|fetch_report|")
    for changed in (
        replace(one, cause="another"),
        replace(one, account_id="northwind_eu"),
        replace(one, step="load_postgres"),
    ):
        assert failure_notice(outcome(changed)).faults[0].key != key


def test_a_run_that_went_well_is_one_line() -> None:
    notice = success_notice(
        replace(outcome(), skipped=1, rows={"postgres": 12345}, family="sales", accounts=("northwind_na",))
    )
    assert notice.headline == "sales_and_traffic done: 3 loaded, 1 skipped, 12,345 rows in postgres"
    assert (notice.event, notice.family, notice.account_ids) == (Event.SUCCESS, "sales", ("northwind_na",))
    assert "<http://airflow/run|Run>" in notice.text


def test_a_mistake_in_the_form_is_named_and_leaves_no_fault_open() -> None:
    mistyped = failure(
        label="", step="plan_slices", error_type="FormError", cause="'20/11' is not a valid date."
    )
    notice = failure_notice(outcome(mistyped, loaded=0))
    assert notice.headline == "sales_and_traffic did not start: the trigger form contains a mistake"
    assert "is not a valid date" in notice.text
    assert notice.all_faults == ()


def test_all_problems_of_an_inbound_request_are_in_its_notice() -> None:
    """An operations person corrects them at once; other causes are cut shorter."""
    problems = "\n".join(
        f"{number}. Box {number}: is too heavy for Amazon. Repack it." for number in range(1, 21)
    )
    texts = [
        failure_notice(outcome(failure(error_type=kind, cause=problems))).text
        for kind in ("InvalidRequest", "GiveUpError")
    ]
    assert ["20. Box 20" in text for text in texts] == [True, False]
