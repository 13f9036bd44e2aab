"""Brand Analytics: dashboards with filters, a dialog that prepares a file, and the download manager."""

from __future__ import annotations

from html import escape

from starlette.responses import JSONResponse, Response

from amazon_sandbox.portal import brand_periods, layout, list_texts, previews
from amazon_sandbox.portal.brand_periods import Period
from amazon_sandbox.portal.brand_scripts import DASHBOARD
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.files.brand_analytics import brands_in
from amazon_sandbox.portal.report_lists import ListedFile, ReportLists, TooEarly
from amazon_sandbox.portal.routes import PortalCall, PortalPage

# Address -> kind of file, and its title in English, German and Japanese.
_VIEWS = {
    "query-performance": (
        "search_query_performance_brand",
        ("Search Query Performance", "Suchanfragenleistung", "検索クエリパフォーマンス"),
    ),
    "demographics": ("demographics", ("Demographics", "Demografische Daten", "購入者属性")),
    "item-comparison": ("item_comparison", ("Item Comparison", "Artikelvergleich", "商品比較")),
    "alternate-purchase": ("alternate_purchase", ("Alternate Purchase", "Alternativer Kauf", "代替購入")),
    "customer-loyalty": ("customer_loyalty", ("Customer Loyalty", "Kundentreue", "カスタマーロイヤルティ")),
}
_WITHOUT = ("IE", "BE", "PL")
_PATH = "/brand-analytics"
_MANAGER = f"{_PATH}/download-manager"


async def dashboard(call: PortalCall) -> Response:
    """One view with its filters; the address chooses the period."""
    view = _VIEWS.get(call.request.path_params["view"])
    if view is None or call.marketplace.country in _WITHOUT:
        return _not_found(call)
    title = call.say(*view[1])
    period = brand_periods.shown(call)
    apply = call.say("Apply", "Anwenden", "適用")
    body = (
        f"<h1>{title}</h1>{_filters(call, period)}"
        f'<kat-button data-test-id="RequiredFilterApplyButton" label="{apply}"></kat-button> '
        f'<kat-button id="GenerateDownloadButton" label="{_generate(call)}"></kat-button>'
        f'<section id="figures" aria-busy="false"></section>{_dialog(call)}{previews.tour(call)}'
    )
    script = DASHBOARD.replace("__KIND__", f"brand_analytics.{view[0]}").replace(
        "__VERSION__", str(call.version)
    )
    return layout.page(call, title, body, script=script)


async def generate(call: PortalCall) -> Response:
    """Prepare a file; the dialog shows a refusal."""
    kind, reporting_range = call.form.get("kind", ""), call.form.get("range", "weekly")
    last = previews.day_of(call.form.get("last"))
    period = next(
        (each for each in brand_periods.offered(call, reporting_range) if each.last_day == last), None
    )
    if period is None:
        return JSONResponse({"refused": "period"}, 400)
    options = {"period": brand_periods.KINDS[reporting_range], "brand": call.form.get("brand", "")}
    try:
        call.sandbox.state(ReportLists).request(
            call, kind, (period.first_day, period.last_day), options=options
        )
    except TooEarly as error:
        text = list_texts.text("too_early", call.language[:2], minutes=error.minutes)
        return JSONResponse({"refused": text})
    return JSONResponse({})


async def manager(call: PortalCall) -> Response:
    """The prepared files of all views, newest first."""
    if call.marketplace.country in _WITHOUT:
        return _not_found(call)
    title = call.say("Download manager", "Download-Manager", "ダウンロードマネージャー")
    lists, rows = call.sandbox.state(ReportLists), []
    for kind, titles in _VIEWS.values():
        rows += [(row, call.say(*titles)) for row in await lists.listed(call, f"brand_analytics.{kind}")]
    rows.sort(key=lambda row: -row[0].requested_at)
    header = _cells(
        call.say("Report", "Bericht", "レポート"),
        *((call.say("Brand", "Marke", "ブランド"),) if call.version == 1 else ()),
        call.say("Date range", "Zeitraum", "期間"),
        call.say("Requested", "Angefordert", "リクエスト日時"),
        call.say("Status", "Status", "ステータス"),
    )
    lines = "".join(_row(call, row, text) for row, text in rows)
    table = (
        f"<kat-table><kat-table-head>{header}</kat-table-head>"
        f"<kat-table-body>{lines}</kat-table-body></kat-table>"
    )
    return layout.page(call, title, f"<h1>{title}</h1>{table}")


