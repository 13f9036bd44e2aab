"""The old reports of the ads console: a grid whose first column is in a container of its own, and a form.

New reports can be created before 2026-12-17, and the list is there before 2026-12-31, by the sandbox's clock
in UTC.
"""

from __future__ import annotations

from datetime import date
from html import escape
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from amazon_sandbox.portal import layout, list_texts, previews
from amazon_sandbox.portal.ads_entities import BASE, entered, name_of, name_report
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.report_lists import ListedFile, ReportLists, TooEarly
from amazon_sandbox.portal.routes import PortalCall

READ_ONLY_FROM, GONE_FROM = date(2026, 12, 17), date(2026, 12, 31)
_KINDS = {
    "Sponsored Products": "ads_reports.sp_search_terms",
    "Sponsored Brands": "ads_reports.sb_search_terms",
}


def is_there(call: PortalCall) -> bool:
    """Whether the console still has its old part."""
    return call.now.date() < GONE_FROM


async def show(call: PortalCall) -> Response:
    """The list of reports."""
    if (other := _instead(call)) is not None:
        return other
    title = call.say("Search ads reports", "Berichte für Suchanzeigen", "検索広告レポート")
    rows: list[ListedFile] = []
    for kind in _KINDS.values():
        rows += await call.sandbox.state(ReportLists).listed(call, kind)
    rows.sort(key=lambda row: -row.requested_at)
    create = call.say("Create report", "Bericht erstellen", "レポートを作成")
    address = f"{BASE}/reports/new?{urlencode({'entityId': call.query.get('entityId', '')})}"
    top = f'<button type="button" onclick="location.href=\'{escape(address)}\'">{create}</button>'
    if not _is_writable(call):
        text = call.say(
            "This page is read-only. Use Unified Reporting.",
            "Diese Seite ist schreibgeschützt. Verwenden Sie Unified Reporting.",
            "このページは読み取り専用です。",
        )
        top = f"<p>{text}</p>"
    left = "".join(_grid_row(row.report_id, escape(name_of(call, row))) for row in rows)
    center = "".join(_grid_row(row.report_id, *_center(call, row)) for row in rows)
    grid = (
        '<div role="grid" class="ag-root">'
        f'<div class="ag-pinned-left-cols-container" style="float:left">{left}</div>'
        f'<div class="ag-center-cols-container">{center or "&nbsp;"}</div></div>'
    )
    return layout.page(call, title, f"<h1>{title}</h1>{top}{grid}{previews.tour(call)}")


async def form(call: PortalCall) -> Response:
    """The form of a new report."""
    if (other := _instead(call)) is not None or not _is_writable(call):
        return other or RedirectResponse(f"{BASE}/reports", 302)
    title = call.say("Create report", "Bericht erstellen", "レポートを作成")
    fields = (
        _select(
            "product",
            call.say("Campaign type", "Kampagnentyp", "キャンペーンタイプ"),
            [(n, n) for n in _KINDS],
        ),
        _select(
            "type",
            call.say("Report type", "Berichtstyp", "レポートタイプ"),
            [
                ("campaign", call.say("Campaign", "Kampagne", "キャンペーン")),
                ("searchterm", call.say("Search term", "Suchbegriff", "検索用語")),
            ],
        ),
        _select(
            "unit",
            call.say("Time unit", "Zeiteinheit", "時間単位"),
            [
                ("SUMMARY", call.say("Summary", "Zusammenfassung", "概要")),
                ("DAILY", call.say("Daily", "Täglich", "日次")),
            ],
        ),
        '<kat-date-range-picker start-name="first" end-name="last"></kat-date-range-picker>',
        f'<label>{call.say("Report name", "Berichtsname", "レポート名")} <input name="name"></label>',
        f'<button type="submit">{call.say("Run report", "Bericht ausführen", "レポートを実行")}</button>',
    )
    target = f"{BASE}/reports/create?{urlencode({'entityId': call.query.get('entityId', '')})}"
    return layout.page(
        call, title, f'<h1>{title}</h1><form method="post" action="{escape(target)}">{"".join(fields)}</form>'
    )


async def create(call: PortalCall) -> Response:
    """Run a new report."""
    if (other := _instead(call)) is not None or not _is_writable(call):
        return other or RedirectResponse(f"{BASE}/reports", 302)
    first, last = previews.day_of(call.form.get("first")), previews.day_of(call.form.get("last"))
    kind = _KINDS.get(call.form.get("product", ""))
    back = f"{BASE}/reports?{urlencode({'entityId': call.query.get('entityId', '')})}"
    if kind is None or call.form.get("type") != "searchterm" or not first or not last or first > last:
        text = call.say("Check your entries.", "Prüfen Sie Ihre Angaben.", "入力内容を確認してください。")
        return layout.page(call, text, layout.alert(text), status=400)
    options = {"time_unit": call.form.get("unit", "SUMMARY")}
    try:
        row = call.sandbox.state(ReportLists).request(call, kind, (first, last), options=options)
    except TooEarly as error:
        text = list_texts.text("too_early", call.language[:2], minutes=error.minutes)
        return layout.page(call, text, layout.alert(text))
    name_report(call, row.report_id, call.form.get("name", ""))
    return RedirectResponse(back, 303)


async def download(call: PortalCall) -> Response:
    """The file of a report."""
    row = call.sandbox.state(ReportLists).ready(call, call.request.path_params["report_id"])
    if row is None or row.days is None:
        return _gone(call)
    return await file_answer(call, row.kind, *row.days, row.options, country=row.country)


def _instead(call: PortalCall) -> Response | None:
    if not is_there(call):
        return _gone(call)
    return entered(call)


def _gone(call: PortalCall) -> Response:
    title = call.say("Page not found", "Seite nicht gefunden", "ページが見つかりません")
    return layout.page(call, title, f"<h1>{title}</h1>", status=404)


def _is_writable(call: PortalCall) -> bool:
    return call.now.date() < READ_ONLY_FROM


def _center(call: PortalCall, row: ListedFile) -> tuple[str, ...]:
    language = call.language[:2]
    status = row.status(call.now.timestamp())
    shown = {
        "in_progress": call.say("Processing", "In Bearbeitung", "処理中"),
        "ready": call.say("Completed", "Abgeschlossen", "完了"),
    }.get(status) or list_texts.text(status, language)
    created = list_texts.moment_text(row.requested, call.marketplace, language, call.version)
    link = list_texts.text("download", language)
    action = f'<a href="{BASE}/reports/file/{row.report_id}">{link}</a>' if status == "ready" else ""
    return shown, created, action


def _grid_row(row_id: str, *cells: str) -> str:
    inner = "".join(f'<span role="gridcell"> {cell} </span>' for cell in cells)
    return f'<div role="row" row-id="{row_id}">{inner}</div>'


def _select(name: str, label: str, options: list[tuple[str, str]]) -> str:
    inner = "".join(f'<option value="{value}">{text}</option>' for value, text in options)
    return f'<label>{label} <select name="{name}" aria-label="{label}">{inner}</select></label>'
