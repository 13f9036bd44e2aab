"""Each channel against a local server of its own API; whatever goes wrong is a ChannelError, in time."""

from __future__ import annotations

import email.message
import email.policy
import json
import logging
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from support.sandbox import SandboxServer

from sellerops.notices import slack_blocks
from sellerops.notices.notice import escape
from sellerops.notices.outbox import ChannelError, Post
from sellerops.notices.routes import CONNECTIONS, Kind, Target
from sellerops_airflow.notifiers import channels

TEXT = "sales & traffic failed\n*northwind_na* US\nCause: &lt;b&gt;\n<http://airflow/log?a=1|Log>"
OPERATIONS = {"slack": "chat.postMessage", "clickup": "createTaskComment", "telegram": "sendMessage"}
TARGETS = {"slack": "#ops", "clickup": "86abc", "telegram": "-1001"}
PATIENT = 120.0  # seconds, where an answer comes: on a busy machine it comes late


def post(kind: str, text: str = TEXT, **more: Any) -> Post:
    return Post(TARGETS.get(kind, "ops@example.com"), text, slack_blocks("title", [text]), **more)


def send(kind: str, **more: Any) -> str:
    return channels.send(kind, CONNECTIONS[Kind(kind)], post(kind, **more))


def messages(sandbox: SandboxServer, kind: str) -> list[dict[str, Any]]:
    return list(sandbox.control("GET", f"/{kind}")["messages"])


def test_slack_gets_blocks_and_answers_in_the_thread(connections: SandboxServer) -> None:
    first = send("slack")
    send("slack", reply_to=first)
    send("slack", reply_to=first, broadcast=True)
    opened, quiet, loud = messages(connections, "slack")
    assert opened["channel"] == "#ops"
    assert (opened["text"], opened["username"]) == (TEXT, "sellerops")
    assert opened["blocks"][0]["text"]["text"] == "title"
    assert "thread_ts" not in opened
    assert quiet["thread_ts"] == loud["thread_ts"] == opened["ts"]
    assert quiet["channel_id"] == opened["channel_id"]
    assert (quiet["reply_broadcast"], loud["reply_broadcast"]) == (False, True)


def test_slack_gets_the_text_when_it_does_not_take_the_blocks(connections: SandboxServer) -> None:
    connections.faults("slack_error", times=1, options={"error": "invalid_blocks"})
    send("slack")
    (message,) = messages(connections, "slack")
    assert (message["text"], message["blocks"]) == (TEXT, [])


def test_what_slack_never_takes_is_final(connections: SandboxServer) -> None:
    with pytest.raises(ChannelError, match="msg_too_long") as caught:
        send("slack", text="x" * 40_001)
    assert caught.value.is_final


def test_clickup_gets_a_plain_comment(connections: SandboxServer) -> None:
    reference = send("clickup")
    (comment,) = messages(connections, "clickup")
    assert (comment["task_id"], str(comment["id"])) == ("86abc", reference)
    assert comment["comment_text"] == (
        "sales & traffic failed\nnorthwind_na US\nCause: <b>\nLog: http://airflow/log?a=1"
    )
    assert comment["notify_all"] is False


def test_telegram_gets_html_and_replies(connections: SandboxServer) -> None:
    first = send("telegram")
    send("telegram", reply_to=first)
    send("telegram", text="a <b> & c\n" + "&<" * 5000)
    opened, answer, long = messages(connections, "telegram")
    assert (opened["chat_id"], str(opened["message_id"])) == ("-1001", first)
    assert "sales &amp; traffic failed\n<b>northwind_na</b> US\nCause: &lt;b&gt;" in opened["text"]
    assert '<a href="http://airflow/log?a=1">Log</a>' in opened["text"]
    assert answer["reply_parameters"]["message_id"] == int(first)
    assert len(long["text"]) <= 4096


@pytest.mark.parametrize(
    "value", ["`", "*a `b* c`", "`a *b` c*", "*`a*`", "<b>`</b>", "``*``", "*`x`*", "</code>`&amp;"]
)
def test_no_value_blocks_a_channel(connections: SandboxServer, value: str) -> None:
    """A title, a SKU or a seller's note may hold any sign of a channel's mark-up."""
    for kind in ("slack", "clickup", "telegram"):
        send(kind, text=f"failed: {value}\n*northwind_na* `{value}`: {escape(value)}")
        assert len(messages(connections, kind)) == 1


def test_telegram_gets_plain_words_when_it_does_not_take_the_tags(connections: SandboxServer) -> None:
    refusal = {"description": 'Bad Request: can\'t parse entities: Unsupported start tag "x"'}
    connections.faults("telegram_error", times=1, options=refusal)
    send("telegram")
    (message,) = messages(connections, "telegram")
    assert message["text"].startswith("sales & traffic failed\nnorthwind_na US\nCause: <b>")
    assert "parse_mode" not in message
    connections.faults("telegram_error", times=2, options=refusal)
    with pytest.raises(ChannelError, match="can't parse entities"):
        send("telegram")
    assert len(connections.calls(operation="sendMessage")) == 4, "plain words are tried once"


