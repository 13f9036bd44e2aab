"""Datarova, the third-party keyword tool: a form that requests a keyword export, and the list of exports with
links to CSV files. The markup is inferred; the fields of an export are those that its service returns.
"""

from __future__ import annotations

from html import escape

from starlette.responses import RedirectResponse, Response

from amazon_sandbox.portal import layout, previews
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.report_lists import ListedFile, ReportLists, TooEarly
from amazon_sandbox.portal.routes import Handler, PortalCall, PortalPage
from amazon_sandbox.portal.sign_in import DATAROVA_PATH
from amazon_sandbox.simulation import marketplaces

_PATH = "/datarova"
_KINDS = {"keywords": "datarova.keywords", "rank_tracker": "datarova.rank_tracker"}
_TITLES = {"keywords": "Keywords", "rank_tracker": "Rank Tracker"}


async def show(call: PortalCall) -> Response:
    """The form and the exports, newest first."""
    _show_account(call)
    rows: list[ListedFile] = []
    for kind in _KINDS.values():
        rows += await call.sandbox.state(ReportLists).listed(call, kind, all_stores=True)
    rows.sort(key=lambda row: -row.requested_at)
    names = ("Report", "ASIN", "Marketplace", "From", "To", "Created at", "Status", "File")
    header = "".join(f"<th>{name}</th>" for name in names)
    lines = "".join(_row(call, row) for row in rows)
    body = (
        f"<h1>Downloads</h1>{_form(call)}"
        f"<table><thead><tr>{header}</tr></thead><tbody>{lines}</tbody></table>"
    )
    return layout.page(call, "Downloads", body)


async def add(call: PortalCall) -> Response:
    """Request an export."""
    _show_account(call)
    kind = _KINDS.get(call.form.get("report", ""))
    first, last = previews.day_of(call.form.get("from")), previews.day_of(call.form.get("to"))
    if kind is None or first is None or last is None or first > last:
        return layout.page(call, "Downloads", layout.alert("Please choose a report and a range."), status=400)
    asin = call.form.get("asin", "").strip()
    try:
        options = {"asin": asin} if asin else {}
        call.sandbox.state(ReportLists).request(call, kind, (first, last), options=options)
    except TooEarly as error:
        text = f"This export was already requested. Try again in {error.minutes} minutes."
        return layout.page(call, "Downloads", layout.alert(text))
    return RedirectResponse(f"{_PATH}/downloads", 303)


async def download(call: PortalCall) -> Response:
    """The file of an export."""
    _show_account(call)
    row = call.sandbox.state(ReportLists).ready(call, call.request.path_params["report_id"])
    if row is None or row.days is None:
        return layout.page(call, "404", "<h1>Not found</h1>", status=404)
    return await file_answer(call, row.kind, *row.days, row.options, country=row.country)


def _show_account(call: PortalCall) -> None:
    """The tool has no account picker; it shows the user's first account."""
    if call.session.country is None:
        call.session.account = call.user.accounts[0]
        call.session.country = marketplaces.by_id(call.seller.marketplace_ids[0]).country


def _form(call: PortalCall) -> str:
    reports = "".join(f'<option value="{name}">{_TITLES[name]}</option>' for name in _KINDS)
    return (
        f'<form method="post" action="{_PATH}/downloads">'
        f'<label>Report <select name="report" aria-label="Report">{reports}</select></label>'
        '<label>ASIN <input name="asin"></label>'
        '<label>From <input type="date" name="from"></label><label>To <input type="date" name="to"></label>'
        '<button type="submit">Create download</button></form>'
    )


def _row(call: PortalCall, row: ListedFile) -> str:
    kind = next(name for name, kind in _KINDS.items() if kind == row.kind)
    status = row.status(call.now.timestamp())
    shown = {"in_progress": "Processing", "ready": "Ready", "no_data": "No data"}.get(status, "Failed")
    link = f'<a href="{_PATH}/files/{row.report_id}">Download</a>' if status == "ready" else ""
    days = row.days or (None, None)
    cells = (
        _TITLES[kind],
        escape(row.options.get("asin", "")),
        row.country,
        *(str(day) for day in days),
        f"{row.requested:%Y-%m-%d %H:%M}",
        shown,
        link,
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _page(path: str, handler: Handler, *methods: str) -> PortalPage:
    return PortalPage(
        "datarova", f"{_PATH}{path}", handler, methods or ("GET",), needs_store=False, sign_in=DATAROVA_PATH
    )


pages = (
    _page("", show),
    _page("/downloads", show),
    _page("/downloads", add, "POST"),
    _page("/files/{report_id}", download),
)
