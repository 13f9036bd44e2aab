"""ClickUp, Telegram and Slack's threads as their documentation has them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from starlette.testclient import TestClient

TOKEN = {"authorization": "pk_local"}
COMMENT = "/clickup/api/v2/task/86abc/comment"
SEND = "/telegram/bot7000:local/sendMessage"


def slack(http: TestClient, **body: Any) -> Any:
    answer = http.post("/api/chat.postMessage", json=body, headers={"authorization": "Bearer xoxb-x"})
    return answer.json()


def test_a_comment_is_kept_and_listed(http: TestClient, control: Any) -> None:
    answer = http.post(COMMENT, json={"comment_text": "done", "notify_all": False}, headers=TOKEN)
    assert answer.status_code == 200
    assert set(answer.json()) == {"id", "hist_id", "date"}
    (kept,) = control("GET", "/clickup")["messages"]
    assert (kept["task_id"], kept["comment_text"], kept["id"]) == ("86abc", "done", answer.json()["id"])
    (listed,) = http.get(COMMENT, headers=TOKEN).json()["comments"]
    assert listed["comment_text"] == "done"
    assert http.get("/clickup/api/v2/task/other/comment", headers=TOKEN).json() == {"comments": []}
    control("DELETE", "/clickup")
    assert control("GET", "/clickup")["messages"] == []


def test_clickup_refuses_with_its_own_errors(http: TestClient, control: Any) -> None:
    assert http.post(COMMENT, json={"comment_text": "x"}).json()["ECODE"] == "OAUTH_017"
    assert http.post(COMMENT, json={}, headers=TOKEN).status_code == 400
    control("POST", "/faults", {"fault": "clickup_error", "times": 1})
    refused = http.post(COMMENT, json={"comment_text": "x"}, headers=TOKEN)
    assert (refused.status_code, refused.json()) == (401, {"err": "Token invalid", "ECODE": "OAUTH_025"})
    control("POST", "/faults", {"fault": "clickup_rate_limited", "times": 1, "options": {"retry_after": 9}})
    before = int(time.time())
    limited = http.post(COMMENT, json={"comment_text": "x"}, headers=TOKEN)
    assert (limited.status_code, limited.json()["ECODE"]) == (429, "APP_002")
    assert before + 9 <= int(limited.headers["x-ratelimit-reset"]) <= time.time() + 9
    control("POST", "/faults", {"fault": "http_500", "operation": "createTaskComment", "times": 1})
    assert set(http.post(COMMENT, json={"comment_text": "x"}, headers=TOKEN).json()) == {"err", "ECODE"}
    assert control("GET", "/clickup")["messages"] == []


def test_a_call_that_took_effect_may_lose_its_answer(http: TestClient, control: Any) -> None:
    control("POST", "/faults", {"fault": "error_after", "operation": "createTaskComment", "times": 1})
    assert http.post(COMMENT, json={"comment_text": "x"}, headers=TOKEN).status_code == 500
    assert len(control("GET", "/clickup")["messages"]) == 1


def test_a_telegram_message_is_kept(http: TestClient, control: Any) -> None:
    body = {
        "chat_id": -100123,
        "text": "<b>a</b> &lt;b&gt; <a href='https://x'>log</a>",
        "parse_mode": "HTML",
    }
    answer = http.post(SEND, json=body).json()
    assert answer["ok"]
    assert answer["result"]["text"] == "a <b> log"
    assert answer["result"]["chat"] == {"id": -100123, "type": "group"}
    (kept,) = control("GET", "/telegram")["messages"]
    assert (kept["chat_id"], kept["message_id"]) == ("-100123", answer["result"]["message_id"])
    assert http.get("/telegram/bot7000:local/getMe").json()["result"]["is_bot"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"text": "x"}, "chat_id is empty"),
        ({"chat_id": 1, "text": " "}, "message text is empty"),
        ({"chat_id": 1, "text": "x" * 4097}, "message is too long"),
        ({"chat_id": 1, "text": "<p>x</p>", "parse_mode": "HTML"}, "Unsupported start tag"),
        ({"chat_id": 1, "text": "<b>x", "parse_mode": "HTML"}, "Can't find end tag"),
        ({"chat_id": 1, "text": "<b>x</i>", "parse_mode": "HTML"}, "Unexpected end tag"),
    ],
)
def test_telegram_refuses_with_its_own_errors(http: TestClient, body: dict[str, Any], words: str) -> None:
    answer = http.post(SEND, json=body)
    assert answer.status_code == answer.json()["error_code"] == 400
    assert answer.json()["ok"] is False
    assert words in answer.json()["description"]


def test_telegram_faults(http: TestClient, control: Any) -> None:
    assert http.post("/telegram/botx/sendMessage", json={}).json()["error_code"] == 401
    control("POST", "/faults", {"fault": "telegram_rate_limited", "times": 1})
    limited = http.post(SEND, json={"chat_id": 1, "text": "x"})
    assert limited.status_code == 429
    assert limited.json()["parameters"] == {"retry_after": 5}
    control("POST", "/faults", {"fault": "telegram_error", "times": 1})
    assert http.post(SEND, json={"chat_id": 1, "text": "x"}).json()["description"].endswith("chat not found")
    assert control("GET", "/telegram")["messages"] == []


def test_replies_are_shown_below_their_message(http: TestClient, control: Any) -> None:
    first = slack(http, channel="#ops", text="it failed")
    slack(http, channel="#ops", text="another message")
    answer = slack(
        http, channel=first["channel"], text="works again", thread_ts=first["ts"], reply_broadcast=True
    )
    assert answer["message"]["thread_ts"] == first["ts"]
    assert control("GET", "/slack")["messages"][2]["channel"] == "#ops"
    page = http.get("/slack").text
    places = [
        page.index(words) for words in ("another message", "it failed", 'class="answers"', "works again")
    ]
    assert places[1:] == sorted(places[1:])
    assert places[0] < places[1]
    assert "also in the channel" in page
