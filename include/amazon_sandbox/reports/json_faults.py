"""Content faults of analytics reports, whose JSON is read whole (it is small)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from amazon_sandbox.core.faults import FaultNotApplicable

Options = Mapping[str, Any]


def apply_json_fault(name: str, options: Options, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The changed bytes of an analytics report. Raises FaultNotApplicable while they are read."""
    content = json.loads(b"".join(chunks))
    lists = [value for value in content.values() if isinstance(value, list)]
    if name == "no_rows":
        for entries in lists:
            entries.clear()
    elif name == "zero_data":
        content = {
            key: _zeroed(value) if isinstance(value, list) else value for key, value in content.items()
        }
    elif name == "number_as_text":
        entries = lists[-1] if lists else []
        row = int(options.get("row", 1)) - 1
        if not 0 <= row < len(entries):
            raise FaultNotApplicable(f"the report has no entry {row + 1}")
        _edit(
            entries[row],
            str(options.get("column", "unitsOrdered")),
            lambda _: str(options.get("value", "see note")),
        )
    else:
        edit = _json_edit(name, options)
        for entries in lists:
            for entry in entries:
                edit(entry)
    yield json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _json_edit(name: str, options: Options) -> Callable[[dict[str, Any]], None]:
    key = str(options.get("column", "newField" if name == "column_added" else "unitsOrdered"))
    if name == "column_added":
        return lambda entry: entry.__setitem__(key, options.get("value", "x"))
    if name == "column_dropped":
        return lambda entry: _replace_key(entry, key, None)
    if name == "column_renamed":
        return lambda entry: _replace_key(entry, key, str(options.get("to", f"{key}V2")))
    raise FaultNotApplicable(f"fault {name!r} is for flat files; this report is JSON")


def _zeroed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _zeroed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_zeroed(inner) for inner in value]
    return 0 if isinstance(value, int | float) and not isinstance(value, bool) else value


def _objects_with(entry: Any, key: str) -> Iterator[dict[str, Any]]:
    if isinstance(entry, dict):
        if key in entry:
            yield entry
        for inner in entry.values():
            yield from _objects_with(inner, key)


def _edit(entry: dict[str, Any], key: str, change: Callable[[Any], Any]) -> None:
    found = list(_objects_with(entry, key))
    if not found:
        raise FaultNotApplicable(f"the entry has no key {key!r}")
    for holder in found:
        holder[key] = change(holder[key])


def _replace_key(entry: dict[str, Any], key: str, new: str | None) -> None:
    for holder in list(_objects_with(entry, key)):
        value = holder.pop(key)
        if new is not None:
            holder[new] = value
