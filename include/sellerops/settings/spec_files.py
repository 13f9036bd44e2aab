"""Loads folders of spec files, one object per file. The loaders of reports, exports and checks share it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sellerops.base.errors import ConfigurationError, SpecError
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import Files, Memo, in_claim_order, load_last_valid

T = TypeVar("T")
# Names are part of DAG ids, of names in the ledger and of log fields.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class SpecFailure:
    """An invalid spec file and its error. ``is_kept``: its last valid version stays in use."""

    path: Path
    error: ConfigurationError
    is_kept: bool = False


def load_spec_files(
    parts: Sequence[tuple[str, Path]],
    root: Path,
    build: Callable[[Path, Files], T],
    *,
    on_loaded: Callable[[Path, T], None] = lambda path, spec: None,
    memo: Memo | None = None,
) -> tuple[list[T], list[SpecFailure]]:
    """All usable specs in the order of ``parts``, and all failures by path.

    :param parts: for each file, its name within ``root`` (its last valid version is stored under this name)
        and its path.
    :param build: builds the spec of a file; raises ConfigurationError if the file is invalid.
    :param on_loaded: called for each usable spec before the next file is built. Existing files come first, so
        that no new file takes a name or table from an old one.
    :param memo: files that have already been parsed.
    """
    names = {path: name for name, path in parts}
    specs: dict[Path, T] = {}
    failures: list[SpecFailure] = []
    for path in in_claim_order(parts, root):
        try:
            loaded = load_last_valid(names[path], _builder(build, path), root=root, memo=memo)
        except ConfigurationError as error:
            failures.append(SpecFailure(path, error))
            continue
        if loaded.error:
            failures.append(SpecFailure(path, loaded.error, is_kept=True))
        on_loaded(path, loaded.value)
        specs[path] = loaded.value
    return [specs[path] for path in names if path in specs], sorted(failures, key=lambda each: each.path)


def _builder(build: Callable[[Path, Files], T], path: Path) -> Callable[[Files], T]:
    return lambda files: build(path, files)


def refuse_unusable_name(path: Path, kind: str) -> None:
    """Raise SpecError if the file's name cannot be the name of a ``kind`` (report, export, check)."""
    if not _NAME.fullmatch(path.stem):
        raise SpecError(
            f"{shown(Path(path.stem))!r} is not a usable {kind} name.",
            where=shown(path),
            remedy="Rename the file: up to 60 characters of a-z, 0-9 and _, starting with a letter. Delete "
            "it if it is a copy.",
        )


def unknown_name(kind: str, name: str, known: Collection[str], where: Path) -> SpecError:
    """The error for a name that has no file; it suggests the nearest known name."""
    return SpecError(f"unknown {kind} {name!r}.", where=str(where), remedy=suggestion(name, known))


def suggestion(name: str, known: Collection[str]) -> str:
    """A remedy for an unknown name: the nearest known one, else all of them."""
    guess = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {guess[0]!r}?" if guess else f"Known: {', '.join(known) or 'none'}."


def validation_error(
    error: ValidationError,
    model: type[BaseModel],
    *,
    path_of: Callable[[str], Path],
    derived: Collection[str],
    remedy: str = SpecError.default_remedy,
) -> SpecError:
    """A SpecError for the first problem in ``error`` (a misspelt key, if any), naming up to three more.

    :param path_of: the file that sets a key (dotted).
    :param derived: keys of ``model`` that are not written in files.
    """
    problems = list(_problems(error, model, derived, remedy))
    key, cause, remedy = problems[0]
    more = "".join(f" Also `{other}`: {text}" for other, text, _ in problems[1:4])
    return SpecError(f"{cause}{more}", where=f"{shown(path_of(key))}, key `{key}`", remedy=remedy, key=key)


def _problems(
    error: ValidationError, model: type[BaseModel], derived: Collection[str], remedy: str
) -> Iterator[tuple[str, str, str]]:
    misspelt_first = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    for detail in misspelt_first:
        key = ".".join(str(part) for part in detail["loc"] if part != "[key]") or "(whole file)"
        is_misspelt = detail["type"] == "extra_forbidden"
        yield key, _cause(detail), _key_remedy(detail, model, derived) if is_misspelt else remedy


def _cause(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return f"unknown key {str(detail['loc'][-1])!r}."
    if detail["type"] == "missing":
        return f"the key {str(detail['loc'][-1])!r} is missing."
    return detail["msg"].removeprefix("Value error, ").rstrip(".") + "."


def _key_remedy(detail: ErrorDetails, model: type[BaseModel], derived: Collection[str]) -> str:
    known = _keys_at(model, detail["loc"][:-1], derived)
    guess = difflib.get_close_matches(str(detail["loc"][-1]), known, n=1, cutoff=0.6)
    return f"Did you mean {guess[0]!r}?" if guess else f"Remove it; known here: {', '.join(known)}."


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...], derived: Collection[str]) -> list[str]:
    """The valid keys at a location, for a suggestion."""
    for part in location:
        field = model.model_fields.get(str(part))
        candidates = _models_in(field.annotation) if field else []
        model = candidates[0] if candidates else model
    return [field.alias or name for name, field in model.model_fields.items() if name not in derived]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in getattr(annotation, "__args__", ()) for found in _models_in(argument)]