async def download(call: PortalCall) -> Response:
    """A prepared file."""
    row = call.sandbox.state(ReportLists).ready(call, call.request.path_params["report_id"])
    if row is None or row.days is None:
        return _not_found(call)
    return await file_answer(call, row.kind, *row.days, row.options, country=row.country)


def _row(call: PortalCall, row: ListedFile, title: str) -> str:
    language, now = call.language[:2], call.now.timestamp()
    status = row.status(now)
    if status == "ready":
        shown = (
            f'<a href="{_MANAGER}/file/{row.report_id}" aria-label="{list_texts.text("download", language)}">'
            '<kat-icon name="file_download"></kat-icon></a>'
        )
    else:
        shown = f'<kat-badge label="{list_texts.text(status, language)}"></kat-badge>'
    days = list_texts.period_text(row.days, call.marketplace, language, call.version, month=False)
    requested = list_texts.moment_text(row.requested, call.marketplace, language, call.version)
    brand = (escape(row.options.get("brand") or brands_in(call.marketplace)[0]),) if call.version == 1 else ()
    return _cells(escape(title), *brand, days, requested, shown)


def _cells(*cells: str) -> str:
    inner = "".join(f"<kat-table-cell>{cell}</kat-table-cell>" for cell in cells)
    return f'<kat-table-row role="row">{inner}</kat-table-row>'


def _filters(call: PortalCall, period: Period) -> str:
    """Drop-downs; native ones in the second version."""
    ranges = [
        ("weekly", call.say("Weekly", "Wöchentlich", "週次")),
        ("monthly", call.say("Monthly", "Monatlich", "月次")),
        ("quarterly", call.say("Quarterly", "Vierteljährlich", "四半期")),
    ]
    periods = [
        (each.last_day.isoformat(), each.text(call))
        for each in brand_periods.offered(call, period.reporting_range)
    ]
    brands = [(name, name) for name in brands_in(call.marketplace)]
    return (
        _choice(call, "brand", call.say("Brand", "Marke", "ブランド"), brands, brands[0][0])
        + _choice(
            call,
            "reporting-range",
            call.say("Reporting Range", "Berichtszeitraum", "レポート期間"),
            ranges,
            period.reporting_range,
        )
        + _choice(
            call,
            period.control,
            call.say("Select period", "Zeitraum auswählen", "期間を選択"),
            periods,
            period.last_day.isoformat(),
        )
    )


def _choice(call: PortalCall, html_id: str, label: str, options: list[tuple[str, str]], chosen: str) -> str:
    if call.version == 2:
        inner = "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
            for value, text in options
        )
        return f'<label>{label} <select id="{html_id}" aria-label="{label}">{inner}</select></label>'
    inner = "".join(
        f'<kat-option value="{escape(value)}">{escape(text)}</kat-option>' for value, text in options
    )
    return f'<kat-dropdown id="{html_id}" label="{label}" value="{escape(chosen)}">{inner}</kat-dropdown> '


def _generate(call: PortalCall) -> str:
    return call.say("Generate Download", "Download erstellen", "ダウンロードを生成")


def _dialog(call: PortalCall) -> str:
    title = call.say("Select download type", "Download-Typ auswählen", "ダウンロードの種類を選択")
    return (
        f'<kat-modal id="download-modal"><h2>{title}</h2><p id="refusal"></p>'
        f'<kat-button id="downloadModalGenerateDownloadButton" label="{_generate(call)}" trusted>'
        "</kat-button></kat-modal>"
    )


def _not_found(call: PortalCall) -> Response:
    title = call.say("Page not found", "Seite nicht gefunden", "ページが見つかりません")
    return layout.page(call, title, f"<h1>{title}</h1>", status=404)


pages = (
    PortalPage("brandAnalytics", f"{_PATH}/dashboard/{{view}}", dashboard),
    PortalPage("brandAnalytics", f"{_PATH}/generate", generate, ("POST",)),
    PortalPage("downloadManager", _MANAGER, manager),
    PortalPage("downloadManager", f"{_MANAGER}/file/{{report_id}}", download),
)
