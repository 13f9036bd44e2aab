"""Loads export specs. An invalid file becomes an error with file, key and remedy, and affects no other."""

from __future__ import annotations

import difflib
from pathlib import Path

from pydantic import ValidationError

from sellerops.base.errors import ConfigurationError, SpecError
from sellerops.exports.spec import ExportSpec
from sellerops.settings.config_files import config_dir, shown
from sellerops.settings.last_valid import Files, kept_texts
from sellerops.settings.mart_tables import MARTS, mart_names
from sellerops.settings.spec_files import (
    SpecFailure,
    load_spec_files,
    refuse_unusable_name,
    unknown_name,
    validation_error,
)
from sellerops.settings.specs import spec_files

_REMEDY = "Correct the YAML; docs/exports.md explains its keys."
_SQL = ".sql"


def load_exports(directory: Path | None = None) -> tuple[list[ExportSpec], list[SpecFailure]]:
    """All usable exports and all failures. For an invalid file, its last valid version is used, if any.

    Of two exports to the same sheet, the one that existed first stays.
    """
    folder = _folder(directory)
    owners: dict[tuple[str, str], str] = {}
    tables = _known_tables() | {f"{MARTS}.{name}" for name in mart_names()}

    def build(path: Path, files: Files) -> ExportSpec:
        spec = _build(path, files)
        _refuse_unknown_inputs(spec, tables)
        _refuse_shared_sheets(spec, owners)
        return spec

    def claim(path: Path, spec: ExportSpec) -> None:
        owners[_sheet(spec)] = path.name

    parts = [(path.name, path) for path in sorted(folder.glob("*.yaml"))]
    return load_spec_files(parts, folder, build, on_loaded=claim)


def load_export(name: str, directory: Path | None = None) -> ExportSpec:
    """The last valid version of one export, by name or DAG id.

    Raises SpecError if the name is unknown, ConfigurationError if the file never was valid.
    """
    folder = _folder(directory)
    wanted = name.removeprefix("export__")
    path = folder / f"{wanted}.yaml"
    if path.is_file():
        specs, failures = load_exports(folder)
        for spec in specs:
            if spec.name == wanted:
                return spec
        raise next(each.error for each in failures if each.path == path)
    raise unknown_name("export", wanted, [each.stem for each in sorted(folder.glob("*.yaml"))], folder)


def export_failures(directory: Path | None = None) -> list[SpecFailure]:
    """Why export files cannot be used."""
    return load_exports(directory)[1]


def _folder(directory: Path | None) -> Path:
    return directory or config_dir() / "exports"


def _build(path: Path, files: Files) -> ExportSpec:
    refuse_unusable_name(path, "export")
    content = dict(files.yaml(path))
    if "name" in content or "path" in content:
        raise SpecError(
            f"`name` must not be set: it is {path.stem!r}, from the file name.",
            where=str(path),
            remedy=_REMEDY,
        )
    query = content.get("query")
    if isinstance(query, str) and query.strip().endswith(_SQL):
        content["query"] = _sql_beside(path, query.strip(), files)
    try:
        return ExportSpec.model_validate({**content, "name": path.stem, "path": str(path)})
    except ValidationError as error:
        raise validation_error(
            error, ExportSpec, path_of=lambda _: path, derived=("name", "path"), remedy=_REMEDY
        ) from error


def _sql_beside(path: Path, name: str, files: Files) -> str:
    beside = path.parent / name
    if beside.parent != path.parent or not files.has(beside):
        raise SpecError(
            f"the file {name!r} is not in the same folder.",
            where=f"{shown(path)}, key `query`",
            remedy="Put the .sql file into the folder of the YAML, or write the SELECT in the YAML.",
        )
    return files.text(beside)


def _refuse_unknown_inputs(spec: ExportSpec, tables: set[str]) -> None:
    """Refuse tables in `after` that no report or mart fills, because they would never start the export."""
    for name in spec.after if spec.enabled else ():
        if name not in tables:
            guess = difflib.get_close_matches(name, tables, n=1)
            raise SpecError(
                f"no report fills the table {name!r}, and no mart has this name.",
                where=f"{spec.path}, key `after`",
                remedy=f"Did you mean {guess[0]!r}?"
                if guess
                else "docs/reports.md and docs/mart-tables.md list all tables.",
            )


def _refuse_shared_sheets(spec: ExportSpec, owners: dict[tuple[str, str], str]) -> None:
    if spec.spreadsheet_id and _sheet(spec) in owners:
        raise SpecError(
            f"{owners[_sheet(spec)]} already fills the sheet {spec.anchor.tab!r} of this spreadsheet.",
            where=f"{shown(Path(spec.path))}, key `range`",
            remedy="Give each export a sheet of its own.",
        )


def _sheet(spec: ExportSpec) -> tuple[str, str]:
    return spec.spreadsheet_id or "", spec.anchor.tab


def _known_tables() -> set[str]:
    """``<source>.<table>`` of all reports, from the files' YAML alone: reports are validated elsewhere."""
    known = set()
    for path in spec_files():
        texts = kept_texts(f"{path.parent.name}/{path.name}", config_dir() / "reports") or {}
        for files in (Files(), Files(texts)):
            try:
                tables = files.yaml(path).get("tables")
            except ConfigurationError:
                continue
            known |= {f"{path.parent.name}.{name}" for name in tables} if isinstance(tables, dict) else set()
            break
    return known
