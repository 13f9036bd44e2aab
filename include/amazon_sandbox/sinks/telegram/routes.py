"""POST /telegram/bot<token>/sendMessage and /getMe."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amazon_sandbox.core.answers import ApiError, json_answer
from amazon_sandbox.core.sandbox import sandbox_of
from amazon_sandbox.sinks.serving import Body, json_object, serve
from amazon_sandbox.sinks.telegram import data
from amazon_sandbox.sinks.telegram.faults import refusal, telegram_answer
from amazon_sandbox.sinks.telegram.state import TelegramStore


async def send_message(request: Request) -> Response:
    """Keep a message."""
    return await serve(request, data.SEND_MESSAGE, _send, telegram_answer, _refused)


async def get_me(request: Request) -> Response:
    """The bot of the token."""
    return await serve(request, data.GET_ME, _get_me, telegram_answer, _refused)


def _refused(error: ApiError) -> Response:
    return refusal(error.status, error.message)


async def _get_me(request: Request) -> Response:
    if not _has_token(request):
        return refusal(401, "Unauthorized")
    return json_answer({"ok": True, "result": data.BOT})


async def _send(request: Request) -> Response:
    if not _has_token(request):
        return refusal(401, "Unauthorized")
    body = await _body(request)
    if not body.get("chat_id"):
        return refusal(400, "Bad Request: chat_id is empty")
    text = str(body.get("text") or "")
    if body.get("parse_mode") == "HTML":
        reader = _Html()
        try:
            shown = reader.read(text)
        except ValueError as error:
            return refusal(400, f"Bad Request: can't parse entities: {error}")
    else:
        shown = text
    if not shown.strip():
        return refusal(400, "Bad Request: message text is empty")
    if len(shown) > data.MAX_TEXT:
        return refusal(400, "Bad Request: message is too long")
    sandbox = sandbox_of(request)
    return json_answer(
        {"ok": True, "result": sandbox.state(TelegramStore).send(body, shown, sandbox.clock.now())}
    )


def _has_token(request: Request) -> bool:
    """A token is ``<bot id>:<secret>``; any is accepted."""
    bot_id, _, secret = str(request.path_params["token"]).partition(":")
    return bot_id.isdigit() and bool(secret)


async def _body(request: Request) -> Body:
    if request.headers.get("content-type", "").startswith("application/json"):
        return await json_object(request) or {}
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


class _Html(HTMLParser):
    """Telegram refuses unknown tags, and tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._shown: list[str] = []

    def read(self, text: str) -> str:
        """The text without tags. Raises ValueError with Telegram's message."""
        self.feed(text)
        self.close()
        if self._open:
            raise ValueError(f'Can\'t find end tag corresponding to start tag "{self._open[-1]}"')
        return "".join(self._shown)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in data.TAGS:
            raise ValueError(f'Unsupported start tag "{tag}" at byte offset {self.getpos()[1]}')
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            raise ValueError(f"Unexpected end tag at byte offset {self.getpos()[1]}")

    def handle_data(self, text: str) -> None:
        self._shown.append(text)


routes = [
    Route("/telegram/bot{token}/sendMessage", send_message, methods=["POST"]),
    Route("/telegram/bot{token}/getMe", get_me, methods=["GET", "POST"]),
]
