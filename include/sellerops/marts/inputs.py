"""The columns that landed and reference tables have, by their specs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.shape import TableShape
from sellerops.reference.tables import REFERENCE_TABLES
from sellerops.settings.spec_files import suggestion
from sellerops.settings.specs import ColumnType, ReportSpec, load_specs

Columns = Mapping[str, ColumnType]


def declared_columns(specs: list[ReportSpec] | None = None) -> Callable[[str], Columns]:
    """Return a function that finds the columns of a mart's input by its name in ``inputs``, including the
    system columns of loads.

    The specs are read at its first call, which takes a quarter of a second. It raises ConfigurationError for
    a table that no spec declares.
    """
    found: dict[str, Columns] = {}

    def read() -> None:
        known: dict[str, Columns] = {f"reference.{name}": each for name, each in REFERENCE_TABLES.items()}
        for spec in load_specs()[0] if specs is None else specs:
            for name in spec.tables:
                shape = TableShape(spec, name)
                known.setdefault(shape.full_name, {**shape.system_types, **shape.data_types})
        # In one step, because marts may be built in several threads.
        found.update(known)

    def columns_of(name: str) -> Columns:
        if not found:
            read()
        if name not in found:
            raise ConfigurationError(
                f"no spec declares the table {name!r}.",
                where="include/marts",
                remedy=suggestion(name, sorted(found)),
            )
        return found[name]

    return columns_of
