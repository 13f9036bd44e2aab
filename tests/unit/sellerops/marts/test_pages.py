"""What is generated from the marts is in step with them."""

from __future__ import annotations

from pathlib import Path

from sellerops.marts.pages import dialect_files, marts_page
from sellerops.marts.specs import load_marts

ROOT = Path(__file__).resolve().parents[4]
GOLDEN = ROOT / "tests" / "golden" / "marts"


def test_the_page_of_marts_is_made_from_their_headers() -> None:
    assert (ROOT / "docs/mart-tables.md").read_text() == marts_page(load_marts()), "run `make docs`"


def test_what_bigquery_gets_changes_only_under_review() -> None:
    """A new version of sqlglot, or a changed mart, shows as a changed file."""
    stored = {path.name: path.read_text() for path in GOLDEN.glob("*.bigquery.sql")}
    assert stored == dialect_files(load_marts(), "bigquery"), "run `make docs`, and read what has changed"
