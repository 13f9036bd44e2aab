from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from amazon_sandbox.core.sandbox import Sandbox

TOKEN = {"authorization": "Bearer xoxb-sandbox"}
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "*late*"}}]


def post(http: TestClient, **kwargs: Any) -> Any:
    return http.post("/api/chat.postMessage", **({"headers": TOKEN} | kwargs)).json()


def test_json_and_form_bodies_are_kept_alike(http: TestClient, control: Any) -> None:
    """Blocks are JSON within a form field."""
    answer = post(http, json={"channel": "#ops", "text": "one", "blocks": BLOCKS})
    assert answer["ok"]
    assert answer["message"]["text"] == "one"
    form = {"token": "xoxb-sandbox", "channel": "ops", "text": "two", "blocks": json.dumps(BLOCKS)}
    second = post(http, data=form, headers={})
    assert second["channel"] == answer["channel"]
    assert float(second["ts"]) > float(answer["ts"])
    messages = control("GET", "/slack")["messages"]
    assert [message["text"] for message in messages] == ["one", "two"]
    assert [message["blocks"] for message in messages] == [BLOCKS, BLOCKS]
    assert "token" not in messages[1]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"text": "no channel"}, "channel_not_found"),
        ({"channel": "#ops"}, "no_text"),
        ({"channel": "#ops", "text": "x" * 40_001}, "msg_too_long"),
    ],
)
def test_slacks_errors_are_200_with_ok_false(http: TestClient, body: dict[str, str], error: str) -> None:
    """As Slack answers."""
    answer = http.post("/api/chat.postMessage", json=body, headers=TOKEN)
    assert (answer.status_code, answer.json()) == (200, {"ok": False, "error": error})


def test_a_token_is_needed_and_shown(http: TestClient) -> None:
    """Any token; none is not_authed."""
    assert http.post("/api/auth.test").json()["error"] == "not_authed"
    assert http.post("/api/auth.test", headers=TOKEN).json()["team"] == "Northwind Traders"


def test_errors_on_demand(http: TestClient, control: Any) -> None:
    """An error code, a rate limit with Retry-After, a broken gateway."""
    control("POST", "/faults", {"fault": "slack_error", "times": 1, "options": {"error": "invalid_auth"}})
    assert post(http, json={"channel": "#ops", "text": "x"}) == {"ok": False, "error": "invalid_auth"}
    control("POST", "/faults", {"fault": "slack_rate_limited", "times": 1, "options": {"retry_after": 7}})
    limited = http.post("/api/chat.postMessage", json={"channel": "#ops", "text": "x"}, headers=TOKEN)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    control("POST", "/faults", {"fault": "http_503_html", "operation": "chat.postMessage", "times": 1})
    assert http.post("/api/chat.postMessage", json={}, headers=TOKEN).status_code == 503
    assert control("GET", "/slack")["messages"] == []
    assert post(http, json={"channel": "#ops", "text": "x"})["ok"]


def test_people_see_the_messages(http: TestClient) -> None:
    """Escaped, newest first."""
    post(http, json={"channel": "#ops", "text": "<script>first</script>"})
    post(http, json={"channel": "#ops", "text": "second"})
    page = http.get("/slack").text
    assert "<script>" not in page
    assert page.index("second") < page.index("&lt;script&gt;first")


def test_people_see_when_a_message_arrived_by_the_clock_of_whoever_sent_it(
    sandbox: Sandbox, http: TestClient, control: Any
) -> None:
    """Amazon's clock runs ahead of it: its time is beside the real one, and never alone."""
    arrived = datetime.fromtimestamp(sandbox.clock.real_now(), UTC)
    sandbox.clock.change(to=arrived.timestamp())
    post(http, json={"channel": "#ops", "text": "on time"})
    sandbox.clock.change(jump=3 * 3600)
    post(http, json={"channel": "#ops", "text": "ahead"})
    stored = control("GET", "/slack")["messages"]
    assert [datetime.fromisoformat(each["received_at"]) for each in stored] == [arrived, arrived]
    assert datetime.fromisoformat(stored[1]["at"]) == arrived + timedelta(hours=3)
    heads = re.findall(r"<h2>(.*?)</h2>", http.get("/slack").text)
    ahead, on_time = [re.sub("<[^>]+>", "", head) for head in heads]
    assert on_time == "#ops 1970-01-12 13:46:40 UTC"
    assert ahead == "#ops 1970-01-12 13:46:40 UTC (on Amazon's clock 1970-01-12 16:46 UTC)"
