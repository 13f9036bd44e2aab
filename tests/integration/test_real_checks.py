"""`make test-real` passes, fails and skips, shown against the local Amazon; its report holds no secret."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from real.shapes import Shape
from support.sandbox import SandboxServer

from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.local_amazon import sandbox_environment

WRONG = "amzn1.oa2-cs.v1.wrong-secret-of-this-test"


@pytest.fixture(scope="module")
def run(sandbox_process: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, str]:
    """Exit code, output and report with one account right, the other's secret wrong, and nothing else set."""
    report = tmp_path_factory.mktemp("real") / "report.txt"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AMAZON"))}
    done = subprocess.run(
        [sys.executable, "tests/real/run.py"],
        cwd=PROJECT_ROOT,
        env={
            **kept,
            **sandbox_environment(sandbox_process.url),
            "AMAZON_SP_STATIC_ENDPOINT": sandbox_process.url,
            "AMAZON_SP_NORTHWIND_EU_CLIENT_SECRET": WRONG,
            "PYTHONPATH": os.pathsep.join(
                str(PROJECT_ROOT / each) for each in ("include", "plugins", "tests")
            ),
            "SELLEROPS_TEST_REAL_REPORT": str(report),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, report.read_text(encoding="utf-8")


def _outcomes(report: str) -> dict[str, tuple[str, str]]:
    lines = [
        line.partition(" ")
        for line in report.splitlines()
        if line.startswith(("passed", "failed", "skipped"))
    ]
    return {rest.strip().partition(": ")[0]: (outcome, rest.partition(": ")[2]) for outcome, _, rest in lines}


def test_the_right_account_passes_and_the_wrong_one_fails(run: tuple[int, str, str]) -> None:
    code, output, report = run
    found = _outcomes(report)
    assert code == 1, output
    for check in (
        "login with amazon gives a token[northwind na-amazon sp]",
        "the static sandbox answers as its model says[northwind na]",
        "production knows the accounts marketplaces[northwind na]",
        "amazon ads has profiles of the accounts marketplaces[northwind na]",
        "one message arrives[slack]",
        "one message arrives[clickup]",
    ):
        assert found[check][0] == "passed", report
    outcome, why = found["login with amazon gives a token[northwind eu-amazon sp]"]
    assert outcome == "failed"
    assert "invalid_client" in why
    assert "differs" not in report
    assert report.count("as expected: the fields of") == 5


def test_what_has_no_credentials_is_skipped_with_the_connections_name(run: tuple[int, str, str]) -> None:
    found = _outcomes(run[2])
    assert found["bigquery loads and answers"] == (
        "skipped",
        "no credentials: connection sellerops_bigquery is not set",
    )
    assert found["google sheets accepts the account"][0] == "skipped"


def test_neither_report_nor_screen_holds_a_secret(
    run: tuple[int, str, str], sandbox_process: SandboxServer
) -> None:
    secrets = [WRONG]
    for account in sandbox_process.accounts():
        for told in (account, account["ads"]):
            secrets += [told["client_secret"], told["refresh_token"]]
    for text in run[1:]:
        assert not [secret[:12] for secret in secrets if secret in text]


def test_an_answer_that_differs_is_told_by_names_of_fields() -> None:
    shape = Shape.of("reports[].reportId", "reports[].status", optional=("nextToken",))
    answer = {"reports": [{"reportId": "secret-1", "colour": "secret-2"}], "nextToken": "secret-3"}
    assert shape.differences(answer) == ["missing reports[].status", "unknown reports[].colour"]
    assert shape.differences({"reports": []}) == []
    assert shape.differences({}) == ["missing reports[].reportId", "missing reports[].status"]
