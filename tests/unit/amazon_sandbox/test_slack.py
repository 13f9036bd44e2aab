from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

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
