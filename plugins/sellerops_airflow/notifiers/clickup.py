"""ClickUp: comments on a task (API v2, POST /task/{task_id}/comment). ClickUp publishes no client library."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from sellerops_airflow.hooks.channels import address

if TYPE_CHECKING:
    from sellerops.notices.outbox import Post

_USUAL = "https://api.clickup.com"
_MOST = 10_000


def send(connection: str, post: Post) -> str:
    """Comment on the task ``post.target``. Returns the comment's id. Raises ChannelError.

    The connection's password is the token (``pk_...``); its host replaces ClickUp's address.
    """
    import httpx

    from sellerops.notices.markup import to_plain_text
    from sellerops.notices.outbox import ChannelError

    found = BaseHook.get_connection(connection)
    body = {"comment_text": to_plain_text(post.text)[:_MOST], "notify_all": False}
    try:
        answer = httpx.post(
            f"{address(found, _USUAL)}/api/v2/task/{post.target}/comment",
            json=body,
            headers={"Authorization": (found.password or "").strip()},
            timeout=post.timeout,
        )
    except httpx.HTTPError as error:
        raise ChannelError(f"ClickUp does not answer: {type(error).__name__}: {error}") from error
    content = _json(answer)
    if answer.status_code != 200 or "id" not in content:
        raise ChannelError(
            f"ClickUp returned {answer.status_code}: {content.get('err') or answer.text[:200]} "
            f"{content.get('ECODE', '')}".rstrip(),
            retry_after=_wait(answer),
        )
    return str(content["id"])


def _json(answer: Any) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _wait(answer: Any) -> float:
    """Seconds until the rate limit resets: ``X-RateLimit-Reset`` is that moment, in seconds since 1970."""
    reset = str(answer.headers.get("X-RateLimit-Reset", ""))
    if answer.status_code != 429 or not reset.isdigit():
        return 0.0
    return max(0.0, float(reset) - time.time())
