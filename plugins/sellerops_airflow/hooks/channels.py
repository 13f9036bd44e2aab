"""Connection types for channels that no provider covers: a ClickUp token, a Telegram bot.

They provide the form in the UI and its *Test* button; notices are sent by ``sellerops_airflow.notifiers``.
"""

from __future__ import annotations

import logging
import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, Connection
from airflow.sdk.log import mask_secret

if TYPE_CHECKING:
    import httpx

_SECONDS = 20.0
_TOKEN = re.compile(r"/bot[^/\s]+")


class ChannelHook(BaseHook):
    """A connection whose password is the channel's token, and whose host overrides its default address.

    :param conn_id: the connection.
    """

    hook_name: str
    default_address: str

    def __init__(self, conn_id: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id

    def get_conn(self) -> Connection:
        """The connection, with its token masked in all logs. Raises AirflowNotFoundException without it."""
        connection = self.get_connection(self.conn_id)
        if connection.password:
            mask_secret(connection.password)
        return connection

    def test_connection(self) -> tuple[bool, str]:
        """Ask the channel whose token this is: (success, message), as the UI's *Test* button shows it."""
        import httpx

        connection = self.get_conn()
        token = (connection.password or "").strip()
        if not token:
            return False, "The token is missing. Enter it in the field Token."
        try:
            answer = self._ask(address(connection, self.default_address), token)
            content = answer.json()
        except httpx.HTTPError as error:
            # Without the error's text: Telegram's address contains the token.
            return False, f"{self.hook_name} does not answer: {type(error).__name__}."
        except ValueError:
            return False, f"{self.hook_name} answered {answer.status_code} without JSON. Check the address."
        return self._result(answer.status_code, content if isinstance(content, dict) else {})

    @abstractmethod
    def _ask(self, base: str, token: str) -> httpx.Response: ...

    @abstractmethod
    def _result(self, status: int, content: dict[str, Any]) -> tuple[bool, str]: ...


class ClickUpHook(ChannelHook):
    """ClickUp's API v2 with a personal token (``pk_...``)."""

    conn_name_attr = "conn_id"
    default_conn_name = "sellerops_clickup"
    conn_type = "sellerops_clickup"
    hook_name = "ClickUp"
    default_address = "https://api.clickup.com"

    def _ask(self, base: str, token: str) -> httpx.Response:
        import httpx

        return httpx.get(f"{base}/api/v2/user", headers={"Authorization": token}, timeout=_SECONDS)

    def _result(self, status: int, content: dict[str, Any]) -> tuple[bool, str]:
        if isinstance(user := content.get("user"), dict):
            return True, f"ClickUp accepts the token of {user.get('username') or user.get('id')}."
        reason = f"{content.get('err', 'no details')} {content.get('ECODE', '')}".rstrip()
        return False, (
            f"ClickUp answered {status}: {reason}. "
            "Next: create a new personal token in ClickUp, Settings > Apps, and enter it here."
        )


class TelegramHook(ChannelHook):
    """Telegram's Bot API with a bot's token."""

    conn_name_attr = "conn_id"
    default_conn_name = "sellerops_telegram"
    conn_type = "sellerops_telegram"
    hook_name = "Telegram"
    default_address = "https://api.telegram.org"

    def _ask(self, base: str, token: str) -> httpx.Response:
        import httpx

        hide_tokens()
        return httpx.get(f"{base}/bot{token}/getMe", timeout=_SECONDS)

    def _result(self, status: int, content: dict[str, Any]) -> tuple[bool, str]:
        if content.get("ok") and isinstance(bot := content.get("result"), dict):
            return True, f"Telegram accepts the token of the bot @{bot.get('username')}."
        return False, (
            f"Telegram answered {status}: {content.get('description', 'no details')}. "
            "Next: ask @BotFather for the bot's token (/token) and enter it here."
        )


def address(connection: Connection, usual: str) -> str:
    """The connection's base URL without a trailing slash; ``usual`` when it has no host."""
    host = (connection.host or "").rstrip("/")
    if not host:
        return usual
    if "://" not in host:
        host = f"{connection.schema or 'https'}://{host}"
    return f"{host}:{connection.port}" if connection.port else host


def without_token(text: str) -> str:
    """``text`` with the bot tokens in Telegram's addresses masked."""
    return _TOKEN.sub("/bot***", text)


class _HideTokens(logging.Filter):
    """Masks tokens in httpx's log lines, which contain each call's address and so Telegram's token."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, with its tokens masked."""
        message = record.getMessage()
        if _TOKEN.search(message):
            record.msg, record.args = without_token(message), ()
        return True


def hide_tokens() -> None:
    """Mask Telegram's tokens in httpx's log lines from now on; safe to repeat."""
    logger = logging.getLogger("httpx")
    if not any(isinstance(each, _HideTokens) for each in logger.filters):
        logger.addFilter(_HideTokens())
