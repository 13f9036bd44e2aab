"""Telegram: the Bot API's sendMessage. One JSON call, so a library would add more than it saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from sellerops_airflow.hooks.channels import address, hide_tokens, without_token

if TYPE_CHECKING:
    from sellerops.notices.outbox import Post

_USUAL = "https://api.telegram.org"
_MOST = 4096
_UNPARSABLE = "can't parse entities"


def send(connection: str, post: Post) -> str:
    """Send to the chat ``post.target``, as a reply to ``post.reply_to`` if set. Returns the message's id.

    The connection's password is the bot's token; its host replaces Telegram's address. Raises ChannelError.
    """
    from sellerops.notices.markup import cut_to_fit, to_html, to_plain_text
    from sellerops.notices.outbox import ChannelError

    hide_tokens()
    found = BaseHook.get_connection(connection)
    text = cut_to_fit(post.text, _MOST)
    body: dict[str, Any] = {
        "chat_id": post.target,
        "text": to_html(text),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if post.reply_to:
        body["reply_parameters"] = {
            "message_id": int(post.reply_to),
            "allow_sending_without_reply": True,
        }
    url = f"{address(found, _USUAL)}/bot{found.password or ''}/sendMessage"
    content = _call(url, body, post.timeout)
    if _UNPARSABLE in str(content.get("description")):
        # Every retry with the same tags would be rejected too; text without tags is accepted.
        body["text"] = to_plain_text(text)
        content = _call(url, {key: value for key, value in body.items() if key != "parse_mode"}, post.timeout)
    if not content.get("ok"):
        raise ChannelError(
            without_token(f"Telegram returned {content.get('error_code')}: {content.get('description')}"),
            retry_after=float((content.get("parameters") or {}).get("retry_after", 0)),
        )
    return str(content["result"]["message_id"])


def _call(url: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Telegram's answer, even if it is an error. Raises ChannelError when there is none."""
    import httpx

    from sellerops.notices.outbox import ChannelError

    try:
        answer = httpx.post(url, json=body, timeout=timeout)
        content = answer.json()
    except httpx.HTTPError as error:
        raise ChannelError(
            without_token(f"Telegram does not respond: {type(error).__name__}: {error}")
        ) from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ChannelError(f"Telegram returned {answer.status_code} without JSON")
    return content
