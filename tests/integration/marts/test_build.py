"""Marts follow their inputs: a load, its restatement, and nothing else is rebuilt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from support.samples import COUNTRIES, Sample, looked_at_again, sample_of
from support.tables import Tables
from support.warehouse import load_sample

from sellerops.archive import Archive
from sellerops.destinations.registry import open_mart_store
from sellerops.ledger import Ledger
from sellerops.marts.build import MartBuilder
from sellerops.marts.inputs import declared_columns
from sellerops.marts.specs import load_mart
from sellerops.settings.specs import load_spec

MART = load_mart("traffic_day")


@pytest.fixture
def tables(ledger: Ledger, tmp_path: Path) -> Iterator[Tables]:
    opened = Tables(ledger, Archive(str(tmp_path / "archive")))
    yield opened
    opened.close()


@pytest.fixture
def builder(ledger: Ledger) -> MartBuilder:
    conninfo = ledger.database.conninfo
    return MartBuilder(
        ledger, open_mart_store("postgres", conninfo, ledger=conninfo), [MART], declared_columns()
    )


def _sample() -> Sample:
    spec = load_spec("sales_and_traffic")
    return next(found for account in COUNTRIES if (found := sample_of(spec, account)))


def test_a_mart_without_inputs_is_an_empty_table(builder: MartBuilder, tables: Tables) -> None:
    builder.build_all()
    assert tables.rows("SELECT * FROM sellerops_marts.traffic_day") == []


def test_a_load_and_its_restatement_rebuild_their_days(builder: MartBuilder, tables: Tables) -> None:
    first = _sample()
    builder.look()
    load_sample(tables, first)
    (built,) = builder.build_all()
    landed = "SELECT count(*) AS n, sum(sessions) AS s FROM amazon_sp.sales_daily"
    made = "SELECT count(*) AS n, sum(sessions) AS s FROM sellerops_marts.traffic_day"
    assert tables.rows(made) == tables.rows(landed)
    assert built.counts.inserted > 0

    assert builder.build_all()[0].spans == ()

    again = looked_at_again(first)
    assert again
    load_sample(tables, again)
    days = {row["day"] for row in tables.rows("SELECT DISTINCT day FROM sellerops.restatement")}
    (rebuilt,) = builder.build_all()
    covered: set[date] = set()
    for span in rebuilt.spans:
        assert span.first_day and span.last_day
        covered |= {
            span.first_day + timedelta(days=n) for n in range((span.last_day - span.first_day).days + 1)
        }
    assert covered >= days
    assert tables.rows(made) == tables.rows(landed)
