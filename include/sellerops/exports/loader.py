"""Reads export specs; a wrong file becomes an error that names file, key and remedy, and stops no other."""

from __future__ import annotations

import difflib
import re
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sellerops.base.errors import ConfigurationError, SpecError
from sellerops.exports.spec import ExportSpec
from sellerops.settings.config_files import config_dir, shown
from sellerops.settings.last_valid import Files, in_claim_order, kept_texts, load_last_valid
from sellerops.settings.specs import SpecFailure, spec_files

_REMEDY = "Correct the YAML; docs/exports.md says what it may hold."
_SQL = ".sql"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def load_exports(directory: Path | None = None) -> tuple[list[ExportSpec], list[SpecFailure]]:
    """Every usable export and every failure. A file that is invalid counts as it was last valid, if ever.

    Of two exports to one sheet the one that was there first stays.
    """
    folder = _folder(directory)
    specs: dict[Path, ExportSpec] = {}
    failures: list[SpecFailure] = []
    owners: dict[tuple[str, str], str] = {}
    tables = _known_tables()
    paths = sorted(folder.glob("*.yaml"))

    def build(path: Path, files: Files) -> ExportSpec:
        spec = _build(path, files)
        _refuse_unknown_inputs(spec, tables)
        _refuse_shared_sheets(spec, owners)
        return spec

    for path in in_claim_order([(path.name, path) for path in paths], folder):
        try:
            loaded = load_last_valid(path.name, partial(build, path), root=folder)
        except ConfigurationError as error:
            failures.append(SpecFailure(path, error))
            continue
        if loaded.error:
            failures.append(SpecFailure(path, loaded.error, is_kept=True))
        owners[_sheet(loaded.value)] = path.name
        specs[path] = loaded.value
    return [specs[path] for path in paths if path in specs], sorted(failures, key=lambda each: each.path)


def load_export(name: str, directory: Path | None = None) -> ExportSpec:
    """One export by its name or DAG id, as last valid.

    Raises SpecError when there is none, or it is invalid and never was valid.
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


def _build(path: Path, files: Files) -> ExportSpec:
    if not _NAME.fullmatch(path.stem):
        raise SpecError(
            f"{shown(Path(path.stem))!r} is not a usable export name.",
            where=shown(path),
            remedy="Rename the file: up to 60 of a-z, 0-9 and _, a letter first. Delete it if it is a copy.",
        )
    content = dict(files.yaml(path))
    if "name" in content or "path" in content:
        raise SpecError(
            f"`name` is not written: it is {path.stem!r}, the file's.", where=str(path), remedy=_REMEDY
        )
    query = content.get("query")
    if isinstance(query, str) and query.strip().endswith(_SQL):
        content["query"] = _sql_beside(path, query.strip(), files)
    try:
        return ExportSpec.model_validate({**content, "name": path.stem, "path": str(path)})
    except ValidationError as error:
        raise _spec_error(path, error) from error


def _sql_beside(path: Path, name: str, files: Files) -> str:
    beside = path.parent / name
    if beside.parent != path.parent or not files.has(beside):
        raise SpecError(
            f"there is no file {name!r} beside it.",
            where=f"{shown(path)}, key `query`",
            remedy="Put the .sql file into the folder of the YAML, or write the SELECT itself.",
        )
    return files.text(beside)


def _refuse_unknown_inputs(spec: ExportSpec, tables: set[str]) -> None:
    """A table that no report fills would never start the export. One that is off may name any."""
    for name in spec.after if spec.enabled else ():
        if name not in tables:
            guess = difflib.get_close_matches(name, tables, n=1)
            raise SpecError(
                f"no report fills the table {name!r}.",
                where=f"{spec.path}, key `after`",
                remedy=f"Did you mean {guess[0]!r}?" if guess else "docs/reports.md lists all tables.",
            )


def _refuse_shared_sheets(spec: ExportSpec, owners: dict[tuple[str, str], str]) -> None:
    if spec.spreadsheet_id and _sheet(spec) in owners:
        raise SpecError(
            f"the sheet {spec.anchor.tab!r} of this spreadsheet is filled by {owners[_sheet(spec)]} already.",
            where=f"{shown(Path(spec.path))}, key `range`",
            remedy="Give each export a sheet of its own.",
        )


def _sheet(spec: ExportSpec) -> tuple[str, str]:
    return spec.spreadsheet_id or "", spec.anchor.tab


def _known_tables() -> set[str]:
    """``<source>.<table>`` of all reports, from the files' text alone: reports are checked elsewhere."""
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
