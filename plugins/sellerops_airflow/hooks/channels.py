"""Connections of channels that no provider has a type for: a ClickUp token, a Telegram bot.

Notices need no hook (``sellerops_airflow.notifiers``): these are the forms in the UI and the button Test.
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
    """Password: the channel's token; host: another address than its usual one.

    :param conn_id: the connection.
    """

    hook_name: str
    default_address: str

    def __init__(self, conn_id: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id

    def get_conn(self) -> Connection:
        """The connection; its token is masked in all logs from here on."""
        connection = self.get_connection(self.conn_id)
        if connection.password:
            mask_secret(connection.password)
        return connection

    def test_connection(self) -> tuple[bool, str]:
        """Ask whose token it is; what the button in the UI shows."""
        import httpx

        connection = self.get_conn()
        token = (connection.password or "").strip()
        if not token:
            return False, "The token is missing. Enter it in the field Token."
        try:
            answer = self._ask(address(connection, self.default_address), token)
            said = answer.json()
        except httpx.HTTPError as error:
            # Not the error's words: Telegram's address holds the token.
            return False, f"{self.hook_name} does not answer: {type(error).__name__}."
        except ValueError:
            return False, f"{self.hook_name} answers {answer.status_code} without JSON: is the address right?"
        return self._told(answer.status_code, said if isinstance(said, dict) else {})

    @abstractmethod
    def _ask(self, base: str, token: str) -> httpx.Response: ...

    @abstractmethod
    def _told(self, status: int, said: dict[str, Any]) -> tuple[bool, str]: ...


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

    def _told(self, status: int, said: dict[str, Any]) -> tuple[bool, str]:
        if isinstance(user := said.get("user"), dict):
            return True, f"ClickUp accepts the token of {user.get('username') or user.get('id')}."
        return False, (
            f"ClickUp answers {status}: {said.get('err', 'nothing known')} {said.get('ECODE', '')}".rstrip()
            + ". Next: make a new personal token in ClickUp, Settings > Apps, and enter it here."
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

    def _told(self, status: int, said: dict[str, Any]) -> tuple[bool, str]:
        if said.get("ok") and isinstance(bot := said.get("result"), dict):
            return True, f"Telegram accepts the token of the bot @{bot.get('username')}."
        return False, (
            f"Telegram answers {status}: {said.get('description', 'nothing known')}. "
            "Next: ask @BotFather for the bot's token (/token) and enter it here."
        )


def address(connection: Connection, usual: str) -> str:
    """The base address of a connection, without a slash at its end; ``usual`` when it has none."""
    host = (connection.host or "").rstrip("/")
    if not host:
        return usual
    if "://" not in host:
        host = f"{connection.schema or 'https'}://{host}"
    return f"{host}:{connection.port}" if connection.port else host


def without_token(text: str) -> str:
    """``text`` without the bot tokens that Telegram's addresses hold."""
    return _TOKEN.sub("/bot***", text)


class _HideTokens(logging.Filter):
    """httpx logs the address of each call, and Telegram's holds the token."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if _TOKEN.search(message):
            record.msg, record.args = without_token(message), ()
        return True


def hide_tokens() -> None:
    """From here on httpx logs no token of an address."""
    logger = logging.getLogger("httpx")
    if not any(isinstance(each, _HideTokens) for each in logger.filters):
        logger.addFilter(_HideTokens())
