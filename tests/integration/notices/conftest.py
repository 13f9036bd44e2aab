"""A real ledger, and the sandbox's Slack, ClickUp and Telegram behind Airflow connections."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.sandbox import SandboxServer


@pytest.fixture
def connections(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    """Airflow's connections to the sinks; gives the sandbox."""
    values: dict[str, dict[str, Any]] = {
        "SLACK_DEFAULT": {
            "conn_type": "slack",
            "password": "xoxb-x",
            "extra": {"base_url": f"{sandbox.url}/api/"},
        },
        "SELLEROPS_CLICKUP": {
            "conn_type": "generic",
            "host": f"{sandbox.url}/clickup",
            "password": "pk_x",
        },
        "SELLEROPS_TELEGRAM": {
            "conn_type": "generic",
            "host": f"{sandbox.url}/telegram",
            "password": "7000:s3cret-token",
        },
    }
    for name, value in values.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(value))
    return sandbox
