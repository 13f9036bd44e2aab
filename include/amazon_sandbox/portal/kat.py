"""Serves the ``kat-*`` elements."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amazon_sandbox.portal.layout import KAT_PATH

_SCRIPT = Path(__file__).with_name("kat.js")


async def kat_script(request: Request) -> Response:
    """The elements; ``v`` is the version of the page that loads them."""
    version = "2" if request.query_params.get("v") == "2" else "1"
    script = _SCRIPT.read_text().replace("__VERSION__", version)
    return Response(script, media_type="text/javascript")


routes = (Route(KAT_PATH, kat_script, methods=["GET"]),)
