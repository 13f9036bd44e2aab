"""Saves a running demo's environment in its folder, for the commands in `bin`."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sellerops.base.commands import VARIABLE as COMMAND
from sellerops_runtime.home import VARIABLE as DEMO_HOME
from sellerops_runtime.home import Home
from sellerops_runtime.ports import is_free

OWNER, WAREHOUSE = "SELLEROPS_OWNER", "SELLEROPS_WAREHOUSE"
READER, ARCHIVE = "SELLEROPS_READER", "SELLEROPS_ARCHIVE"
_OURS = ("AIRFLOW_", "SELLEROPS_")
_BESIDE = (DEMO_HOME, "BIGQUERY_EMULATOR_HOST", "NO_PROXY", "no_proxy")


def command_template(environment: Mapping[str, str], folder: str = "bin") -> str:
    """Template for the commands you type for a demo: ``bin/{}``, preceded by DEMO_HOME if that is set."""
    chosen = environment.get(DEMO_HOME, "").strip()
    home = f"{DEMO_HOME}={shlex.quote(chosen)} " if chosen else ""
    return f"{home}{shlex.quote(folder)}/{{}}"


def save_environment(
    home: Home, environment: Mapping[str, str], *, owner: str, warehouse: str, reader: str, archive: str
) -> None:
    """Save the demo's variables in ``environment`` and its addresses (libpq URLs, archive URI).

    The file is readable by its owner only, since it contains passwords and keys.
    """
    kept = {name: value for name, value in environment.items() if name.startswith(_OURS) or name in _BESIDE}
    path = _path(home)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    addresses = {OWNER: owner, WAREHOUSE: warehouse, READER: reader, ARCHIVE: archive}
    path.write_text(json.dumps({**kept, **addresses}, indent=1), encoding="utf-8")


def running_environment(home: Home) -> dict[str, str] | None:
    """The saved environment of the demo in ``home``; None unless its Postgres is listening."""
    try:
        kept: dict[str, Any] = json.loads(_path(home).read_text(encoding="utf-8"))
        port = urlsplit(kept[WAREHOUSE]).port
    except (OSError, ValueError, KeyError):
        return None
    return None if port is None or is_free(port) else kept


def installation_variables(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Names of the variables in ``environment`` that define an installation, sorted."""
    return sorted(name for name in environment if name.startswith(_OURS) and name != COMMAND)


def _path(home: Home) -> Path:
    return home.path / "environment.json"