FAULTS = ["drop", "http_500", "http_503_html", "html_200", "empty_body", "hang"]


@pytest.mark.parametrize("kind", ["slack", "clickup", "telegram"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_channel_raises_in_time(connections: SandboxServer, kind: str, fault: str) -> None:
    """One that never answers too: without the time-out the test would not end."""
    connections.faults(fault, operation=OPERATIONS[kind])
    with pytest.raises(ChannelError) as caught:
        send(kind, timeout=2.0 if fault == "hang" else PATIENT)
    assert not caught.value.is_final
    assert messages(connections, kind) == []
    assert len(connections.calls(operation=OPERATIONS[kind])) == 1, "the next try is another process's"


@pytest.mark.parametrize("kind", ["slack", "clickup", "telegram"])
def test_a_limit_says_how_long_to_wait(connections: SandboxServer, kind: str) -> None:
    connections.faults(f"{kind}_rate_limited", times=1, options={"retry_after": 4_000})
    with pytest.raises(ChannelError, match="429") as caught:
        send(kind)
    assert 3_600 < caught.value.retry_after <= 4_000
    send(kind)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("slack", "channel_not_found"), ("clickup", "OAUTH_025"), ("telegram", "chat not found")],
)
def test_a_refusal_quotes_the_channel(connections: SandboxServer, kind: str, words: str) -> None:
    connections.faults(f"{kind}_error", times=1)
    with pytest.raises(ChannelError, match=words):
        send(kind)


def test_telegrams_token_is_in_no_log_and_no_error(
    connections: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="httpx"):
        send("telegram")
        connections.faults("drop", operation="sendMessage")
        with pytest.raises(ChannelError) as caught:
            send("telegram")
    assert any("/bot***/sendMessage" in record.getMessage() for record in caplog.records)
    assert "s3cret" not in caplog.text + str(caught.value) + repr(caught.value.__cause__)


class Mailbox:
    """What a mail server was given."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 OK"


class OnFreePort(Controller):
    """A mail server whose port is its own before it listens: nobody else can take it in between."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._bound = socket.socket()
        self._bound.bind(("127.0.0.1", 0))
        super().__init__(mailbox, *self._bound.getsockname(), ready_timeout=PATIENT)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._bound)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    mailbox = Mailbox()
    server = OnFreePort(mailbox)
    server.start()
    connect_mail(monkeypatch, server.port)
    yield mailbox
    server.stop()


def connect_mail(monkeypatch: pytest.MonkeyPatch, port: int, **extra: Any) -> None:
    plain = {"disable_ssl": True, "disable_tls": True, "from_email": "sellerops@example.com"}
    value = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": plain | extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(value))


def test_mail_is_html_and_answers_its_thread(mailbox: Mailbox) -> None:
    first = send("email")
    channels.send("email", "smtp_default", Post("a@example.com, b@example.com", TEXT, [], reply_to=first))
    opened, answer = mailbox.mails
    assert opened["Subject"] == "sales & traffic failed"
    assert (opened["From"], opened["To"]) == ("sellerops@example.com", "ops@example.com")
    assert opened["Message-ID"] == first
    body = opened.get_body(("html",))
    assert body is not None
    assert '<a href="http://airflow/log?a=1">Log</a>' in body.get_content()
    assert answer["In-Reply-To"] == answer["References"] == first
    assert answer["To"] == "a@example.com, b@example.com"


def test_a_mail_server_that_is_away_or_silent_raises_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the time-out the second call would not end."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        connect_mail(monkeypatch, silent.getsockname()[1])
        with pytest.raises(ChannelError, match="refused"):
            send("email", timeout=PATIENT)
        silent.listen()
        with pytest.raises(ChannelError, match="Unable to connect"):
            send("email", timeout=1.0)


def test_a_mail_needs_a_sender(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    value = json.loads(os.environ["AIRFLOW_CONN_SMTP_DEFAULT"])
    del value["extra"]["from_email"]
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(value))
    with pytest.raises(ChannelError, match="from_email"):
        send("email")


def test_a_channel_without_a_connection_is_skipped_and_logged_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "_warned", set())
    target = Target("chat", Kind.TELEGRAM, "no_such_connection", "-1")
    with caplog.at_level(logging.WARNING):
        assert [channels.has_connection(target) for _ in range(3)] == [False] * 3
    (record,) = [each for each in caplog.records if "no_such_connection" in each.getMessage()]
    assert "Add it in Admin > Connections" in record.getMessage()
