"""What the checks of real services share: differences, and the report that you can send back."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from real.shapes import Shape

from sellerops import __version__
from sellerops.base.redaction import redact

REPORT = Path(os.environ.get("SELLEROPS_TEST_REAL_REPORT", "test-real-report.txt"))
_OUTCOMES = pytest.StashKey[dict[str, tuple[str, str]]]()
_DIFFERENCES = pytest.StashKey[list[str]]()
_LONGEST = 300
_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def differs(request: pytest.FixtureRequest) -> Any:
    """A function that notes how an answer differs from what we expect: names of fields, never values."""
    noted = request.config.stash[_DIFFERENCES]

    def differs(what: str, shape: Shape, answer: Any) -> None:
        found = [f"differs {what}: {each}" for each in shape.differences(answer)]
        noted.extend(found or [f"as expected: the fields of {what}"])

    return differs


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_OUTCOMES], config.stash[_DIFFERENCES] = {}, []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """Keep outcomes, and no secret in any of them: neither on the screen nor in the report."""
    found = yield
    if call.excinfo is not None:
        why = call.excinfo.value
        text = without_secrets(getattr(why, "msg", None) or f"{type(why).__name__}: {why}")
        item.config.stash[_OUTCOMES][_name(item)] = (found.outcome, text)
        if found.outcome == "failed":
            found.longrepr = text
            found.sections = []
    elif call.when == "call":
        item.config.stash[_OUTCOMES][_name(item)] = (found.outcome, "")
    return found


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the report, and print it."""
    lines = [
        f"sellerops {__version__}, Airflow {version('apache-airflow-core')}, "
        f"Python {platform.python_version()}, {platform.system()}; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "",
        *(
            f"{outcome:<8}{name}{f': {why[:_LONGEST]}' if why else ''}"
            for name, (outcome, why) in config.stash[_OUTCOMES].items()
        ),
        "",
        *config.stash[_DIFFERENCES],
    ]
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    terminalreporter.section("report")
    terminalreporter.write_line("\n".join(lines))
    terminalreporter.write_line(
        f"\nWritten to {REPORT}. It names fields and errors; it holds no data and no secret."
    )


def without_secrets(text: str) -> str:
    """The text on one line, without any secret of the connections."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, "***")
    return redact(" ".join(text.replace(f"{_ROOT}/", "").split()))


def _secrets() -> set[str]:
    found: set[str] = set()
    for name, value in os.environ.items():
        if name.startswith("AIRFLOW_CONN_") and value.startswith("{"):
            fields = json.loads(value)
            extra = fields.get("extra") or {}
            texts = [fields.get("password"), *(extra.values() if isinstance(extra, dict) else [extra])]
            found |= {
                str(each) for each in texts if isinstance(each, str) and len(each) >= 8 and "://" not in each
            }
    return found


def _name(item: pytest.Item) -> str:
    return item.name.removeprefix("test_").replace("_", " ")
