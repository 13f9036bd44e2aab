"""HTTP calls that limit the size of the answer, because httpx would read and decompress any amount."""

from __future__ import annotations

from typing import Any

from sellerops.base.errors import UnexpectedAnswer
from sellerops.base.limits import LARGEST_ANSWER, megabytes
from sellerops.sources.common.http import httpx

# Headers that describe the body as sent; ours is decompressed.
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})


async def bounded_request(http: httpx.AsyncClient, method: str, url: str, **options: Any) -> httpx.Response:
    """The whole answer, decompressed. UnexpectedAnswer when it exceeds LARGEST_ANSWER; also httpx's own
    errors.

    :param options: those of ``httpx.AsyncClient.request``.
    """
    async with http.stream(method, url, **options) as response:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER:
                raise UnexpectedAnswer(
                    f"the answer is larger than {megabytes(LARGEST_ANSWER)} (limit LARGEST_ANSWER).",
                    where=str(response.request.url.copy_with(query=None, userinfo=None)),
                    status=response.status_code,
                    sent=True,
                )
    headers = [(name, value) for name, value in response.headers.multi_items() if name not in _OF_THE_WIRE]
    return httpx.Response(
        response.status_code, headers=headers, content=b"".join(parts), request=response.request
    )
