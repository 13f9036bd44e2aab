"""Docs that are made from the configuration say what it says."""

from __future__ import annotations

from pathlib import Path

from sellerops.specs import load_specs
from sellerops.specs.overview import overview

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_reports_is_made_from_the_specs() -> None:
    specs, failures = load_specs()
    assert not failures
    assert (ROOT / "docs/reports.md").read_text() == overview(specs), "run `make docs`"


def test_the_page_names_every_report_and_table() -> None:
    specs, _ = load_specs()
    text = overview(specs)
    for spec in specs:
        assert f"| `{spec.name}` |" in text
        assert all(f"| `{spec.source}.{table}` |" in text for table in spec.tables)
