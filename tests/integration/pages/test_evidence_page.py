"""What a failed browser job saw, behind the access to the DAG's logs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from fastapi import FastAPI  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402

from sellerops.ledger.login_locks import end_job, take_lock  # noqa: E402
from sellerops.ledger.logins import JobRef, JobState  # noqa: E402
from sellerops_airflow.pages.app import create_app  # noqa: E402
from sellerops_airflow.runtime import Runtime, use_runtime  # noqa: E402

DAG_ID, RUN, TASK = (
    "report__seller_portal__payments_date_range",
    "manual__1",
    "northwind_na.slice.fetch_report",
)
HOSTILE = b"<script>alert('x')</script>"
FILES = {"screenshot.png": b"\x89PNG picture", "page.html": HOSTILE, "trace.zip": b"PK trace"}


@pytest.fixture
def runtime(conninfo: str, reader: str, tmp_path: Path) -> Iterator[Runtime]:
    with use_runtime(Runtime(lambda: conninfo, lambda: str(tmp_path / "archive"), lambda: reader)) as ours:
        yield ours
    ours.close()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Of a user who may read the logs of DAGs."""
    from airflow.api_fastapi.app import create_auth_manager, get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.utils.db import upgradedb

    upgradedb()
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a secret of this test, long enough for a signature")
    create_auth_manager().init()
    outer = FastAPI()
    outer.mount("/sellerops", create_app())
    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="ann", role="VIEWER"))
    return TestClient(outer, cookies={"_token": token}, raise_server_exceptions=False)


def failed_job(runtime: Runtime, evidence: str | None = "") -> int:
    """A job that found a changed page. ``evidence``: None for none, a text for another address."""
    ref = JobRef("download", page="payments_reports", dag_id=DAG_ID, run_id=RUN, task_id=TASK, map_index=0)
    lock = take_lock(runtime.ledger, "northwind_finance", ref, "here")
    uri = runtime.evidence.save("northwind_finance", lock.job_id, FILES) if evidence == "" else evidence
    error = ValueError(f"no button {HOSTILE.decode()}")
    end_job(runtime.ledger, lock, JobState.PAGE_CHANGED, error=error, evidence_uri=uri)
    return lock.job_id


def get(browser: TestClient, job_id: Any, name: str = "", dag_id: str = DAG_ID) -> Any:
    return browser.get(f"/sellerops/dags/{dag_id}/evidence/{job_id}{name}")


def test_evidence_is_shown_and_nothing_of_it_runs(runtime: Runtime, browser: TestClient) -> None:
    job_id = failed_job(runtime)
    page = get(browser, job_id)
    assert page.status_code == 200
    for words in ("payments_reports: page changed", "northwind_finance", "screenshot.png", "trace.zip"):
        assert words in page.text, words
    assert HOSTILE.decode() not in page.text and "&lt;script&gt;" in page.text
    assert "img-src 'self'" in page.headers["content-security-policy"]
    # The task's link leads to the same.
    linked = browser.get(f"/sellerops/dags/{DAG_ID}/runs/{RUN}/tasks/{TASK}/0/evidence")
    assert linked.text == page.text
    types = {
        "screenshot.png": "image/png",
        "page.html": "text/plain; charset=utf-8",
        "trace.zip": "application/zip",
    }
    for name, kind in types.items():
        answer = get(browser, job_id, f"/{name}")
        assert (answer.content, answer.headers["content-type"]) == (FILES[name], kind)
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert get(browser, job_id, "/trace.zip").headers["content-disposition"].startswith("attachment")


def test_only_this_dags_jobs_and_only_files_of_the_archive(runtime: Runtime, browser: TestClient) -> None:
    job_id = failed_job(runtime)
    assert get(browser, job_id, dag_id="portal_canary").status_code == 404
    assert get(browser, job_id, "/page.html", "portal_canary").status_code == 404
    for name in ("cookies.json", "..%2F..%2Fx", "page.html%00"):
        assert get(browser, job_id, f"/{name}").status_code in (404, 422)
    for elsewhere in ("file:///etc", "/etc", "s3://elsewhere/x", f"{runtime.evidence.root}/../../etc"):
        other = failed_job(runtime, elsewhere)
        assert get(browser, other, "/page.html").status_code == 404


def test_a_job_without_evidence_says_so(runtime: Runtime, browser: TestClient) -> None:
    page = get(browser, failed_job(runtime, None))
    assert page.status_code == 200 and "left no screenshot" in page.text
    assert get(browser, 999).status_code == 404
    assert browser.get(f"/sellerops/dags/{DAG_ID}/runs/x/tasks/y/0/evidence").status_code == 404
