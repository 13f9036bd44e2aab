"""Reads export specs; a wrong file becomes an error that names file, key and remedy, and stops no other."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sellerops.config_files import config_dir, read_yaml
from sellerops.errors import ConfigurationError, SpecError
from sellerops.exports.spec import ExportSpec
from sellerops.specs import SpecFailure, spec_files

_REMEDY = "Correct the YAML; docs/exports.md says what it may hold."
_SQL = ".sql"


def load_exports(directory: Path | None = None) -> tuple[list[ExportSpec], list[SpecFailure]]:
    """Every valid export and every failure. Of two exports to one sheet the later by path fails."""
    specs: list[ExportSpec] = []
    failures: list[SpecFailure] = []
    owners: dict[tuple[str, str], str] = {}
    tables = _known_tables()
    for path in sorted(_folder(directory).glob("*.yaml")):
        try:
            spec = _build(path)
            _refuse_unknown_inputs(spec, tables)
            _refuse_shared_sheets(spec, owners)
        except ConfigurationError as error:
            failures.append(SpecFailure(path, error))
            continue
        specs.append(spec)
    return specs, failures


def load_export(name: str, directory: Path | None = None) -> ExportSpec:
    """One export by its name or DAG id. Raises SpecError when there is none or it is invalid."""
    folder = _folder(directory)
    wanted = name.removeprefix("export__")
    path = folder / f"{wanted}.yaml"
    if path.is_file():
        return _build(path)
    known = [each.stem for each in sorted(folder.glob("*.yaml"))]
    guess = difflib.get_close_matches(wanted, known, n=1)
    raise SpecError(
        f"there is no export {wanted!r}.",
        where=str(folder),
        remedy=f"Did you mean {guess[0]!r}?" if guess else f"Known: {', '.join(known) or 'none'}.",
    )


def export_failures(directory: Path | None = None) -> list[SpecFailure]:
    """Why exports have no DAG."""
    return load_exports(directory)[1]


def _folder(directory: Path | None) -> Path:
    return directory or config_dir() / "exports"


def _build(path: Path) -> ExportSpec:
    content = read_yaml(path)
    if "name" in content or "path" in content:
        raise SpecError(
            f"`name` is not written: it is {path.stem!r}, the file's.", where=str(path), remedy=_REMEDY
        )
    query = content.get("query")
    if isinstance(query, str) and query.strip().endswith(_SQL):
        content["query"] = _sql_beside(path, query.strip())
    try:
        return ExportSpec.model_validate({**content, "name": path.stem, "path": str(path)})
    except ValidationError as error:
        raise _spec_error(path, error) from error


def _sql_beside(path: Path, name: str) -> str:
    beside = path.parent / name
    if beside.parent != path.parent or not beside.is_file():
        raise SpecError(
            f"there is no file {name!r} beside it.",
            where=f"{path}, key `query`",
            remedy="Put the .sql file into the folder of the YAML, or write the SELECT itself.",
        )
    try:
        return beside.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"cannot be read: {error}.", where=str(beside), remedy="Save it as UTF-8.") from error


def _refuse_unknown_inputs(spec: ExportSpec, tables: set[str]) -> None:
    """A table that no report fills would never start the export."""
    for name in spec.after:
        if name not in tables:
            guess = difflib.get_close_matches(name, tables, n=1)
            raise SpecError(
                f"no report fills the table {name!r}.",
                where=f"{spec.path}, key `after`",
                remedy=f"Did you mean {guess[0]!r}?" if guess else "docs/reports.md lists all tables.",
            )


def _refuse_shared_sheets(spec: ExportSpec, owners: dict[tuple[str, str], str]) -> None:
    if not spec.spreadsheet_id:
        return
    place = (spec.spreadsheet_id, spec.anchor.tab)
    if place in owners:
        raise SpecError(
            f"the sheet {spec.anchor.tab!r} of this spreadsheet is filled by {owners[place]} already.",
            where=f"{spec.path}, key `range`",
            remedy="Give each export a sheet of its own.",
        )
    owners[place] = Path(spec.path).name


def _known_tables() -> set[str]:
    """``<source>.<table>`` of all reports, from the files' text alone: reports are checked elsewhere."""
    known = set()
    for path in spec_files():
        try:
            tables = read_yaml(path).get("tables")
        except ConfigurationError:
            continue
        known |= {f"{path.parent.name}.{name}" for name in tables} if isinstance(tables, dict) else set()
    return known


def _spec_error(path: Path, error: ValidationError) -> SpecError:
    problem: Any = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in problem["loc"]) or "(whole file)"
    cause, remedy = str(problem["msg"]).removeprefix("Value error, "), _REMEDY
    if problem["type"] == "extra_forbidden":
        cause = f"unknown key {str(problem['loc'][-1])!r}"
        known = [name for name in ExportSpec.model_fields if name not in ("name", "path")]
        guess = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
        remedy = f"Did you mean {guess[0]!r}?" if guess else f"Known: {', '.join(known)}."
    elif problem["type"] == "missing":
        cause = f"the key {str(problem['loc'][-1])!r} is missing"
    return SpecError(f"{cause.rstrip('.')}.", where=f"{path}, key `{key}`", remedy=remedy, key=key)
