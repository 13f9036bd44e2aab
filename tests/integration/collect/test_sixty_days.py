"""What a backfill does for sixty days, without Airflow: the slices of each run are collected and loaded."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta

import psycopg
import pytest
from integration.collect.parts import RUN_AT, Bench, another_run, collect

from sellerops.calendar.backfill import run_moments, window_key
from sellerops.calendar.slices import plan_slices
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.settings.specs import load_spec

DAYS = 60
LAST = date(2026, 11, 16)


def test_sixty_runs_ask_for_each_day_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 runs, 60 slices, 60 reports; no row is lost or doubled."""
    bench.let_time_pass_in_sleeps_alone(monkeypatch)
    shipped = load_spec("sales_and_traffic")
    one_day = shipped.period.model_copy(update={"lookback": timedelta(days=1)})
    spec = shipped.model_copy(update={"marketplaces": ("US",), "period": one_day})
    collector = bench.collector(spec)
    work = [
        (slice_, another_run(f"backfill__{moment:%Y-%m-%d}"))
        for moment in run_moments(spec, LAST - timedelta(days=DAYS - 1), LAST, RUN_AT)
        for slice_ in plan_slices(spec, bench.account, run_at=moment, now=RUN_AT)
    ]
    assert len(work) == len({window_key(slice_) for slice_, _ in work}) == DAYS
    with closing(open_destination("postgres", bench.ledger.database.conninfo)) as destination:
        for slice_, run in work:
            (request_id,) = collect(collector, slice_, run).request_ids
            meta = RequestMeta.of(request := bench.ledger.get_request(request_id))
            uri = request.archive_uri or ""
            load_document(destination, spec, slice_, meta, lambda uri=uri: bench.archive.open(uri))
    assert bench.creates() == len(bench.documents()) == DAYS
    with psycopg.connect(bench.ledger.database.conninfo) as connection:
        (rows,) = connection.execute(
            "SELECT count(*), count(DISTINCT (date, child_asin)), count(DISTINCT date)"
            " FROM amazon_sp.sales_daily"
        ).fetchall()
    assert rows[0] == rows[1] > rows[2] == DAYS
