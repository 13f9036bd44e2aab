"""Slack, through the provider's hook.

The provider's notifier makes the same call, but cannot reply in a thread and drops the response that
identifies the message.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sellerops.notices.outbox import Post

# Errors that every retry would get too (api.slack.com/methods/chat.postMessage, errors).
_NEVER = frozenset({"msg_too_long", "no_text", "invalid_arguments", "too_many_attachments"})
_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


def send(connection: str, post: Post) -> str:
    """Post a message, or a reply to ``post.reply_to``. Returns ``<channel id>/<ts>``. Raises ChannelError.

    Blocks that Slack rejects are left out: the text alone is posted.
    """
    from airflow.providers.slack.hooks.slack import SlackHook
    from slack_sdk.errors import SlackApiError

    # Without handlers: another process retries later.
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
    if post.reply_to:
        channel_id, _, ts = post.reply_to.partition("/")
        body |= {"channel": channel_id, "thread_ts": ts, "reply_broadcast": post.broadcast}
    return body


def _refused(error: Any) -> Exception:
    from sellerops.notices.outbox import ChannelError

    code, status = _code(error), error.response.status_code
    wait = str(error.response.headers.get("Retry-After", "")) if status == 429 else ""
    return ChannelError(
        f"Slack returned {status}: {code}",
        retry_after=float(wait) if wait.isdigit() else 0.0,
        is_final=code in _NEVER,
    )


def _code(error: Any) -> str:
    data = error.response.data
    return str(data.get("error", "")) if isinstance(data, dict) else "no JSON"
