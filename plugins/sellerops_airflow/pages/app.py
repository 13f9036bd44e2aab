"""The web app that serves the pages, mounted by the plugin under ``/sellerops``.

Every route requires permission to read the DAG's task logs. Pages are plain HTML without scripts. Text from
documents and errors is escaped, and documents are never served with a type that a browser would execute.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import jinja2
from fastapi import Depends, FastAPI, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from sellerops.base.errors import ArchiveDamaged, ConfigurationError, RetryableError, SellerOpsError
from sellerops.read_models.browser_job import SeenJob, find_browser_job, newest_job_of_task
from sellerops.read_models.document import find_document
from sellerops.read_models.inbound import read_run
from sellerops.read_models.inbound_document import find_inbound_document, find_inbound_run
from sellerops.read_models.slice_entry import SliceEntry, read_slice_entry
from sellerops.settings.seller_central import SELLER_CENTRAL
from sellerops_airflow.pages.access import GetUserDep, may_read_logs
from sellerops_airflow.pages.documents import PersonalDocument, serve_document
from sellerops_airflow.pages.evidence import evidence_files, serve_evidence
from sellerops_airflow.pages.labels import serve_label
from sellerops_airflow.pages.links import PREFIX, root_path
from sellerops_airflow.pages.reference import reference_router
from sellerops_airflow.pages.task_slices import TaskSlice, find_task_slice
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    import psycopg

    from sellerops.settings.specs import ReportSpec

# Ids of Airflow and the ledger: no control characters, no numbers beyond Postgres's range.
_Name = Annotated[str, InPath(max_length=250, pattern=r"^[^\x00-\x1f/]+$")]
_Index = Annotated[int, InPath(ge=-1, lt=2**31)]
_Id = Annotated[int, InPath(ge=1, lt=2**63)]
_TASK = "/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/{map_index}"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_LABELS = {
    "box_labels": "Box labels",
    "pallet_labels": "Pallet labels",
    "item_labels": "Item labels",
    "bill_of_lading": "Bill of lading",
}
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)


class _NotFound(Exception):
    """There is nothing to show; the message says why."""


def create_app() -> FastAPI:
    """The app with its routes. Opens no connection."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(may_read_logs)])
    app.add_exception_handler(_NotFound, _not_found)
    app.add_exception_handler(SellerOpsError, _failed)
    app.get(f"{_TASK}/slice", response_class=HTMLResponse)(slice_page)
    app.get(f"{_TASK}/document")(document_of_task)
    app.get(f"{_TASK}/seller-central")(seller_central)
    app.get("/dags/{dag_id}/documents/{request_id}")(document)
    app.get(f"{_TASK}/shipment", response_class=HTMLResponse)(shipment_page)
    app.get("/dags/{dag_id}/runs/{run_id}/labels/{document_id}")(label)
    app.get(f"{_TASK}/evidence", response_class=HTMLResponse)(evidence_of_task)
    app.get("/dags/{dag_id}/evidence/{job_id}", response_class=HTMLResponse)(evidence)
    app.get("/dags/{dag_id}/evidence/{job_id}/{name}")(evidence_file)
    app.include_router(reference_router())
    return app


def slice_page(dag_id: _Name, run_id: _Name, task_id: _Name, map_index: _Index) -> Response:
    """Show the ledger entry of the task's slice."""
    spec = _spec(dag_id)
    with _reading() as connection:
        found = _task_slice(connection, dag_id, run_id, task_id, map_index)
        entry = read_slice_entry(connection, found.slice_, found.request_ids)
    return _page("slice.html", entry=entry, spec=spec, dag_id=dag_id, amazon=_amazon_page(spec, found))


def document_of_task(
    dag_id: _Name, run_id: _Name, task_id: _Name, map_index: _Index, user: GetUserDep
) -> Response:
    """Serve the document of the task's slice, or a list to choose from when there are several."""
    spec = _spec(dag_id)
    with _reading() as connection:
        found = _task_slice(connection, dag_id, run_id, task_id, map_index)
        entry = read_slice_entry(connection, found.slice_, found.request_ids)
    # The documents this run used or, if unknown, the slice's newest in the ledger.
    wanted = found.request_ids or _newest_requests(entry)
    ids = [row["id"] for row in entry.requests if row["has_document"] and row["id"] in wanted]
    if not ids:
        raise _NotFound(f"No document of {found.slice_.label} is archived yet; see its ledger entry.")
    if len(ids) > 1:
        requests = [row for row in entry.requests if row["id"] in ids]
        return _page("documents.html", entry=entry, spec=spec, dag_id=dag_id, requests=requests)
    return document(dag_id, ids[0], user)


def document(dag_id: _Name, request_id: _Id, user: GetUserDep, download: bool = False) -> Response:
    """Serve one archived document by its request's id; no part of its address comes from the browser."""
    spec = _spec(dag_id)
    with _reading() as connection:
        found = find_document(connection, spec, request_id)
    if found is None:
        raise _NotFound(f"Request {request_id} of {dag_id} has no document in the archive.")
    return serve_document(get_runtime().archive, spec, found, user.get_name(), download=download)


