"""Loads report specs. An invalid file becomes an error with file, key and remedy, and affects no other."""

from __future__ import annotations

import logging
import pickle
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sellerops.base.errors import ConfigurationError, SpecError
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.config_files import config_dir, shown
from sellerops.settings.last_valid import Files, as_configuration_error, kept_texts, state_dir
from sellerops.settings.spec_files import (
    SpecFailure,
    load_spec_files,
    refuse_unusable_name,
    unknown_name,
    validation_error,
)
from sellerops.settings.specs.account_selection import (
    ON_DEMAND,
    accounts_for,
    narrow_to_usable,
    refuse_unknown_accounts,
)
from sellerops.settings.specs.destination_rules import FILE as RULES
from sellerops.settings.specs.destination_rules import read_rules, rules_of
from sellerops.settings.specs.report import ReportSpec
from sellerops.settings.specs.shared_settings import LIKE, overlaid, shared_settings

if TYPE_CHECKING:
    from sellerops.settings.logins import Logins

log = logging.getLogger(__name__)

# Shared settings: those of all sources are next to the sources' folders, those of one source in its folder.
DEFAULTS = "defaults.yaml"
# Keys of a spec that are not written in its file.
_DERIVED = frozenset({"path", "name", "source", "destination_rules", "off_because"})
# How many valid contents a process remembers; 145 specs are shipped.
_MOST_SPECS = 512


def spec_files(directory: Path | None = None) -> list[Path]:
    """All spec files, ``<directory>/<source>/<report>.yaml``, sorted."""
    root = directory or config_dir() / "reports"
    return sorted(path for path in root.glob("*/*.yaml") if path.name != DEFAULTS)


def load_specs(directory: Path | None = None) -> tuple[list[ReportSpec], list[SpecFailure]]:
    """All usable specs and all failures. For an invalid file, its last valid version is used, if any.

    A report whose files nothing here can provide has ``off_because`` set. Of two specs with the same name or
    table, the one that existed first stays.
    """
    root = directory or config_dir() / "reports"
    owners: dict[str, Path] = {}
    accounts, logins = _accounts(), _logins()

    def build(path: Path, files: Files) -> ReportSpec:
        spec = _build(path, root, files)
        _refuse_claimed(spec, path, owners)
        if not files.are_kept:
            _refuse_wrong_accounts(spec, accounts, logins)
        return spec

    def claim(path: Path, spec: ReportSpec) -> None:
        owners.update(dict.fromkeys(_claims(spec), path))

    parts = [(_part(path), path) for path in spec_files(root)]
    specs, failures = load_spec_files(parts, root, build, on_loaded=claim, memo={})
    specs = [_usable(spec, accounts, logins) for spec in specs]
    return specs, sorted([*_misplaced(root), *failures], key=lambda each: each.path)


def enabled_specs(directory: Path | None = None) -> list[ReportSpec]:
    """The usable specs of reports that are switched on."""
    return [spec for spec in load_specs(directory)[0] if spec.is_on]


def load_spec(name: str, directory: Path | None = None) -> ReportSpec:
    """The last valid version of one spec, by report name or DAG id.

    Raises SpecError if the name is unknown, ConfigurationError if the file never was valid.
    """
    root = directory or config_dir() / "reports"
    wanted = name.removeprefix("report__").replace("__", "/")
    # Listing the folder takes longer than reading one spec, and every task loads its spec twice.
    path = root / f"{wanted}.yaml"
    if re.fullmatch(r"\w+/\w+", wanted) and path.name != DEFAULTS and path.is_file():
        return _load_one(path, root)
    for path in spec_files(root):
        if path.stem == name or f"{path.parent.name}/{path.stem}" == wanted:
            return _load_one(path, root)
    raise unknown_name("report", name, [path.stem for path in spec_files(root)], root)


def _load_one(path: Path, root: Path) -> ReportSpec:
    """Load one spec; the other files are read only if this one has changed since all were last loaded."""
    files = Files()
    try:
        spec = _build(path, root, files)
        if state_dir() is None:
            _refuse_wrong_accounts(spec, _accounts(), None)
    except Exception as error:
        if state_dir() is None:
            raise as_configuration_error(error, path) from error
    else:
        if kept_texts(_part(path), root) in (None, files.texts):
            return _usable(spec, _accounts(), None)
    specs, failures = load_specs(root)
    problem = next((each for each in failures if each.path == path), None)
    if problem and not problem.is_kept:
        raise problem.error
    if problem:
        log.warning("%s The last valid version stays in use.", problem.error)
    return next(spec for spec in specs if spec.path == str(path))


def _part(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


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
    """Build a file's spec: its own keys override its source's defaults, and those the general defaults."""
    refuse_unusable_name(path, "report")
    general, of_source = files.yaml_or_nothing(root / DEFAULTS), files.yaml_or_nothing(path.parent / DEFAULTS)
    own = files.yaml(path)
    shared, shared_path = shared_settings(own, path, root, files)
    given_here = {key: value for key, value in own.items() if key != LIKE}
    content = _merged(_merged(general, of_source), overlaid(shared, given_here))
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
        return _validated(pickle.dumps({**content, "path": str(path), "off_because": ""}))
    except ValidationError as error:
        origins = (
            (own, path),
            (shared, shared_path),
            (of_source, path.parent / DEFAULTS),
            (general, root / DEFAULTS),
        )
        raise validation_error(
            error, ReportSpec, path_of=lambda key: _origin(key, origins), derived=_DERIVED
        ) from error


@lru_cache(maxsize=_MOST_SPECS)
def _validated(content: bytes) -> ReportSpec:
    """The validated spec of a file's pickled content.

    Cached because a process loads all specs again and again, and validation takes more than half of that
    time; forked processes inherit the cache. The cache is safe: besides its content, a spec depends only on
    the marketplaces, which a process reads once.
    """
    return ReportSpec.model_validate(pickle.loads(content))


def _merged(defaults: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    merged = dict(defaults)
    for key, value in content.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both else value
    return merged


def _claims(spec: ReportSpec) -> list[str]:
    """What only one spec may have: the report's name, which identifies it in the ledger, and its tables."""
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


def _refuse_wrong_accounts(
    spec: ReportSpec, accounts: dict[str, Account] | None, logins: Logins | None
) -> None:
    if accounts is None:
        return
    refuse_unknown_accounts(spec, accounts)
    if spec.enabled:
        accounts_for(_usable(spec, accounts, logins), accounts)


def _usable(spec: ReportSpec, accounts: dict[str, Account] | None, logins: Logins | None) -> ReportSpec:
    """The spec as it can run here. ``logins`` None: read them if the spec needs one."""
    if accounts is None or spec.request.how not in ON_DEMAND:
        return spec
    return narrow_to_usable(spec, accounts, logins or _logins())


def _logins() -> Logins:
    """The logins; none if their file cannot be used, which is reported separately."""
    # Imported here, because that module imports types of this package.
    from sellerops.settings.logins import Logins, load_logins

    try:
        return load_logins()
    except ConfigurationError:
        return Logins(enabled=False, user_agent_mark="")


def _origin(key: str, origins: Sequence[tuple[dict[str, Any], Path]]) -> Path:
    """The file that sets the key: the spec, or the defaults it takes the key from."""
    first, _, rest = key.partition(".")
    second = rest.partition(".")[0]
    for content, path in origins:
        value = content.get(first)
        if first in content and (not second or not isinstance(value, dict) or second in value):
            return path
    return origins[0][1]
