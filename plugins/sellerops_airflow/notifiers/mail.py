"""E-mail, through Airflow's SMTP provider and its connection."""

from __future__ import annotations

import html
import math
from email.utils import make_msgid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sellerops.notices.outbox import Post

_PAGE = '<div style="font-family: sans-serif; line-height: 1.4">{}</div>'


def send(connection: str, post: Post) -> str:
    """Send to the comma-separated addresses ``post.target``. Returns the message's id. Raises ChannelError.

    The sender is the connection's ``from_email``.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    from sellerops.notices.markup import to_html
    from sellerops.notices.outbox import ChannelError

    class Hook(SmtpHook):
        """The provider waits 30 seconds and tries six times; here another process retries instead."""

        timeout = max(1, math.floor(post.timeout))
        smtp_retry_limit = 0

    headline, *lines = post.text.split("\n")
    headers: dict[str, Any] = {"Message-ID": make_msgid(domain="sellerops")}
    if post.reply_to:
        headers |= {"In-Reply-To": post.reply_to, "References": post.reply_to}
    with Hook(smtp_conn_id=connection) as hook:
        sender = hook.from_email
        if not sender:
            raise ChannelError(f"connection {connection} has no `from_email` in its extra fields")
        hook.send_email_smtp(
            to=post.target,
            from_email=sender,
            subject=html.unescape(headline),
            html_content=_PAGE.format("<br>\n".join(map(to_html, [f"*{headline}*", *lines]))),
            custom_headers=headers,
        )
    return str(headers["Message-ID"])
