"""docs/tables.md says what the specs and the destination do."""

from __future__ import annotations

from pathlib import Path

from sellerops.destinations.postgres.shape import Shape
from sellerops.formats import RejectReason
from sellerops.formats.names import SYSTEM_COLUMNS
from sellerops.specs import load_specs

TEXT = (Path(__file__).parents[3] / "docs" / "tables.md").read_text(encoding="utf-8")


def test_every_table_is_listed_with_its_grain() -> None:
    specs, _ = load_specs()
    shapes = [Shape(spec, name) for spec in specs for name in spec.tables]
    assert len(shapes) >= 6
    for shape in shapes:
        disposition = shape.table.write_disposition.value
        (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| `{shape.full_name}` |")]
        assert f"| `{', '.join(shape.key)}` | {disposition} |" in line


def test_every_system_column_and_reject_reason_is_explained() -> None:
    for name in (*SYSTEM_COLUMNS, *(str(reason) for reason in RejectReason)):
        assert f"`{name}`" in TEXT, name
