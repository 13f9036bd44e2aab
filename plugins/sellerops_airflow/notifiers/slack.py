"""Slack, through the provider's hook.

The provider's notifier posts the same call, but cannot answer in a thread and throws away the answer that
names the message.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sellerops.notices.outbox import Post

# What will be refused however often it is sent (api.slack.com/methods/chat.postMessage, errors).
_NEVER = frozenset({"msg_too_long", "no_text", "invalid_arguments", "too_many_attachments"})
_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


def send(connection: str, post: Post) -> str:
    """Post a message, as an answer where the thread has begun; ``<channel id>/<ts>``. Raises ChannelError."""
    from airflow.providers.slack.hooks.slack import SlackHook
    from slack_sdk.errors import SlackApiError

    # Without handlers: what is not taken now is tried again later, by another process.
    hook = SlackHook(slack_conn_id=connection, timeout=max(1, math.floor(post.timeout)), retry_handlers=[])
    body = _body(post)
    try:
        answer = hook.call("chat.postMessage", json=body)
    except SlackApiError as error:
        if _code(error) not in _BLOCKS:
            raise _refused(error) from error
        try:
            answer = hook.call("chat.postMessage", json=body | {"blocks": []})
        except SlackApiError as again:
            raise _refused(again) from again
    return f"{answer['channel']}/{answer['ts']}"


def _body(post: Post) -> dict[str, Any]:
    body: dict[str, Any] = {
        "channel": post.target,
        "text": post.text,
        "blocks": post.blocks,
        "username": "sellerops",
        "unfurl_links": False,
        "unfurl_media": False,
    }
    if post.answers:
        channel_id, _, ts = post.answers.partition("/")
        body |= {"channel": channel_id, "thread_ts": ts, "reply_broadcast": post.broadcast}
    return body


def _refused(error: Any) -> Exception:
    from sellerops.notices.outbox import ChannelError

    code, status = _code(error), error.response.status_code
    wait = str(error.response.headers.get("Retry-After", "")) if status == 429 else ""
    return ChannelError(
        f"Slack answers {status}: {code}",
        retry_after=float(wait) if wait.isdigit() else 0.0,
        is_final=code in _NEVER,
    )


def _code(error: Any) -> str:
    data = error.response.data
    return str(data.get("error", "")) if isinstance(data, dict) else "no JSON"
