"""Keeps configuration in use while its file is invalid, by storing the last valid version.

Each part of the configuration (a spec with its defaults, the accounts, the routes of notices, ...) is built
from the texts of its files. If that succeeds, the texts are stored in Airflow's home; if it fails, the part
is built from the stored texts, and the failure is reported instead of removing DAGs. All processes follow the
same rule, so a task sees what its DAG was built from. Decision: docs/decisions/last-valid-configuration.md.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import config_dir, parse_mapping, read_text, shown

log = logging.getLogger(__name__)

T = TypeVar("T")
# Files that have already been read and parsed, by path: text and mapping, or the error.
Memo = dict[Path, tuple[str, dict[str, Any]] | ConfigurationError]


class Files:
    """Reads configuration files and records their texts, or reads from stored texts.

    ``memo``: files that have already been parsed, shared within one load (many specs have the same defaults).
    """

    def __init__(self, kept: dict[str, str | None] | None = None, memo: Memo | None = None) -> None:
        self._kept = kept
        self._memo: Memo = {} if memo is None else memo
        self.texts: dict[str, str | None] = {}

    @property
    def are_kept(self) -> bool:
        """Whether these are stored texts rather than the current files."""
        return self._kept is not None

    def text(self, path: Path) -> str:
        """The file's text. Raises ConfigurationError if it cannot be read."""
        if self._kept is None:
            text: str | None = read_text(path)
        else:
            text = self._kept.get(str(path))
            if text is None:
                raise ConfigurationError("has no stored version.", where=shown(path))
        assert text is not None
        self.texts[str(path)] = text
        return text

    def yaml(self, path: Path) -> dict[str, Any]:
        """The file's mapping. Raises ConfigurationError with file and line."""
        if self._kept is not None:
            return parse_mapping(self.text(path), path)
        if path not in self._memo:
            self._memo[path] = _parsed(path)
        found = self._memo[path]
        if isinstance(found, ConfigurationError):
            raise found
        self.texts[str(path)], mapping = found
        return mapping

    def yaml_or_nothing(self, path: Path) -> dict[str, Any]:
        """The file's mapping, or an empty one if the file does not exist. Raises ConfigurationError."""
        if self.has(path):
            return self.yaml(path)
        self.texts[str(path)] = None
        return {}

    def has(self, path: Path) -> bool:
        """Whether the file exists."""
        return os.path.lexists(path) if self._kept is None else self._kept.get(str(path)) is not None


def _parsed(path: Path) -> tuple[str, dict[str, Any]] | ConfigurationError:
    try:
        text = read_text(path)
        return text, parse_mapping(text, path)
    except ConfigurationError as error:
        return error


@dataclass(frozen=True)
class Loaded(Generic[T]):
    """``value``, and why the current files are not used: with an ``error``, it is the last valid value."""

    value: T
    error: ConfigurationError | None = None


@dataclass(frozen=True)
class ConfigFile(Generic[T]):
    """One file of the configuration folder and the function that builds its value."""

    name: str
    build: Callable[[Files, Path], T]
    # The file's name in an earlier version: still read, with a warning that gives the new name.
    former_name: str = ""
    _said: set[str] = field(default_factory=set, repr=False, compare=False)

    def load(self) -> T:
        """The last valid value. Raises ConfigurationError if the file is invalid and never was valid."""
        loaded = self._load()
        if loaded.error and str(loaded.error) not in self._said:
            self._said.add(str(loaded.error))
            log.warning("%s The last valid version stays in use.", loaded.error)
        return loaded.value

    def read(self, path: Path | None = None) -> T:
        """The value of the file as it is now. Raises ConfigurationError with file, key and remedy."""
        source = path or config_dir() / self.name
        try:
            return self.build(Files(), source) if path else self._build(Files())
        except Exception as error:
            raise as_configuration_error(error, source) from error

    def problem(self) -> ConfigurationError | None:
        """Why the file as it is now cannot be used; None if it can."""
        try:
            return self._load().error
        except ConfigurationError as error:
            return error

    def _load(self) -> Loaded[T]:
        return load_last_valid(self.name, self._build, former_name=self.former_name)

    def _build(self, files: Files) -> T:
        return self.build(files, self._path(files))

    def _path(self, files: Files) -> Path:
        """The file, or the one with the former name. Raises ConfigurationError if both exist."""
        path = config_dir() / self.name
        former = config_dir() / self.former_name
        if not self.former_name or not files.has(former):
            return path
        if files.has(path):
            raise ConfigurationError(
                f"is the former name of {self.name}, which exists too.",
                where=shown(former),
                remedy=f"Move what you need into {self.name} and delete {self.former_name}.",
            )
        if self.former_name not in self._said:
            self._said.add(self.former_name)
            log.warning(
                "%s has a new name: rename it to %s. The old name stops working in the next version.",
                former,
                self.name,
            )
        return former


