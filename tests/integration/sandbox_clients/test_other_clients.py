"""curl as docs/sandbox.md shows it, and Slack's own client."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from support.sandbox import SandboxServer

DOCS = Path(__file__).resolve().parents[3] / "docs" / "sandbox.md"


def test_the_curl_examples_of_the_docs_work(sandbox: SandboxServer, tmp_path: Path) -> None:
    """Every sh block marked as runnable, in one shell, one after another."""
    if not (shutil.which("curl") and shutil.which("python3")):
        pytest.skip("needs curl and python3 on the path")
    blocks = re.findall(r"<!-- runnable -->\n```sh\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert len(blocks) >= 4
    script = "set -eu\n" + "\n".join(blocks)
    script = re.sub(r"^SANDBOX=.*$", f"SANDBOX={sandbox.url}", script, count=1, flags=re.MULTILINE)
    # The orders file is Windows-1252.
    ran = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        encoding="cp1252",
        errors="replace",
        timeout=800,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "amazon-order-id" in ran.stdout
    assert "QuotaExceeded" in ran.stdout


def test_slacks_client_posts_and_sees_errors(sandbox: SandboxServer) -> None:
    """WebClient with another base URL."""
    client = WebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")
    assert client.auth_test()["ok"]
    answer = client.chat_postMessage(channel="#ops", text="late", blocks=[{"type": "divider"}])
    assert answer["message"]["text"] == "late"
    assert sandbox.slack_messages()[0]["blocks"] == [{"type": "divider"}]
    sandbox.faults("slack_error", options={"error": "is_archived"})
    with pytest.raises(SlackApiError, match="is_archived"):
        client.chat_postMessage(channel="#ops", text="late")
