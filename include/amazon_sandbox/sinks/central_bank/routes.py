"""GET /central-bank/eurofxref-hist.zip."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amazon_sandbox.core.answers import ApiError, json_answer
from amazon_sandbox.core.sandbox import sandbox_of
from amazon_sandbox.sinks.central_bank import data
from amazon_sandbox.sinks.serving import serve


async def get_rates(request: Request) -> Response:
    """The file as of the sandbox's clock."""

    async def answer(request: Request) -> Response:
        now = datetime.fromtimestamp(sandbox_of(request).clock.now(), UTC)
        return Response(data.rates_file(now), media_type="application/zip")

    return await serve(request, data.GET_RATES, answer, lambda fault: None, _refusal)


def _refusal(error: ApiError) -> Response:
    return json_answer({"error": str(error)}, 500)


routes = [Route("/central-bank/eurofxref-hist.zip", get_rates, methods=["GET"])]
