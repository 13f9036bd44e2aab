"""`sellerops marts`: rebuild, show, and lead from a figure back to its rows, document and load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.samples import COUNTRIES, sample_of
from support.tables import Tables
from support.warehouse import load_sample

from sellerops.archive import Archive
from sellerops.cli import main
from sellerops.ledger import Ledger
from sellerops.settings.specs import load_spec


@pytest.fixture
def loaded(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """Sales and traffic of a marketplace; commands use this ledger."""
    tables = Tables(ledger, Archive(str(tmp_path / "archive")))
    spec = load_spec("sales_and_traffic")
    load_sample(tables, next(found for account in COUNTRIES if (found := sample_of(spec, account))))
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", ledger.database.conninfo)
    yield tables
    tables.close()


def test_a_figure_leads_back_to_its_document(loaded: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["marts", "run", "--mart", "traffic_day"]) == 0
    assert "traffic_day" in capsys.readouterr().out
    assert main(["marts", "run", "--mart", "traffic_day"]) == 0
    assert "No input has changed." in capsys.readouterr().out

    (row,) = loaded.rows(
        "SELECT t.account_id, m.code, t.day, count(*) AS rows FROM sellerops_marts.traffic_day AS t "
        "JOIN sellerops.marketplace AS m ON m.id = t.marketplace_id GROUP BY 1, 2, 3 ORDER BY 3 LIMIT 1"
    )
    figure = ["--account", row["account_id"], "--marketplace", row["code"], "--day", str(row["day"])]
    assert main(["marts", "lineage", "traffic_day", *figure]) == 0
    out = capsys.readouterr().out
    (load,) = loaded.rows("SELECT DISTINCT load_id FROM amazon_sp.sales_daily")
    for shown in ("amazon_sp.sales_daily", row["rows"], load["load_id"], loaded.archive.root):
        assert str(shown) in out

    assert (
        main(["marts", "run", "--mart", "traffic_day", "--from", str(row["day"]), "--to", "2030-01-01"]) == 0
    )
    (built,) = loaded.rows(
        "SELECT first_day, deleted, inserted FROM sellerops.mart_build ORDER BY id DESC LIMIT 1"
    )
    assert built["first_day"] == row["day"]
    assert built["deleted"] == built["inserted"] == 0, "calculated again, and the same"


def test_columns_lead_to_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["marts", "lineage", "traffic_day", "--column", "sessions"]) == 0
    assert "amazon_sp.sales_daily  sessions" in capsys.readouterr().out
    assert main(["marts", "show", "traffic_day", "--destination", "bigquery"]) == 0
    assert "Visits that saw the product page." in capsys.readouterr().out
    assert main(["marts", "lineage", "traffic_day", "--column", "session"]) == 1
    assert "sessions" in capsys.readouterr().err
