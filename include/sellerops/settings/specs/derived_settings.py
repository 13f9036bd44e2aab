"""Fills in what other parts of a spec imply for its tables, before the spec is validated.

The input is unvalidated YAML: values of an unexpected type are passed on unchanged, and validation refuses
them.
"""

from __future__ import annotations

from typing import Any

from sellerops.settings.specs.columns import FACT, camel_case


def derive_table_settings(values: Any) -> Any:
    """The content of a spec with column sources, `collapse` settings and nested lists filled in."""
    tables = values.get("tables") if isinstance(values, dict) else None
    if not isinstance(tables, dict):
        return values
    tables = _with_nested_lists(tables)
    tables = _with_collapse(tables, values.get("collapse"))
    tables = _with_column_sources(tables, values.get("format"))
    return {**values, "tables": tables}


def _with_nested_lists(tables: dict[Any, Any]) -> dict[Any, Any]:
    """Set for each table which lists within its rows belong to other tables and not to its own columns."""
    if not all(isinstance(table, dict) for table in tables.values()):
        return tables
    paths = [str(table.get("rows") or "") for table in tables.values()]
    marked = {}
    for name, table in tables.items():
        prefix = f"{table['rows']}." if table.get("rows") else ""
        inner = sorted({path.removeprefix(prefix) for path in paths if path.startswith(prefix) and path})
        own = _sources(table.get("columns"))
        within = [path for path in inner if f"{prefix}{path}" != table.get("rows") and path not in own]
        marked[name] = {**table, "elsewhere": within} if within else table
    return marked


def _sources(columns: Any) -> set[Any]:
    """The `from` values of columns."""
    entries = columns.values() if isinstance(columns, dict) else ()
    return {
        entry["from"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("from"), str)
    }


def _with_collapse(tables: dict[Any, Any], shared: Any) -> dict[Any, Any]:
    """Merge the report's `collapse` settings into each table's own."""
    if not isinstance(shared, dict):
        return tables
    merged = {}
    for name, table in tables.items():
        own = table.get("collapse") or {} if isinstance(table, dict) else None
        merged[name] = {**table, "collapse": {**shared, **own}} if isinstance(own, dict) else table
    return merged


def _with_column_sources(tables: dict[Any, Any], file_format: Any) -> dict[Any, Any]:
    """Fill in the `from` of camelCase columns, and the facts that `from` names."""
    if not isinstance(file_format, dict) or file_format.get("kind") == "xml":
        return tables
    is_camel = file_format.get("naming") == "camel"
    return {name: _with_sources(table, is_camel) for name, table in tables.items()}


def _with_sources(table: Any, is_camel: bool) -> Any:
    columns = table.get("columns") if isinstance(table, dict) else None
    if not isinstance(columns, dict):
        return table
    written: dict[str, Any] = {}
    for name, entry in columns.items():
        column = {"type": entry} if isinstance(entry, str) else entry or {}
        source = column.get("from") if isinstance(column, dict) else ""
        if isinstance(source, str) and source.startswith(FACT):
            entry = {**column, "fact": source.removeprefix(FACT)}
        elif source is None and is_camel:
            entry = {**column, "from": camel_case(str(name))}
        written[name] = entry
    return {**table, "columns": written}
