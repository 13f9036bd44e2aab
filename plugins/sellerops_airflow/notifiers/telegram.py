"""Telegram: the Bot API's sendMessage. One JSON call: a library would bring more than it saves."""

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
    """Send to the chat ``post.target``, as a reply where its thread has begun; the message's id.

    The connection's password is the bot's token, its host another address than Telegram's.
    Raises ChannelError.
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
    if post.answers:
        body["reply_parameters"] = {
            "message_id": int(post.answers),
            "allow_sending_without_reply": True,
        }
    url = f"{address(found, _USUAL)}/bot{found.password or ''}/sendMessage"
    said = _call(url, body, post.timeout)
    if _UNPARSABLE in str(said.get("description")):
        # A tag that Telegram does not take would be refused for ever; words without tags are never.
        body["text"] = to_plain_text(text)
        said = _call(url, {key: value for key, value in body.items() if key != "parse_mode"}, post.timeout)
    if not said.get("ok"):
        raise ChannelError(
            without_token(f"Telegram answers {said.get('error_code')}: {said.get('description')}"),
            retry_after=float((said.get("parameters") or {}).get("retry_after", 0)),
        )
    return str(said["result"]["message_id"])


def _call(url: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Telegram's answer, whatever it says. Raises ChannelError when there is none."""
    import httpx

    from sellerops.notices.outbox import ChannelError

    try:
        answer = httpx.post(url, json=body, timeout=timeout)
        said = answer.json()
    except httpx.HTTPError as error:
        raise ChannelError(
            without_token(f"Telegram does not answer: {type(error).__name__}: {error}")
        ) from None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise ChannelError(f"Telegram answers {answer.status_code} without JSON")
    return said
