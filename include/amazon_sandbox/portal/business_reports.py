"""Business Reports: the view is in the address after the hash, the range in a date range picker, and the
columns are those that the user has ticked in this browser. The file is returned at once.
"""

from __future__ import annotations

from datetime import date

from starlette.responses import JSONResponse, Response

from amazon_sandbox.portal import layout, previews
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.routes import PortalCall, PortalPage

_VIEWS = {
    "102:SalesTrafficTimeSeries": "by_date",
    "102:DetailSalesTrafficByTime": "detail_page_by_date",
    "102:DetailSalesTrafficByParentItem": "by_parent",
    "102:DetailSalesTrafficByChildItem": "by_child",
    "102:DetailSalesTrafficBySKU": "by_sku",
}
_SHOWN_ROWS = 8


async def show(call: PortalCall) -> Response:
    """The page; its script loads the data of the view and the range."""
    first, last = previews.usual_days(call)
    title = call.say("Business Reports", "Geschäftsberichte", "ビジネスレポート")
    download = call.say("Download (.csv)", "Herunterladen (.csv)", "ダウンロード (.csv)")
    # The second version has lost the button's id.
    test_id = 'data-testid="BR_TABLE_BAR_DOWNLOAD_BUTTON"' if call.version == 1 else ""
    menu = "".join(
        f'<a href="#/report?id={each.replace(":", "%3A")}">{name}</a> ' for each, name in _VIEWS.items()
    )
    body = (
        f"<h1>{title}</h1><nav>{menu}</nav>{_columns(call)}"
        '<kat-date-range-picker id="daily-time-picker-kat-date-range-picker" '
        f'start-label="{call.say("From", "Von", "開始")}" end-label="{call.say("To", "Bis", "終了")}" '
        f'start-value="{first}" end-value="{last}"></kat-date-range-picker>'
        '<section id="table" aria-busy="true">'
        f'<kat-button {test_id} id="download" label="{download}" disabled></kat-button>'
        f'<div id="rows"></div></section>{previews.tour(call)}'
    )
    failed = call.say(
        "Your data could not be loaded.",
        "Ihre Daten konnten nicht geladen werden.",
        "データを読み込めませんでした。",
    )
    script = _SCRIPT.replace("__FAILED__", failed)
    return layout.page(call, title, body, script=script)


async def show_rows(call: PortalCall) -> Response:
    """The first rows of the table, as JSON."""
    kind, first, last = _wanted(call)
    if first is None or last is None or first > last or last >= previews.today(call):
        return JSONResponse({"problem": "range"}, 400)
    wanted = previews.file_request(call, first, last, _options(call))
    return JSONResponse({"rows": await previews.first_rows(kind, wanted, _SHOWN_ROWS)})


async def download(call: PortalCall) -> Response:
    """The file of the view and the range."""
    kind, first, last = _wanted(call)
    return await file_answer(call, kind, first, last, _options(call))


def _wanted(call: PortalCall) -> tuple[str, date | None, date | None]:
    view = _VIEWS.get(call.query.get("id", ""), "by_date")
    days = previews.day_of(call.query.get("from")), previews.day_of(call.query.get("to"))
    return f"business_report.{view}", days[0], days[1]


def _options(call: PortalCall) -> dict[str, str]:
    return {name: call.query[name] for name in ("b2b", "devices") if name in call.query}


def _columns(call: PortalCall) -> str:
    b2b = call.say("B2B columns", "B2B-Spalten", "B2Bの列")
    devices = call.say("Mobile and browser columns", "Mobil- und Browser-Spalten", "モバイルとブラウザの列")
    return (
        f'<fieldset id="columns"><label><input type="checkbox" name="b2b" checked>{b2b}</label>'
        f'<label><input type="checkbox" name="devices">{devices}</label></fieldset>'
    )


_PATH = "/business-reports"
pages = (
    PortalPage("businessReports", _PATH, show),
    PortalPage("businessReports", f"{_PATH}/ref=xx_sitemetric_dnav_xx", show),
    PortalPage("businessReports", f"{_PATH}/rows", show_rows),
    PortalPage("businessReports", f"{_PATH}/download", download),
)

_SCRIPT = """
const table = document.getElementById('table'), rows = document.getElementById('rows');
const picker = document.querySelector('kat-date-range-picker'), button = document.getElementById('download');
let turn = 0;
for (const box of document.querySelectorAll('#columns input')) {
  const ticked = localStorage.getItem('br-' + box.name);
  if (ticked !== null) box.checked = ticked === 'yes';
  box.addEventListener('change', () => {
    localStorage.setItem('br-' + box.name, box.checked ? 'yes' : 'no');
    load();
  });
}
const cell = text => {
  const made = document.createElement('kat-table-cell');
  made.textContent = text;
  return made;
};
const line = cells => {
  const made = document.createElement('kat-table-row');
  made.setAttribute('role', 'row');
  made.append(...cells.map(cell));
  return made;
};
async function load() {
  const mine = ++turn;
  const id = new URLSearchParams(location.hash.split('?')[1] || '').get('id') || '102:SalesTrafficTimeSeries';
  const { start, end } = picker.range;
  if (!start || !end || start > end) return;
  const query = new URLSearchParams({ id, from: start, to: end });
  for (const box of document.querySelectorAll('#columns input'))
    query.set(box.name, box.checked ? 'yes' : 'no');
  table.setAttribute('aria-busy', 'true');
  button.setAttribute('disabled', '');
  const answer = await fetch('/business-reports/rows?' + query).catch(() => null);
  if (mine !== turn) return;
  rows.replaceChildren();
  if (answer && answer.ok) {
    const made = document.createElement('kat-table');
    made.append(...(await answer.json()).rows.map(line));
    rows.append(made);
    button.setAttribute('href', '/business-reports/download?' + query);
    button.removeAttribute('disabled');
  } else {
    const alert = document.createElement('kat-alert');
    alert.setAttribute('role', 'alert');
    alert.setAttribute('description', '__FAILED__');
    alert.textContent = '__FAILED__';
    rows.append(alert);
  }
  table.setAttribute('aria-busy', 'false');
}
picker.shadowRoot.addEventListener('change', load);
window.addEventListener('hashchange', load);
load();
"""
