"""The table of requested files, and the dialogs over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from amazon_sandbox.portal import list_texts, store_names
from amazon_sandbox.portal.report_lists import ListedFile, TooEarly
from amazon_sandbox.portal.routes import PortalCall

Control = Callable[[PortalCall, ListedFile], str]


def say(call: PortalCall, name: str, **values: object) -> str:
    """A text of the lists in the page's language."""
    return list_texts.text(name, call.language[:2], **values)


def table(
    call: PortalCall,
    rows: Sequence[ListedFile],
    title: Callable[[ListedFile], str],
    control: Control,
    columns: Sequence[str] = (),
) -> str:
    """The list: ``kat-table`` in version 1; in version 2 a plain table with a column for the store.

    ``title``: of a row's report; ``control``: the HTML of what a row offers; ``columns``: names of texts, if
    not the usual ones.
    """
    columns = columns or _columns(call)
    texts = [_texts(call, row, title(row), control(call, row)) for row in rows]
    cells = [[each[name] for name in columns] for each in texts]
    ids = [row.report_id if row.kind.startswith("payments") else "" for row in rows]
    heads = [escape(say(call, name)) for name in columns]
    note = "" if cells else escape(say(call, "none_yet"))
    return (_plain_table if call.version == 2 else _kat_table)(heads, cells, ids, note)


def status_and(call: PortalCall, row: ListedFile, download: str, *, no_data: str = "no_data") -> str:
    """The status cell: a spinner, words, or the download control."""
    status = row.status(call.sandbox.clock.now())
    if status == "ready":
        return download
    if status == "in_progress":
        return f'<kat-icon name="spinner"></kat-icon> {escape(say(call, "in_progress"))}'
    return escape(say(call, no_data if status == "no_data" else status))


def button(label: str, **attributes: str) -> str:
    """A ``kat-button``."""
    more = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    return f'<kat-button label="{escape(label)}"{more}></kat-button>'


def dialog(call: PortalCall, early: TooEarly | None) -> str:
    """The dialog of a request that came too early, open over the page."""
    if early is None:
        return ""
    said = escape(say(call, "too_early", minutes=early.minutes))
    close = escape(say(call, "close"))
    return f'<kat-modal visible="true" close-label="{close}"><p>{said}</p></kat-modal>'


def tour(call: PortalCall) -> str:
    """A tour that covers the page some moments after it was opened, in version 2."""
    if call.version != 2:
        return ""
    skip = escape(say(call, "skip"))
    return (
        f'<div data-tour="reports" class="tour" hidden><p>{escape(say(call, "tour"))}</p>'
        f'<button type="button">{skip}</button></div>'
    )


def _columns(call: PortalCall) -> tuple[str, ...]:
    store = ("store",) if call.version == 2 else ()
    return ("report_type", *store, "period", "requested", "format", "status")


def _texts(call: PortalCall, row: ListedFile, title: str, control: str) -> dict[str, str]:
    """A row's cells by column, HTML. ``status`` includes what the row offers; ``state`` does not."""
    language, shown = call.language[:2], call.marketplace
    requested = escape(list_texts.moment_text(row.requested, shown, language, call.version))
    period = list_texts.period_text(row.days, shown, language, call.version, month=row.is_month)
    return {
        "report_type": escape(title),
        "store": escape(store_names.name_of(row.country, call.language)),
        "period": escape(period),
        "requested": requested,
        "batch": requested,
        "format": "XLSX" if row.kind.startswith("awd_fees") else "CSV",
        "status": control,
        "state": escape(say(call, row.status(call.sandbox.clock.now()))),
        "action": control,
    }


def _kat_table(heads: Sequence[str], rows: Sequence[Sequence[str]], ids: Sequence[str], note: str) -> str:
    def line(cells: Sequence[str], report_id: str = "") -> str:
        made = "".join(f"<kat-table-cell>{cell}</kat-table-cell>" for cell in cells)
        return f'<kat-table-row role="row"{_id(report_id)}>{made}</kat-table-row>'

    body = "".join(map(line, rows, ids)) or line([note])
    return (
        f'<div id="report-page-margin-style"><kat-table><kat-table-head>{line(heads)}</kat-table-head>'
        f'<kat-table-body role="rowgroup">{body}</kat-table-body></kat-table></div>'
    )


def _plain_table(heads: Sequence[str], rows: Sequence[Sequence[str]], ids: Sequence[str], note: str) -> str:
    head = "".join(f"<th>{text}</th>" for text in heads)
    body = "".join(
        f"<tr{_id(report_id)}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        for cells, report_id in zip(rows, ids, strict=True)
    )
    body = body or f'<tr><td colspan="{len(heads)}">{note}</td></tr>'
    return (
        f'<div id="report-page-margin-style"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _id(report_id: str) -> str:
    """Payments name a report's id in its row; the other lists do not."""
    return f' data-report-id="{report_id}"' if report_id else ""


# Shows the date fields when "Exact dates" is chosen. In version 2 the form is sent without leaving the page,
# and the answer's list and dialog take the places of those shown, a moment later.
SCRIPT = """
const presets = document.querySelector('[name=preset], kat-dropdown[name=preset]');
const exact = document.getElementById('exact-dates');
const csv = document.querySelector('[data-format=csv]');
const place = value => {
  if (exact) exact.hidden = value !== '-1';
  if (csv) csv.hidden = Boolean(exact) && value !== '-1';
};
if (presets) presets.addEventListener('change', event => place((event.detail || event.target).value));
place('');
const tour = document.querySelector('[data-tour]');
if (tour && !sessionStorage.getItem('tour')) {
  setTimeout(() => { tour.hidden = false; }, 150);
  tour.querySelector('button').addEventListener('click', () => {
    sessionStorage.setItem('tour', 'seen'); tour.hidden = true;
  });
}
const form = document.querySelector('form[data-in-place]');
if (form) form.addEventListener('submit', async event => {
  event.preventDefault();
  const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
  const shown = new DOMParser().parseFromString(await answer.text(), 'text/html');
  setTimeout(() => {
    for (const name of ['#report-page-margin-style', '#dialogs'])
      document.querySelector(name).replaceWith(document.adoptNode(shown.querySelector(name)));
  }, 300);
});
"""
STYLE = (
    "<style>.tour{position:fixed;inset:0;background:#0008;z-index:8}.tour[hidden]{display:none}"
    ".tour p{background:#fff;margin:20vh auto 0;padding:1rem;max-width:20rem}"
    "td,th,kat-table-cell{padding:4px 10px;text-align:left}</style>"
)
