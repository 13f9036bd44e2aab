"""Loads report specs. An invalid file becomes an error with file, key and remedy, and affects no other."""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sellerops.base.errors import ConfigurationError, SpecError
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.config_files import config_dir, shown
from sellerops.settings.last_valid import (
    Files,
    Loaded,
    Memo,
    as_configuration_error,
    in_claim_order,
    kept_texts,
    load_last_valid,
    state_dir,
)
from sellerops.settings.specs.account_selection import accounts_for, refuse_unknown_accounts
from sellerops.settings.specs.destination_rules import FILE as RULES
from sellerops.settings.specs.destination_rules import read_rules, rules_of
from sellerops.settings.specs.report import ReportSpec

log = logging.getLogger(__name__)

# Shared settings: of all sources next to their folders, of one source inside its folder.
DEFAULTS = "defaults.yaml"
# Part of the DAG id and of the ledger's keys.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class SpecFailure:
    """An invalid spec file and its error. ``is_kept``: its last valid version stays in use."""

    path: Path
    error: ConfigurationError
    is_kept: bool = False


def spec_files(directory: Path | None = None) -> list[Path]:
    """All spec files, ``<directory>/<source>/<report>.yaml``, sorted."""
    root = directory or config_dir() / "reports"
    return sorted(path for path in root.glob("*/*.yaml") if path.name != DEFAULTS)


def load_specs(directory: Path | None = None) -> tuple[list[ReportSpec], list[SpecFailure]]:
    """All usable specs and all failures. An invalid file counts with its last valid version, if any.

    Of two specs with the same name or table, the one that was there first stays.
    """
    root = directory or config_dir() / "reports"
    specs: dict[Path, ReportSpec] = {}
    failures: list[SpecFailure] = _misplaced(root)
    owners: dict[str, Path] = {}
    memo: Memo = {}
    accounts = _accounts()
    paths = spec_files(root)
    for path in in_claim_order([(_part(path), path) for path in paths], root):
        try:
            loaded = _load(path, root, memo, owners, accounts)
        except ConfigurationError as error:
            failures.append(SpecFailure(path, error))
            continue
        if loaded.error:
            failures.append(SpecFailure(path, loaded.error, is_kept=True))
        owners.update(dict.fromkeys(_claims(loaded.value), path))
        specs[path] = loaded.value
    return [specs[path] for path in paths if path in specs], sorted(failures, key=lambda each: each.path)


def enabled_specs(directory: Path | None = None) -> list[ReportSpec]:
    """The usable specs of enabled reports."""
    return [spec for spec in load_specs(directory)[0] if spec.enabled]


def load_spec(name: str, directory: Path | None = None) -> ReportSpec:
    """The last valid version of one spec, by report name or DAG id.

    Raises SpecError if the name is unknown, or the file never was valid.
    """
    root = directory or config_dir() / "reports"
    wanted = name.removeprefix("report__").replace("__", "/")
    for path in spec_files(root):
        if path.stem == name or f"{path.parent.name}/{path.stem}" == wanted:
            return _load_one(path, root)
    known = [path.stem for path in spec_files(root)]
    guess = difflib.get_close_matches(name, known, n=1)
    raise SpecError(
        f"unknown report {name!r}.",
        where=str(root),
        remedy=f"Did you mean {guess[0]!r}?" if guess else f"Known: {', '.join(known) or 'none'}.",
    )


def _load_one(path: Path, root: Path) -> ReportSpec:
    """Load one spec; the other files are read only if this one has changed since all were last loaded."""
    files = Files()
    try:
        spec = _build(path, root, files)
        if state_dir() is None:
            _refuse_wrong_accounts(spec, _accounts())
    except Exception as error:
        if state_dir() is None:
            raise as_configuration_error(error, path) from error
    else:
        if kept_texts(_part(path), root) in (None, files.texts):
            return spec
    specs, failures = load_specs(root)
    problem = next((each for each in failures if each.path == path), None)
    if problem and not problem.is_kept:
        raise problem.error
    if problem:
        log.warning("%s The last valid version stays in use.", problem.error)
    return next(spec for spec in specs if spec.path == str(path))


