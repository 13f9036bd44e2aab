"""docs/tables.md and docs/reports.md say what the specs and the destination do."""

from __future__ import annotations

from pathlib import Path

from support.specs import shipped_specs

from sellerops.destinations.postgres.shape import Shape
from sellerops.destinations.shape import SYSTEM
from sellerops.formats import RejectReason

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "tables.md").read_text(encoding="utf-8")


def test_every_table_is_listed_with_its_grain() -> None:
    specs = shipped_specs()
    shapes = [Shape(spec, name) for spec in specs for name in spec.tables]
    assert len(shapes) > 50
    lines = (DOCS / "reports.md").read_text(encoding="utf-8").splitlines()
    for shape in shapes:
        disposition = shape.table.write_disposition.value
        (line,) = [line for line in lines if line.startswith(f"| `{shape.full_name}` |")]
        assert line.endswith(f"| `{', '.join(shape.key)}` | {disposition} |")


def test_every_system_column_and_reject_reason_is_explained() -> None:
    for name in (*SYSTEM, *(str(reason) for reason in RejectReason)):
        assert f"`{name}`" in TEXT, name
