"""Refuses writes that another site makes a user's browser send.

Airflow's login is a cookie. Another site can make a browser send it with a form, but not with JSON, and the
browser says where the request comes from (``Origin``, ``Sec-Fetch-Site``). Programs that log in with a token
send neither.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import HTTPException, Request


async def json_write(request: Request) -> None:
    """A dependency of writes: 415 without a JSON content type, 403 for a request from another site."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "Send application/json.")
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    is_foreign = bool(origin) and urlsplit(str(origin)).netloc not in _hosts(request)
    if is_foreign or site not in (None, "same-origin", "none"):
        raise HTTPException(403, "This request comes from another site. Open the seller hub and do it there.")


def _hosts(request: Request) -> set[str]:
    """The hosts that this Airflow is reached by: the requested and the configured one (behind a proxy)."""
    from airflow.configuration import conf

    configured = urlsplit(conf.get("api", "base_url", fallback="")).netloc
    return {request.headers.get("host", ""), configured} - {""}