def seller_central(dag_id: _Name, run_id: _Name, task_id: _Name, map_index: _Index) -> Response:
    """Redirect to the report's page in Seller Central."""
    spec = _spec(dag_id)
    with _reading() as connection:
        found = _task_slice(connection, dag_id, run_id, task_id, map_index)
    return RedirectResponse(_amazon_page(spec, found), status_code=302, headers=_HEADERS)


def shipment_page(dag_id: _Name, run_id: _Name, task_id: _Name, map_index: _Index) -> Response:
    """Show the FBA shipment of the task's run: labels, destinations, decisions, operations."""
    with _reading() as connection:
        inbound_run_id = find_inbound_run(connection, dag_id, run_id)
        entry = read_run(connection, inbound_run_id) if inbound_run_id else None
    if entry is None:
        raise _NotFound("This run has no shipment: its request was invalid or has not been checked yet.")
    files = f"{root_path()}{PREFIX}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}/labels"
    return _page("shipment.html", entry=entry, files=files, kinds=_LABELS)


def label(dag_id: _Name, run_id: _Name, document_id: _Id, download: bool = False) -> Response:
    """Serve one label file of the run by its id; no part of its address comes from the browser."""
    with _reading() as connection:
        found = find_inbound_document(connection, dag_id, run_id, document_id)
    if found is None:
        raise _NotFound(f"Run {run_id} has no document {document_id}.")
    return serve_label(get_runtime().archive, found, download=download)


def evidence_of_task(dag_id: _Name, run_id: _Name, task_id: _Name, map_index: _Index) -> Response:
    """Show the task's newest browser job."""
    with _reading() as connection:
        job = newest_job_of_task(connection, dag_id, run_id, task_id, map_index)
    if job is None:
        raise _NotFound("This task has had no browser job yet.")
    return _evidence_page(job)


def evidence(dag_id: _Name, job_id: _Id) -> Response:
    """Show a browser job of the DAG and its evidence."""
    return _evidence_page(_browser_job(dag_id, job_id))


def evidence_file(dag_id: _Name, job_id: _Id, name: _Name) -> Response:
    """Serve a file of a browser job; its address comes from the ledger alone."""
    return serve_evidence(get_runtime().evidence, _browser_job(dag_id, job_id), name)


def _evidence_page(job: SeenJob) -> Response:
    files = evidence_files(get_runtime().evidence, job)
    base = f"{root_path()}{PREFIX}/dags/{quote(job.dag_id or '', safe='')}/evidence/{job.id}"
    page = _page("evidence.html", job=job, files=files, base=base)
    page.headers["Content-Security-Policy"] += "; img-src 'self'"
    return page


def _browser_job(dag_id: str, job_id: int) -> SeenJob:
    with _reading() as connection:
        job = find_browser_job(connection, dag_id, job_id)
    if job is None:
        raise _NotFound(f"{dag_id} has no browser job {job_id}, or it has been deleted after its retention.")
    return job


def _newest_requests(entry: SliceEntry) -> set[int]:
    return {row["request_id"] for row in [*entry.states, *entry.destinations] if row["request_id"]}


def _amazon_page(spec: ReportSpec, found: TaskSlice) -> str:
    return SELLER_CENTRAL.load().page_of(spec, found.slice_.marketplaces[0])


def _spec(dag_id: str) -> ReportSpec:
    try:
        return get_runtime().spec(dag_id)
    except ConfigurationError as error:
        raise _NotFound(f"{dag_id} is not a report: {error.cause}") from error


def _task_slice(
    connection: psycopg.Connection[Any], dag_id: str, run_id: str, task_id: str, map_index: int
) -> TaskSlice:
    found = find_task_slice(connection, dag_id, run_id, task_id, map_index)
    if found is None:
        raise _NotFound(
            f"The slice of task {task_id} {map_index} in run {run_id} is unknown: it is not planned yet, or "
            "the run's records were deleted."
        )
    return found


@contextmanager
def _reading() -> Iterator[psycopg.Connection[Any]]:
    import psycopg

    from sellerops.base.reader_role import read_only

    try:
        with read_only(get_runtime().reader_conninfo) as connection:
            yield connection
    except psycopg.Error as error:
        raise RetryableError(
            f"cannot read the ledger: {str(error).strip().splitlines()[0]}.",
            where="connection sellerops_reader",
            remedy="Check the connection, then reload this page.",
        ) from error


def _page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    root = root_path()
    text = _TEMPLATES.get_template(template).render(root=root, pages=f"{root}{PREFIX}", **values)
    return HTMLResponse(text, status_code=status, headers=_HEADERS)


def _not_found(_: Request, error: Exception) -> Response:
    return _page("message.html", 404, title="Nothing to show", cause=str(error), where="", remedy="")


def _failed(_: Request, error: Exception) -> Response:
    assert isinstance(error, SellerOpsError)
    kinds = {PersonalDocument: 403, ArchiveDamaged: 404, RetryableError: 503}
    status = next((code for kind, code in kinds.items() if isinstance(error, kind)), 500)
    title = "The page cannot be shown"
    return _page(
        "message.html", status, title=title, cause=error.cause, where=error.where, remedy=error.remedy
    )
