"""Reads report specs; a wrong file becomes an error that names file, key and remedy, and stops no other."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sellerops.config_files import config_dir, read_yaml
from sellerops.errors import ConfigurationError, SpecError
from sellerops.specs.model import ReportSpec

# What reports share: of all sources beside their folders, of one source within its folder.
DEFAULTS = "defaults.yaml"


@dataclass(frozen=True)
class SpecFailure:
    """A spec file that cannot be used, and why."""

    path: Path
    error: ConfigurationError


def spec_files(directory: Path | None = None) -> list[Path]:
    """All spec files, ``<directory>/<source>/<report>.yaml``, in a stable order."""
    root = directory or config_dir() / "reports"
    return sorted(path for path in root.glob("*/*.yaml") if path.name != DEFAULTS)


def load_specs(directory: Path | None = None) -> tuple[list[ReportSpec], list[SpecFailure]]:
    """Every valid spec and every failure. Of two specs that fill one table the later by path fails."""
    root = directory or config_dir() / "reports"
    specs: list[ReportSpec] = []
    failures: list[SpecFailure] = []
    owners: dict[str, Path] = {}
    defaults = cache(_defaults)
    for path in spec_files(root):
        try:
            spec = _build(path, root, defaults)
            _refuse_duplicate_tables(spec, path, owners)
        except ConfigurationError as error:
            failures.append(SpecFailure(path, error))
            continue
        owners.update({f"{spec.source}.{table}": path for table in spec.tables})
        specs.append(spec)
    return specs, failures


def load_spec(name: str, directory: Path | None = None) -> ReportSpec:
    """One spec by report name or DAG id. Raises SpecError when there is none or it is invalid."""
    root = directory or config_dir() / "reports"
    wanted = name.removeprefix("report__").replace("__", "/")
    for path in spec_files(root):
        if path.stem == name or f"{path.parent.name}/{path.stem}" == wanted:
            return _build(path, root, _defaults)
    known = [path.stem for path in spec_files(root)]
    guess = difflib.get_close_matches(name, known, n=1)
    raise SpecError(
        f"there is no report {name!r}.",
        where=str(root),
        remedy=f"Did you mean {guess[0]!r}?" if guess else f"Known: {', '.join(known) or 'none'}.",
    )


def _defaults(folder: Path) -> dict[str, Any]:
    path = folder / DEFAULTS
    return read_yaml(path) if path.exists() else {}


def _build(path: Path, root: Path, defaults: Callable[[Path], dict[str, Any]]) -> ReportSpec:
    """The spec of a file; its own keys go before those of its source, these before those of all."""
    content = _merged(_merged(defaults(root), defaults(path.parent)), read_yaml(path))
    for given, derived in (("name", path.stem), ("source", path.parent.name)):
        if given in content:
            raise SpecError(f"`{given}` is not written: it is {derived!r}, from the path.", where=str(path))
        content[given] = derived
    try:
        return ReportSpec.model_validate({**content, "path": str(path)})
    except ValidationError as error:
        raise _spec_error(path, error) from error


def _merged(defaults: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    merged = dict(defaults)
    for key, value in content.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both else value
    return merged


def _refuse_duplicate_tables(spec: ReportSpec, path: Path, owners: dict[str, Path]) -> None:
    for table in spec.tables:
        owner = owners.get(f"{spec.source}.{table}")
        if owner:
            raise SpecError(
                f"the table {table!r} is already filled by {owner.name}.",
                where=f"{path}, tables.{table}",
                remedy="Give the table another name, or merge the two files.",
            )


def _spec_error(path: Path, error: ValidationError) -> SpecError:
    problems = list(_problems(error))
    key, cause, remedy = problems[0]
    more = "".join(f" Also `{other}`: {text}" for other, text, _ in problems[1:4])
    return SpecError(f"{cause}{more}", where=f"{path}, key `{key}`", remedy=remedy, key=key)


def _problems(error: ValidationError) -> Iterator[tuple[str, str, str]]:
    misspelt_first = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    for detail in misspelt_first:
        key = ".".join(str(part) for part in detail["loc"] if part != "[key]") or "(whole file)"
        yield key, _cause(detail), _remedy(detail)


def _cause(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return f"unknown key {str(detail['loc'][-1])!r}."
    if detail["type"] == "missing":
        return f"the key {str(detail['loc'][-1])!r} is missing."
    return detail["msg"].removeprefix("Value error, ").rstrip(".") + "."


def _remedy(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        known = _keys_at(detail["loc"][:-1])
        guess = difflib.get_close_matches(str(detail["loc"][-1]), known, n=1, cutoff=0.6)
        if guess:
            return f"Did you mean {guess[0]!r}? Then run `python -m sellerops specs check`."
        return f"Remove it; known here: {', '.join(known)}."
    return SpecError.default_remedy


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    """The keys the model knows at a place, for a helpful suggestion."""
    model: type[BaseModel] = ReportSpec
    for part in location:
        field = model.model_fields.get(str(part))
        candidates = _models_in(field.annotation) if field else []
        model = candidates[0] if candidates else model
    return [
        field.alias or name
        for name, field in model.model_fields.items()
        if name not in {"path", "name", "source"}
    ]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in getattr(annotation, "__args__", ()) for found in _models_in(argument)]
