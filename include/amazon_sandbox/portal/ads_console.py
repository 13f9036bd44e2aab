"""The ads console: the account chooser, the list and the builder of Unified Reporting.

The old console is in ``ads_old_console``.
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from starlette.responses import JSONResponse, RedirectResponse, Response

from amazon_sandbox.portal import ads_old_console, layout, list_texts, previews, store_names
from amazon_sandbox.portal.ads_entities import BASE, entered, entity_of, name_of, name_report, show_entity
from amazon_sandbox.portal.ads_scripts import BUILDER, CHOOSER, TEMPLATES
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.report_lists import ListedFile, ReportLists, TooEarly
from amazon_sandbox.portal.routes import Handler, PortalCall, PortalPage
from amazon_sandbox.simulation import marketplaces

_KIND = "ads_reports.unified_search_terms"


async def choose_account(call: PortalCall) -> Response:
    """The accounts of the user, each with its stores; where a cold session enters the console."""
    destination = call.query.get("destination", "/reporting")
    title = call.say("Select an account", "Konto auswählen", "アカウントを選択")
    accounts = "".join(_account(call, account, destination) for account in call.user.accounts)
    body = f'<h1>{title}</h1><div class="account-list">{accounts}</div>'
    return layout.page(call, title, body, script=CHOOSER)


async def enter(call: PortalCall) -> Response:
    """Enter the console for the chosen store."""
    account, country = call.query.get("account", ""), call.query.get("country", "")
    destination = call.query.get("destination", "/reporting")
    if account not in call.user.accounts or not destination.startswith("/"):
        return RedirectResponse(f"{BASE}/choose-account", 302)
    entity = entity_of(call, account, country)
    show_entity(call, entity)
    return RedirectResponse(f"{BASE}{destination}?{urlencode({'entityId': entity})}", 302)


async def register(call: PortalCall) -> Response:
    """What a cold session gets instead of the console. It does not mean that there is no ads account."""
    title = call.say("Grow your business with ads", "Wachsen Sie mit Werbung", "広告でビジネスを成長")
    register_now = call.say("Register", "Registrieren", "登録")
    return layout.page(call, title, f'<h1>{title}</h1><a href="#">{register_now}</a>')


async def show_reports(call: PortalCall) -> Response:
    """Templates, and the list of reports."""
    if (cold := entered(call)) is not None:
        return cold
    title = call.say("Reports", "Berichte", "レポート")
    rows = await call.sandbox.state(ReportLists).listed(call, _KIND, all_stores=True)
    header = "".join(
        f"<th>{text}</th>"
        for text in (
            call.say("Report name", "Berichtsname", "レポート名"),
            call.say("Report status", "Berichtsstatus", "レポートのステータス"),
            call.say("Created", "Erstellt", "作成日時"),
            call.say("Frequency", "Häufigkeit", "頻度"),
            call.say("Actions", "Aktionen", "操作"),
        )
    )
    lines = "".join(_row(call, row) for row in rows)
    body = (
        f"<h1>{title}</h1>{_menu(call)}{_templates(call)}"
        f"<table><thead><tr>{header}</tr></thead><tbody>{lines}</tbody></table>{previews.tour(call)}"
    )
    return layout.page(call, title, body, script=TEMPLATES)


async def build(call: PortalCall) -> Response:
    """The builder. A template fills it only when it was clicked in the list."""
    if (cold := entered(call)) is not None:
        return cold
    title = call.say("Create report", "Bericht erstellen", "レポートを作成")
    name = call.say("Report name", "Berichtsname", "レポート名")
    submit = call.say("Submit", "Senden", "送信")
    save = call.say("Save", "Speichern", "保存")
    period = call.say("Last 7 days", "Letzte 7 Tage", "過去7日間")
    place = {"en": "MM/DD/YYYY", "de": "TT.MM.JJJJ", "ja": "YYYY/MM/DD"}[call.language[:2]]
    body = (
        f'<h1>{title}</h1><div id="problems"></div><label>{name} '
        '<input id="report-name-form:report-name-control-component-0"></label>'
        '<button type="button" data-takt-id="storm-ui-date-range-picker" '
        f'id="report-range-form:date-range-row-control-component-0">{period}</button>'
        '<div id="range" role="dialog" hidden>'
        f'<input class="first" placeholder="{place}"><input class="last" placeholder="{place}">'
        '<button type="button" data-takt-id="storm-ui-date-picker-confirmation-control-save">'
        f"{save}</button></div>"
        f'<section id="columns" data-delete="{call.say("Delete", "Löschen", "削除")}"></section>'
        f'<button type="button" id="urc_frb_create_report_button">{submit}</button>'
    )
    problem = call.say(
        "Fix the following issues and submit again: columns, period",
        "Beheben Sie die folgenden Probleme und senden Sie erneut: Spalten, Zeitraum",
        "次の問題を修正してから再送信してください：列、期間",
    )
    script = BUILDER.replace("__BASE__", BASE).replace("__PROBLEM__", problem)
    return layout.page(call, title, body, script=script)


async def create(call: PortalCall) -> Response:
    """Submit the builder."""
    if (cold := entered(call)) is not None:
        return cold
    first, last = previews.day_of(call.form.get("first")), previews.day_of(call.form.get("last"))
    if first is None or last is None or first > last or last >= previews.today(call):
        return JSONResponse({"problem": "period"}, 400)
    try:
        row = call.sandbox.state(ReportLists).request(call, _KIND, (first, last))
    except TooEarly as error:
        text = list_texts.text("too_early", call.language[:2], minutes=error.minutes)
        return JSONResponse({"problem": text}, 400)
    name_report(call, row.report_id, call.form.get("name", ""))
    return JSONResponse({})


async def download(call: PortalCall) -> Response:
    """The file of a report."""
    row = call.sandbox.state(ReportLists).ready(call, call.request.path_params["report_id"])
    if row is None or row.days is None:
        return layout.page(call, "404", "<h1>Page not found</h1>", status=404)
    return await file_answer(call, row.kind, *row.days, row.options, country="")


def _account(call: PortalCall, account: str, destination: str) -> str:
    seller = next(each for each in call.sandbox.simulation.sellers if each.account == account)
    stores = ""
    for marketplace_id in seller.marketplace_ids:
        country = marketplaces.by_id(marketplace_id).country
        query = urlencode({"account": account, "country": country, "destination": destination})
        stores += (
            f'<button type="button" onclick="location.href=\'{BASE}/enter?{escape(query)}\'">'
            f"{store_names.name_of(country, call.language)}</button>"
        )
    return (
        f'<section><button type="button" data-advertiser="{account}">{layout.account_name(account)}</button>'
        f'<div class="stores" hidden>{stores}</div></section>'
    )


def _menu(call: PortalCall) -> str:
    """The old console is in the menu until Amazon deletes it."""
    if not ads_old_console.is_there(call):
        return ""
    text = call.say("Search ads reports", "Berichte für Suchanzeigen", "検索広告レポート")
    query = urlencode({"entityId": call.query.get("entityId", "")})
    return f'<nav><a href="{BASE}/reports?{query}">{text}</a></nav>'


def _templates(call: PortalCall) -> str:
    use = call.say("Use template", "Vorlage verwenden", "テンプレートを使用")
    names = {
        "campaign": call.say("Campaign", "Kampagne", "キャンペーン"),
        "advertised_product": call.say("Advertised product", "Beworbenes Produkt", "広告対象商品"),
        "searchterm": call.say("Search term", "Suchbegriff", "検索用語"),
    }
    address = f"{BASE}/reporting/new?{urlencode({'entityId': call.query.get('entityId', '')})}"
    return "".join(
        f'<section class="template-card" data-template="{template}"><h2>{name}</h2>'
        '<button type="button" data-takt-id="storm-ui-button" '
        f'data-address="{address}&amp;templateId={template}">{use}</button></section>'
        for template, name in names.items()
    )


def _row(call: PortalCall, row: ListedFile) -> str:
    language = call.language[:2]
    status = row.status(call.now.timestamp())
    shown = {
        "in_progress": call.say("Processing", "In Bearbeitung", "処理中"),
        "ready": call.say("Completed", "Abgeschlossen", "完了"),
    }.get(status) or list_texts.text(status, language)
    link = list_texts.text("download", language)
    action = f'<a href="{BASE}/reporting/file/{row.report_id}">{link}</a>' if status == "ready" else ""
    created = list_texts.moment_text(row.requested, call.marketplace, language, call.version)
    once = call.say("Once", "Einmalig", "1回")
    cells = (escape(name_of(call, row)), shown, created, once, action)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _page(path: str, handler: Handler, *methods: str) -> PortalPage:
    return PortalPage("adsReports", f"{BASE}{path}", handler, methods or ("GET",), needs_store=False)


pages = (
    _page("", choose_account),
    _page("/choose-account", choose_account),
    _page("/enter", enter),
    _page("/register", register),
    _page("/reporting", show_reports),
    _page("/reporting/new", build),
    _page("/reporting/create", create, "POST"),
    _page("/reporting/file/{report_id}", download),
    _page("/reports", ads_old_console.show),
    _page("/reports/new", ads_old_console.form),
    _page("/reports/create", ads_old_console.create, "POST"),
    _page("/reports/file/{report_id}", ads_old_console.download),
)
