"""With MARTS=1: builds the marts after collecting, and prints profit, the bridge, and what to order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sellerops.base import postgres
from sellerops.base.postgres import READING
from sellerops.marts.specs import GROUPS
from sellerops_runtime.errors import StartError
from sellerops_runtime.polling import Observation, Poller
from sellerops_runtime.progress import Progress
from sellerops_runtime.rest import AirflowApi
from sellerops_runtime.runs import PREFIX
from sellerops_runtime.sample_reference import give_samples
from sellerops_runtime.stack import Stack

STALLED_SECONDS = 900.0
_PROFIT = """
SELECT p.account_id, m.code, p.currency, sum(p.units), round(sum(p.product_sales), 2), round(sum(p.ads), 2),
       round(sum(p.cm2), 2), round(sum(p.profit), 2),
       count(*) FILTER (WHERE p.status = 'complete') || ' of ' || count(*),
       (SELECT string_agg(DISTINCT word, ', ')
        FROM unnest(string_to_array(string_agg(nullif(p.missing, ''), ', '), ', ')) AS word)
FROM sellerops_marts.profit_day AS p JOIN sellerops.marketplace AS m ON m.id = p.marketplace_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_BRIDGE = """
SELECT b.account_id, m.code, b.currency, round(sum(b.ordered), 2), round(sum(b.shipped), 2),
       round(sum(b.posted), 2), round(sum(b.deferred), 2), round(sum(b.paid), 2),
       round(sum(b.bridge_error), 2)
FROM sellerops_marts.bridge_day AS b JOIN sellerops.marketplace AS m ON m.id = b.marketplace_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_ORDER = """
SELECT r.account_id, m.code, r.sku, r.order_status, r.order_by, r.order_quantity, round(r.position, 0),
       r.amazon_quantity, r.missing
FROM sellerops_marts.restock AS r JOIN sellerops.marketplace AS m ON m.id = r.marketplace_id
WHERE r.order_quantity > 0
  AND r.day = (SELECT max(l.day) FROM sellerops_marts.restock AS l WHERE l.account_id = r.account_id)
ORDER BY r.order_by, r.order_quantity DESC LIMIT 12
"""
_ALERTS = """
SELECT a.severity, a.name, a.account_id, m.code, a.subject, a.money_per_day, a.currency, a.summary
FROM sellerops.alert AS a LEFT JOIN sellerops.marketplace AS m ON m.id = a.marketplace_id
WHERE a.ended_at IS NULL
ORDER BY a.severity = 'urgent' DESC, a.rank_money DESC NULLS LAST, a.id LIMIT 8
"""
# Title, query, headings, and how many of the first columns are text.
_ANSWERS = (
    (
        "Profit by marketplace, in its currency (— is unknown: see what is missing)",
        _PROFIT,
        ("account", "marketplace", "", "units", "sales", "ads", "cm2", "profit", "complete days", "missing"),
    ),
    (
        "The bridge from ordered to paid",
        _BRIDGE,
        ("account", "marketplace", "", "ordered", "shipped", "posted", "deferred", "paid", "error"),
    ),
    (
        "What to order first",
        _ORDER,
        ("account", "marketplace", "sku", "status", "order by", "units", "position", "by Amazon", "missing"),
    ),
    (
        "Open alerts, most money at stake first (all: bin/sellerops alerts list)",
        _ALERTS,
        ("severity", "alert", "account", "marketplace", "about", "a day", "", "summary"),
    ),
)


def show_marts(stack: Stack, progress: Progress) -> list[str]:
    """Build the marts with their DAGs, one group after the other, and print the answers.

    Returns the groups that failed, one line each.
    """
    poller = stack.poller(STALLED_SECONDS)
    given = give_samples(stack.warehouse, f"{stack.amazon.url}/central-bank/eurofxref-hist.zip")
    if given:
        progress.say(f"Imported samples of reference data: {', '.join(given)}")
    try:
        with stack.airflow.api(poller) as api:
            known = api.dags("marts__%")
            failures = [
                failure
                for group in GROUPS
                if (dag_id := f"marts__{group}") in known
                for failure in _build(api, dag_id, progress, poller)
            ]
    except StartError as error:
        return [f"marts: {error}"]
    for title, lines in answers(stack.warehouse):
        progress.plain("\n".join(["", title, *lines]))
    progress.plain("")
    return failures


def answers(conninfo: str) -> list[tuple[str, list[str]]]:
    """Each answer's title, and its table as lines."""
    with postgres.connect(conninfo, READING, autocommit=True) as connection:
        return [
            (title, _table(headings, connection.execute(query.encode()).fetchall()))
            for title, query, headings in _ANSWERS
        ]


def _build(api: AirflowApi, dag_id: str, progress: Progress, poller: Poller) -> list[str]:
    api.set_paused(dag_id, False)
    run_id = api.trigger(dag_id, {}, f"{PREFIX}{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}__{dag_id}")

    def look() -> Observation[str]:
        state = str(api.run(dag_id, run_id)["state"])
        if state in ("success", "failed"):
            return Observation(state, state)
        counts = Counter(str(ti["state"] or "not started") for ti in api.task_instances(dag_id, run_id))
        text = ", ".join(f"{number} {each}" for each, number in sorted(counts.items()))
        return Observation(None, text, f"Building {dag_id}; its tasks: {text}")

    state = poller.wait(look, f"the end of {dag_id}", every=2.0)
    progress.say(f"Built {dag_id}" if state == "success" else f"{dag_id} failed")
    return [] if state == "success" else [f"{dag_id}: its run is {state}"]


def _table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    texts = [["—" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(text[n]) for text in (headings, *texts)) for n in range(len(headings))]

    def line(cells: Sequence[str], row: Sequence[Any] | None) -> str:
        return "  ".join(
            cell.ljust(width) if row is None or isinstance(row[n], str) else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()

    body = [line(text, row) for text, row in zip(texts, rows, strict=True)]
    return [line(headings, None), *(body or ["(nothing)"])]
