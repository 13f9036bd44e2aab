"""POST and GET /clickup/api/v2/task/{task_id}/comment, GET /clickup/api/v2/user."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amazon_sandbox.core.answers import ApiError, json_answer
from amazon_sandbox.core.sandbox import sandbox_of
from amazon_sandbox.sinks.clickup import data
from amazon_sandbox.sinks.clickup.faults import clickup_answer, refusal
from amazon_sandbox.sinks.clickup.state import ClickUpStore
from amazon_sandbox.sinks.serving import Handler, json_object, serve


async def comments(request: Request) -> Response:
    """Keep a comment, or list those of a task, newest first."""
    if request.method == "GET":
        return await _serve(request, data.GET_COMMENTS, _list)
    return await _serve(request, data.CREATE_COMMENT, _create)


async def user(request: Request) -> Response:
    """The user of the token."""
    return await _serve(request, data.GET_USER, _user)


async def _serve(request: Request, operation: str, handler: Handler) -> Response:
    return await serve(request, operation, handler, clickup_answer, _refused)


def _refused(error: ApiError) -> Response:
    return refusal(error.status, error.message, error.code)


async def _create(request: Request) -> Response:
    if not request.headers.get("authorization"):
        return refusal(400, "Authorization header required", "OAUTH_017")
    body = await json_object(request)
    if body is None:
        return refusal(400, "Unable to parse the body", "INPUT_003")
    if not body.get("comment_text") and not body.get("comment"):
        return refusal(400, "Comment text is required", "COMM_005")
    sandbox = sandbox_of(request)
    return json_answer(
        sandbox.state(ClickUpStore).comment(request.path_params["task_id"], body, sandbox.clock.now())
    )


async def _list(request: Request) -> Response:
    if not request.headers.get("authorization"):
        return refusal(400, "Authorization header required", "OAUTH_017")
    task_id = request.path_params["task_id"]
    kept = [each for each in sandbox_of(request).state(ClickUpStore).messages if each["task_id"] == task_id]
    listed = [
        {"id": str(each["id"]), "comment_text": each.get("comment_text", ""), "resolved": False}
        for each in reversed(kept)
    ]
    return json_answer({"comments": listed})


async def _user(request: Request) -> Response:
    if not request.headers.get("authorization"):
        return refusal(400, "Authorization header required", "OAUTH_017")
    return json_answer({"user": data.USER})


routes = [
    Route("/clickup/api/v2/task/{task_id}/comment", comments, methods=["POST", "GET"]),
    Route("/clickup/api/v2/user", user, methods=["GET"]),
]