def load_last_valid(
    name: str,
    build: Callable[[Files], T],
    *,
    root: Path | None = None,
    memo: Memo | None = None,
    former_name: str = "",
) -> Loaded[T]:
    """Build a part from the current files, or if that fails, from the texts of the last success.

    ``name`` identifies the part within ``root`` (default: the configuration folder). Any exception counts as
    a failure, so that no file can break another's DAG. ``former_name``: the name under which an earlier
    version of this project stored the texts. Raises ConfigurationError if the current files are invalid and
    no usable texts are stored.
    """
    folder = root or config_dir()
    files = Files(memo=memo)
    try:
        value = build(files)
    except Exception as error:
        problem = as_configuration_error(error, folder / name)
        kept = _read(folder, name)
        if kept is None and former_name:
            kept = _read(folder, former_name)
        if kept is None:
            raise problem from error
        try:
            return Loaded(build(Files(kept)), problem)
        except Exception:  # noqa: BLE001 - stored by a version of this project that accepted it
            raise problem from error
    keep_texts(folder, name, files.texts)
    return Loaded(value)


def kept_texts(name: str, root: Path | None = None) -> dict[str, str | None] | None:
    """The texts of the part's last valid version by path; None if there is none."""
    return _read(root or config_dir(), name)


def in_claim_order(parts: Iterable[tuple[str, Path]], root: Path) -> list[Path]:
    """The files in the order in which they may claim what only one of them can own, such as a table.

    Unchanged files come first, then changed ones, then new ones: no new file takes anything from an old one.
    """

    def rank(part: tuple[str, Path]) -> int:
        name, path = part
        kept = kept_texts(name, root)
        if kept is None:
            return 2
        try:
            return 0 if read_text(path) == kept.get(str(path)) else 1
        except ConfigurationError:
            return 1

    return [path for _, path in sorted(parts, key=rank)]


def as_configuration_error(error: Exception, path: Path) -> ConfigurationError:
    """The error itself if it is a ConfigurationError, else a ConfigurationError that names the file."""
    if isinstance(error, ConfigurationError):
        return error
    return ConfigurationError(
        f"cannot be used: {type(error).__name__}: {str(error)[:500]}.",
        where=shown(path),
        remedy="Compare it with a valid file, or undo the last change.",
    )


def state_dir() -> Path | None:
    """``$SELLEROPS_STATE_DIR``, else ``sellerops`` in Airflow's home; None if there is neither."""
    override = os.environ.get("SELLEROPS_STATE_DIR")
    if override:
        return Path(override)
    home = Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
    return home / "sellerops" if home.is_dir() else None


def _path(root: Path, name: str) -> Path | None:
    state = state_dir()
    if state is None:
        return None
    # Several configurations may share a home (tests, a second checkout); a name may contain any characters.
    place = hashlib.sha256(os.fsencode(root.absolute())).hexdigest()[:12]
    part = hashlib.sha256(os.fsencode(name)).hexdigest()[:12]
    stem = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)[:60]
    return state / "last_valid" / place / f"{stem}-{part}.json"


def _read(root: Path, name: str) -> dict[str, str | None] | None:
    path = _path(root, name)
    try:
        kept = json.loads(path.read_text(encoding="utf-8")) if path else None
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) else None


def keep_texts(root: Path, name: str, texts: Mapping[str, str | None]) -> None:
    """Store the texts of a valid part, atomically and only if changed. A failure is logged, not raised."""
    path = _path(root, name)
    if path is None:
        return
    content = json.dumps(dict(texts), sort_keys=True)
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as draft:
            draft.write(content)
        Path(draft.name).chmod(0o644)  # no credentials in it; the command line may run as another user
        Path(draft.name).replace(path)
    except OSError as error:
        log.warning("Cannot store the last valid version of %s: %s", name, error)


__all__ = [
    "ConfigFile",
    "Files",
    "Loaded",
    "Memo",
    "as_configuration_error",
    "in_claim_order",
    "keep_texts",
    "kept_texts",
    "load_last_valid",
    "state_dir",
]