def _part(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _load(
    path: Path, root: Path, memo: Memo, owners: dict[str, Path], accounts: dict[str, Account] | None
) -> Loaded[ReportSpec]:
    def build(files: Files) -> ReportSpec:
        spec = _build(path, root, files)
        _refuse_claimed(spec, path, owners)
        if not files.are_kept:
            _refuse_wrong_accounts(spec, accounts)
        return spec

    return load_last_valid(_part(path), build, root=root, memo=memo)


def _misplaced(root: Path) -> list[SpecFailure]:
    """Failures for files that look like specs but would be ignored."""
    strays = [path for path in root.glob("*.yaml") if path.name != DEFAULTS]
    strays += [path for path in root.glob("*/*.y*ml") if path.suffix != ".yaml"]
    remedy = "Name it config/reports/<source>/<report>.yaml."
    return [
        SpecFailure(path, SpecError("is ignored: wrong folder or suffix.", where=shown(path), remedy=remedy))
        for path in strays
    ]


def _build(path: Path, root: Path, files: Files) -> ReportSpec:
    """Build a file's spec; its own keys override those of its source, which override the general ones."""
    if not _NAME.fullmatch(path.stem):
        raise SpecError(
            f"{shown(Path(path.stem))!r} is not a usable report name.",
            where=shown(path),
            remedy="Rename the file: up to 60 characters of a-z, 0-9 and _, starting with a letter. Delete "
            "it if it is a copy.",
        )
    general, of_source = files.yaml_or_nothing(root / DEFAULTS), files.yaml_or_nothing(path.parent / DEFAULTS)
    own = files.yaml(path)
    content = _merged(_merged(general, of_source), own)
    for given, derived in (("name", path.stem), ("source", path.parent.name)):
        if given in content:
            raise SpecError(f"`{given}` must not be set: it is {derived!r}, from the path.", where=str(path))
        content[given] = derived
    if "destination_rules" in content:
        raise SpecError(
            "`destination_rules` must not be set in a spec.",
            where=str(path),
            remedy=f"Set `destinations` here, or add a rule to {shown(root.parent / RULES)}.",
        )
    if "destinations" not in own:
        rules = read_rules(files, root.parent / RULES)
        content["destination_rules"] = rules_of(rules, family=str(content.get("family")), report=path.stem)
    try:
        return ReportSpec.model_validate({**content, "path": str(path)})
    except ValidationError as error:
        origins = ((own, path), (of_source, path.parent / DEFAULTS), (general, root / DEFAULTS))
        raise _spec_error(origins, error) from error


def _merged(defaults: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    merged = dict(defaults)
    for key, value in content.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both else value
    return merged


def _claims(spec: ReportSpec) -> list[str]:
    """What no other spec may have: the report's name, which identifies it in the ledger, and its tables."""
    return [spec.name, *(f"{spec.source}.{table}" for table in spec.tables)]


def _refuse_claimed(spec: ReportSpec, path: Path, owners: dict[str, Path]) -> None:
    owner = owners.get(spec.name)
    if owner:
        raise SpecError(
            f"a report {spec.name!r} already exists in {owner.parent.name}.",
            where=shown(path),
            remedy="Give the file another name.",
        )
    for table in spec.tables:
        owner = owners.get(f"{spec.source}.{table}")
        if owner:
            raise SpecError(
                f"the table {table!r} is already filled by {owner.name}.",
                where=f"{shown(path)}, tables.{table}",
                remedy="Give the table another name, or merge the two files.",
            )


def _accounts() -> dict[str, Account] | None:
    """The accounts; None if their file cannot be used, which is reported separately."""
    try:
        return load_accounts()
    except ConfigurationError:
        return None


def _refuse_wrong_accounts(spec: ReportSpec, accounts: dict[str, Account] | None) -> None:
    if accounts is None:
        return
    refuse_unknown_accounts(spec, accounts)
    if spec.enabled:
        accounts_for(spec, accounts)


def _spec_error(origins: Sequence[tuple[dict[str, Any], Path]], error: ValidationError) -> SpecError:
    problems = list(_problems(error))
    key, cause, remedy = problems[0]
    more = "".join(f" Also `{other}`: {text}" for other, text, _ in problems[1:4])
    path = _origin(key, origins)
    return SpecError(f"{cause}{more}", where=f"{shown(path)}, key `{key}`", remedy=remedy, key=key)


def _origin(key: str, origins: Sequence[tuple[dict[str, Any], Path]]) -> Path:
    """The file that sets the key: the spec, or the defaults it takes the key from."""
    first, _, rest = key.partition(".")
    second = rest.partition(".")[0]
    for content, path in origins:
        value = content.get(first)
        if first in content and (not second or not isinstance(value, dict) or second in value):
            return path
    return origins[0][1]


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
            return f"Did you mean {guess[0]!r}? Then run `sellerops specs check`."
        return f"Remove it; known here: {', '.join(known)}."
    return SpecError.default_remedy


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    """The valid keys at a location, for a suggestion."""
    model: type[BaseModel] = ReportSpec
    for part in location:
        field = model.model_fields.get(str(part))
        candidates = _models_in(field.annotation) if field else []
        model = candidates[0] if candidates else model
    return [
        field.alias or name
        for name, field in model.model_fields.items()
        if name not in {"path", "name", "source", "destination_rules"}
    ]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in getattr(annotation, "__args__", ()) for found in _models_in(argument)]
