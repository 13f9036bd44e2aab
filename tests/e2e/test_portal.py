"""Files of a web page in the whole Airflow: a captcha, a killed browser, and a page that has changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil
import pytest
import yaml
from support.browsers import needs_chromium
from support.portal_config import PAYMENTS, days_ago
from support.system import PATIENT, System

from sellerops.browsers.evidence import EvidenceStore
from sellerops.ledger.login_locks import jobs
from sellerops.ledger.logins import BrowserJob, JobState
from sellerops.ledger.required_actions import action_of
from sellerops_runtime.processes import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2 * PATIENT)]

SIGN_IN, CANARY = "portal_sign_in", "portal_canary"
LOGIN, PAGE = "northwind_finance", "payments_reports"


@pytest.fixture(autouse=True)
def _with_chromium() -> None:
    needs_chromium()


def test_a_captcha_goes_to_a_person_and_the_download_continues_after_the_answer(
    system: System, run_with_captcha: str
) -> None:
    run_id = run_with_captcha
    wait_until(lambda: _questions(system), PATIENT, "the question")
    (question,) = _questions(system)
    assert "Seller Central needs a person" in question["subject"]
    for words in (LOGIN, "northwind_na", "Screenshot", f"sellerops browsers open {LOGIN}", "Done, go on"):
        assert words in question["body"], words
    wait_until(lambda: _notices(system, "needs a person"), PATIENT, "the notice in Slack")
    (notice,) = _notices(system, "needs a person")
    assert "/required_actions" in str(notice) and "/evidence/" in str(notice)
    # Waiting holds no worker, and the browser is free for the person.
    states = {ti["state"] for ti in system.tasks(PAYMENTS, run_id, "fetch_report")}
    assert states == {"deferred"}

    _solve_captcha(system)
    _answer(system, question, "Done, go on")
    assert system.airflow.api.wait_for_run(PAYMENTS, run_id, PATIENT)["state"] == "success"
    assert _rows(system, 20, 14) > 0
    assert action_of(system.ledger, LOGIN) is None
    outcome, by = system.select("SELECT outcome, ended_by FROM sellerops.required_action")[0]
    assert (outcome, by) == ("resumed", "admin")
    wait_until(lambda: _notices(system, "is signed in again"), PATIENT, "the recovery in Slack")


def test_a_killed_browser_loses_and_doubles_nothing(system: System) -> None:
    before = len(_requested(system))
    run_id = _run(system, 34, 28)
    wait_until(lambda: _running_job(system, run_id), PATIENT, "a browser job")
    (process,) = (each for each in _browser_processes(system) if _is_main(each))
    process.kill()
    assert system.airflow.api.wait_for_run(PAYMENTS, run_id, PATIENT)["state"] == "success"
    assert len(_requested(system)) == before + 1
    loads = system.select("SELECT count(*) FROM sellerops.load WHERE run_id = %s", run_id)
    assert loads == [(1,)]
    assert _rows(system, 34, 28) > 0


def test_a_page_without_a_control_says_which_with_evidence(system: System) -> None:
    options = {"text": 'label="Report Type"', "becomes": 'label="Kind"'}
    system.sandbox.faults("portal_page_drift", operation="paymentsReports", options=options)
    api = system.airflow.api
    run_id = api.trigger(CANARY)
    assert api.wait_for_run(CANARY, run_id, PATIENT)["state"] == "failed"
    wait_until(lambda: _notices(system, "Page changed"), PATIENT, "the notice in Slack")
    (notice,) = _notices(system, "Page changed")
    # The scheduled run may have found it, too; the notice is of the one that did so first.
    found = jobs(system.ledger, dag_id=CANARY, states={JobState.PAGE_CHANGED})
    (job,) = (each for each in found if re.search(rf"/evidence/{each.id}\b", str(notice)))
    assert job.ref.page == PAGE
    for words in (PAGE, LOGIN, "Report Type", f"/dags/{CANARY}/evidence/{job.id}", "dropped_payments"):
        assert words in str(notice), words
    _look_at_evidence(system, job)

    system.sandbox.clear_faults()
    assert api.wait_for_run(CANARY, api.trigger(CANARY), PATIENT)["state"] == "success"
    wait_until(lambda: _notices(system, "works again"), PATIENT, "the recovery in Slack")


def _run(system: System, first: int, last: int) -> str:
    days = {"from_day": days_ago(first), "to_day": days_ago(last)}
    return system.airflow.api.trigger(PAYMENTS, days)


def _rows(system: System, first: int, last: int) -> int:
    statement = """
        SELECT count(*) FROM seller_portal.payments_date_range WHERE date_time::date BETWEEN %s AND %s
    """
    return int(system.select(statement, days_ago(first), days_ago(last))[0][0])


def _requested(system: System) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = system.sandbox.control("GET", "/portal")["requested"]
    return rows


def _running_job(system: System, run_id: str) -> bool:
    """Whether a job of the run has the browser attached."""
    running = jobs(system.ledger, dag_id=PAYMENTS, run_id=run_id, states={JobState.RUNNING})
    return bool(running)


def _browser_processes(system: System) -> list[Any]:
    from support.browsers import processes_of

    return processes_of(system.config.parent / "browsers")


def _is_main(process: psutil.Process) -> bool:
    """Whether it is a browser itself; its helpers come and go."""
    try:
        return "--type=" not in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def _questions(system: System) -> list[dict[str, Any]]:
    """The open questions, once they have been open for a while.

    Airflow 3.3.2 fails a task that is resumed within about 3 s of deferring (apache/airflow #71580).
    """
    path = f"/dags/{SIGN_IN}/dagRuns/~/hitlDetails"
    found: list[dict[str, Any]] = system.airflow.api.request(
        "GET", path, params={"response_received": False}
    )["hitl_details"]
    began = max((datetime.fromisoformat(each["created_at"]) for each in found), default=None)
    return found if began and datetime.now(UTC) - began > timedelta(seconds=8) else []


def _answer(system: System, question: dict[str, Any], choice: str) -> None:
    task = question["task_instance"]
    path = f"/dags/{SIGN_IN}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}/-1/hitlDetails"
    system.airflow.api.request("PATCH", path, json={"chosen_options": [choice], "params_input": {}})


def _notices(system: System, words: str) -> list[dict[str, Any]]:
    return [message for message in system.sandbox.slack_messages() if words in str(message)]


def _solve_captcha(system: System) -> None:
    """What a person does in the login's own browser: open the site, type the word of the picture."""
    from playwright.sync_api import sync_playwright

    logins = yaml.safe_load((system.config / "logins.yaml").read_text(encoding="utf-8"))["logins"]
    address = logins[LOGIN]["browser"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.connect_over_cdp(address)
        page = browser.contexts[0].new_page()
        page.goto(f"{system.sandbox.url}/ap/signin")
        picture = page.locator("#auth-captcha-image").get_attribute("src") or ""
        page.evaluate("source => window.picture = fetch(source).then(found => found.text())", picture)
        word = str(page.evaluate("() => window.picture")).split("</text>")[0].rsplit(">", 1)[1]
        page.fill("input[name=guess]", word)
        with page.expect_navigation():
            page.locator("[type=submit]").first.click()
        page.close()
        browser.close()


def _look_at_evidence(system: System, job: BrowserJob) -> None:
    """Behind Airflow's access, and without secrets."""
    base = f"/sellerops/dags/{CANARY}/evidence/{job.id}"
    address = f"{system.airflow.stack.url}{base}"
    assert httpx.get(address, trust_env=False).status_code == 401
    assert job.evidence_uri
    store = EvidenceStore(job.evidence_uri.rsplit("/", 2)[0])
    assert store.files(job.evidence_uri) == ["screenshot.png", "page.html", "trace.zip"]
    for name in store.files(job.evidence_uri):
        content = store.read(job.evidence_uri, name)
        assert not [secret for secret in system.credentials if secret.encode() in content]
