"""Responses in Amazon's shapes, and connections that are cut without one."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

ABORT = "amazon_sandbox.abort"  # scope extension: cuts the connection without another byte


class ApiError(Exception):
    """An error response in the shape of the models' ErrorList."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        super().__init__(f"{status} {code}: {message} {details}".rstrip())

    def body(self) -> dict[str, object]:
        """The ErrorList."""
        return {"errors": [{"code": self.code, "message": self.message, "details": self.details}]}


FORBIDDEN = ApiError(403, "Unauthorized", "Access to the resource is forbidden")


def invalid_input(message: str, details: str = "") -> ApiError:
    """400 InvalidInput."""
    return ApiError(400, "InvalidInput", message, details)


def access_denied(details: str = "") -> ApiError:
    """403 Unauthorized, as Amazon answers for refused tokens and for paths that do not exist."""
    return ApiError(403, "Unauthorized", "Access to requested resource is denied.", details)


def new_request_id() -> str:
    """A request id such as 046d1b29-e0c7-4fe6-8908-9d6c9a3b2f10."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def json_answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, headers, "application/json")


async def cut_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection now, with what was sent so far.

    A server without the abort extension leaves it open until the client disconnects.
    """
    abort = scope.get("extensions", {}).get(ABORT)
    if abort is not None:
        abort()
    while (await receive())["type"] != "http.disconnect":
        pass


class NoAnswer(Response):
    """No response: the connection stays open for `seconds` of real time (None: forever) and is then cut."""

    def __init__(self, seconds: float | None = 0.0) -> None:
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            await cut_connection(scope, receive)
