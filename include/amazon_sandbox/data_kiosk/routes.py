"""The five operations of the Data Kiosk API."""

from __future__ import annotations

import asyncio

from starlette.routing import BaseRoute, Route

from amazon_sandbox.core.answers import FORBIDDEN, ApiError, invalid_input
from amazon_sandbox.data_kiosk import data
from amazon_sandbox.data_kiosk.processing import OPERATION, advance, create
from amazon_sandbox.data_kiosk.state import Query, QueryStore
from amazon_sandbox.reports.documents import presigned_url
from amazon_sandbox.reports.state import ReportStore
from amazon_sandbox.sp_api import queries
from amazon_sandbox.sp_api.bodies import body_object
from amazon_sandbox.sp_api.next_tokens import PagePosition, next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint

_NO_QUERY = ApiError(404, "NotFound", "The requested query could not be found.")
_NO_DOCUMENT = ApiError(404, "NotFound", "The requested document could not be found.")


async def create_query(call: Operation) -> Answer:
    """createQuery: 202 with the id only. Violations of the schema are refused; other errors end FATAL."""
    body = body_object(call.body, call.request.headers.get("content-type"))
    text, token = _texts(body)
    # Imported here so that GraphQL is loaded with the first query only.
    from amazon_sandbox.data_kiosk.language import InvalidQuery, read

    try:
        parsed = await asyncio.to_thread(read, text)
    except InvalidQuery as error:
        raise invalid_input("Invalid query", str(error)) from error
    call.report_type, call.marketplace_ids = parsed.report_type, parsed.marketplace_ids
    if not set(parsed.marketplace_ids) <= set(call.caller.marketplace_ids):
        raise FORBIDDEN
    page = _read_token(call, OPERATION, {"query": text}, token) if token is not None else None
    query = create(call.sandbox, call.caller, call.application, text, parsed, page)
    call.report_id = query.id
    return 202, {"queryId": query.id}


async def get_query(call: Operation) -> Answer:
    """getQuery."""
    query = _query(call)
    query.reads += 1
    await advance(call.sandbox, query)
    return 200, query.as_dict()


async def cancel_query(call: Operation) -> Answer:
    """cancelQuery: while it is not final; cancelling twice has no effect."""
    query = _query(call)
    await advance(call.sandbox, query)
    if query.status in ("DONE", "FATAL"):
        raise invalid_input(f"Query cannot be cancelled, its status is {query.status}", query.id)
    if query.status != "CANCELLED":
        query.processed = query.status != "IN_QUEUE"
        query.status, query.due_at = "CANCELLED", call.sandbox.clock.now()
        if query.rendering is not None:
            query.rendering.cancel()
    return 204, {}


async def get_queries(call: Operation) -> Answer:
    """getQueries: this application's, newest first."""
    arguments, now = call.request.query_params, call.sandbox.clock.now()
    statuses = queries.choices(arguments, "processingStatuses", data.STATUSES)
    if "processingStatuses" in arguments and not statuses:
        raise invalid_input("Invalid value for processingStatuses")
    size = queries.integer(arguments, "pageSize", 1, 100, 10)
    since, until = queries.instant(arguments, "createdSince"), queries.instant(arguments, "createdUntil")
    oldest = since.timestamp() if since else now - data.LISTED.total_seconds()
    newest = until.timestamp() if until else now
    same = {name: arguments[name] for name in arguments if name not in ("paginationToken", "pageSize")}
    token = queries.text(arguments, "paginationToken")
    before: int | None = None
    if token is not None:
        before = _read_token(call, "getQueries", same, token).position[0]
    page: list[Query] = []
    for query in call.sandbox.state(QueryStore).newest_first(call.caller.seller_id, call.application, now):
        if not oldest <= query.created <= newest or (before is not None and query.number >= before):
            continue
        await advance(call.sandbox, query)
        if statuses and query.status not in statuses:
            continue
        if len(page) == size:
            following = next_token(call.sandbox, "getQueries", same, [page[-1].number], now)
            return 200, {
                "queries": [one.as_dict() for one in page],
                "pagination": {"nextToken": following},
            }
        page.append(query)
    return 200, {"queries": [one.as_dict() for one in page]}


async def get_document(call: Operation) -> Answer:
    """getDocument: a URL that is valid for 300 seconds and responds with Content-Encoding: gzip."""
    sandbox = call.sandbox
    document = sandbox.state(ReportStore).document(
        call.request.path_params["document_id"], call.caller.seller_id
    )
    if document is None or document.family != "data_kiosk" or document.rendered is None:
        raise _NO_DOCUMENT
    query = sandbox.state(QueryStore).of_document(document.id)
    now = sandbox.clock.now()
    if query is None or now - query.created > query.retention.total_seconds():
        raise _NO_DOCUMENT
    call.report_type, call.marketplace_ids = document.report_type, document.marketplace_ids
    encoding = "gzip" if document.rendered.compressed else None
    return 200, {
        "documentId": document.id,
        "documentUrl": presigned_url(sandbox, document, encoding=encoding),
    }


def _texts(body: dict[str, object]) -> tuple[str, str | None]:
    """The query and the token of its next page."""
    text, token = body.get("query"), body.get("paginationToken")
    if text is None:
        raise queries.missing("query")
    if not isinstance(text, str):
        raise invalid_input("Invalid value for query", "it is not a string")
    if "paginationToken" in body and not isinstance(token, str):
        raise invalid_input("Invalid value for paginationToken", "it is not a string")
    return text, token if isinstance(token, str) else None


def _read_token(call: Operation, operation: str, arguments: dict[str, str], token: str) -> PagePosition:
    return read_next_token(call.sandbox, operation, arguments, token, name="paginationToken")


def _query(call: Operation) -> Query:
    query_id = call.request.path_params["query_id"]
    call.report_id = query_id
    now = call.sandbox.clock.now()
    query = call.sandbox.state(QueryStore).get(query_id, call.caller.seller_id, call.application, now)
    if query is None:
        raise _NO_QUERY
    call.report_type, call.marketplace_ids = query.report_type, query.marketplace_ids
    return query


def _no_subject(call: Operation) -> None:
    return None


def _find_in_query(call: Operation) -> None:
    try:
        _query(call)
    except ApiError:
        return  # the handler refuses it


def _find_in_body(call: Operation) -> None:
    text = call.body.decode("utf-8", "replace")
    named = next((name for name in data.QUERIES if f"{name}(" in text.replace(" ", "")), None)
    call.report_type = f"DATA_KIOSK_{named}" if named else None


_QUERIES = f"{data.BASE}/queries"

routes: list[BaseRoute] = [
    Route(path, endpoint(name, handler, find_subject), methods=[method])
    for method, path, name, handler, find_subject in (
        ("GET", _QUERIES, "getQueries", get_queries, _no_subject),
        ("POST", _QUERIES, OPERATION, create_query, _find_in_body),
        ("GET", f"{_QUERIES}/{{query_id}}", "getQuery", get_query, _find_in_query),
        ("DELETE", f"{_QUERIES}/{{query_id}}", "cancelQuery", cancel_query, _find_in_query),
        ("GET", f"{data.BASE}/documents/{{document_id}}", "getDocument", get_document, _no_subject),
    )
]
