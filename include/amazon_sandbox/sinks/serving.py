"""What the message sinks share: faults, the call log and JSON bodies."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from amazon_sandbox.core.answers import ApiError
from amazon_sandbox.core.calls import Call
from amazon_sandbox.core.faults import Fault, Stage, Subject
from amazon_sandbox.core.http_faults import apply_fault
from amazon_sandbox.core.sandbox import Sandbox, sandbox_of

Body = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]


async def serve(
    request: Request,
    operation: str,
    handler: Handler,
    own_fault: Callable[[Fault], Response | None],
    refusal: Callable[[ApiError], Response],
) -> Response:
    """Handle a call and apply faults: the sink's own, then those of any HTTP call."""
    sandbox = sandbox_of(request)
    fault = sandbox.faults.draw(Stage.REQUEST, Subject(operation))
    response: Response | None = None
    if fault is not None:
        try:
            response = own_fault(fault) or await apply_fault(fault)
        except ApiError as error:
            response = refusal(error)
    if response is None:
        response = await handler(request)
        after = sandbox.faults.draw(Stage.ANSWER, Subject(operation))
        if after is not None:
            fault = after
            try:
                response = await apply_fault(after) or response
            except ApiError as error:
                response = refusal(error)
    _log(sandbox, operation, response, fault.kind.name if fault else None)
    return response


def _log(sandbox: Sandbox, operation: str, response: Response, fault: str | None) -> None:
    sandbox.calls.add(Call(sandbox.clock.now(), operation, None, sandbox.status_of(response), fault=fault))


async def json_object(request: Request) -> Body | None:
    """The body; None when it is not a JSON object."""
    try:
        parsed = json.loads((await request.body()).decode("utf-8", "replace"))
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None
