"""Airflow's connections and variables for the command line, from the environment or the `airflow` command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops.storage import S3Settings
from sellerops.storage.s3_settings import CONNECTION as STORAGE

AIRFLOW_SECONDS = 120
_AN_AIRFLOW = ("AIRFLOW_HOME", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")


@dataclass(frozen=True)
class Fields:
    """A connection's fields, none of which appear in its repr."""

    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    host: str = field(default="", repr=False)
    port: str = field(default="", repr=False)
    schema: str = field(default="", repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def airflow_connection(conn_id: str) -> Fields:
    """A connection from ``AIRFLOW_CONN_...``, else from ``airflow connections get``.

    Raises ConfigurationError if it does not exist.
    """
    found = known_connection(conn_id)
    if found is None:
        raise ConfigurationError(
            "does not exist in the environment or in Airflow.",
            where=f"connection {conn_id}",
            remedy=f"Add it in Admin > Connections or set AIRFLOW_CONN_{conn_id.upper()}. Without a running "
            "Airflow, start `make demo`.",
        )
    return found


def known_connection(conn_id: str) -> Fields | None:
    """A connection; None if neither the environment nor Airflow has it."""
    text = os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}")
    if text:
        return _of_json(_parsed(text, conn_id)) if text.lstrip().startswith("{") else _of_uri(text)
    answer = _ask_airflow(["connections", "get", conn_id, "--output", "json"])
    try:
        found = json.loads(answer or "null")
    except ValueError:
        return None
    return _of_json(found[0] if isinstance(found, list) else found) if found else None


def storage_settings() -> S3Settings:
    """S3's settings from the connection ``sellerops_storage``; empty settings if it does not exist."""
    found = known_connection(STORAGE)
    return (
        S3Settings.of_connection(found.login, found.password, found.host, found.extra)
        if found
        else S3Settings()
    )


def known_variable(name: str) -> str:
    """An Airflow variable; empty if neither the environment nor Airflow has it."""
    text = os.environ.get(f"AIRFLOW_VAR_{name.upper()}")
    return text or (_ask_airflow(["variables", "get", name]) or "").strip()


def has_airflow() -> bool:
    """Whether the environment points to an Airflow; without one, `airflow` would create an empty one."""
    return any(os.environ.get(name) for name in _AN_AIRFLOW)


def metadata_conninfo() -> str:
    """libpq address of Airflow's metadata: ``$AIRFLOW__DATABASE__SQL_ALCHEMY_CONN``, else Airflow's setting.

    Raises ConfigurationError if there is none, or if it is not Postgres.
    """
    variable = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    text = os.environ.get(variable) or _ask_airflow(["config", "get-value", "database", "sql_alchemy_conn"])
    scheme, _, rest = (text or "").partition("://")
    if not scheme.startswith("postgres"):
        raise ConfigurationError(
            "Airflow's database is unknown or not Postgres.",
            where=f"${variable}",
            remedy=f"Set {variable}=postgresql://<user>:<password>@<host>:5432/<database>",
        )
    return f"postgresql://{rest}"


def log_folder() -> str:
    """The folder of Airflow's logs on this host; empty if unknown."""
    own = os.environ.get("AIRFLOW__LOGGING__BASE_LOG_FOLDER")
    return own or _ask_airflow(["config", "get-value", "logging", "base_log_folder"]) or ""


def in_airflow(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run Python in Airflow's environment, in a separate process because this package works without Airflow.

    If it has not ended after two minutes, kills it and raises RetryableError.
    """
    command = [sys.executable, "-P", *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=AIRFLOW_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise RetryableError(
            f"did not answer within {error.timeout:g} s.",
            where=f"`{' '.join(arguments).removeprefix('-m ')}`",
            remedy="Check that Airflow's database answers (`airflow db check`), then run the command again.",
        ) from error


def _parsed(text: str, conn_id: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except ValueError as error:
        where = f"$AIRFLOW_CONN_{conn_id.upper()}"
        raise ConfigurationError("is not valid JSON.", where=where, remedy="Correct the JSON.") from error


def _of_json(values: Mapping[str, Any]) -> Fields:
    extra = values.get("extra_dejson") or values.get("extra") or {}
    extra = json.loads(extra) if isinstance(extra, str) else extra
    texts = {key: str(values.get(key) or "") for key in ("login", "password", "host", "port", "schema")}
    return Fields(**texts, extra=extra)


def _of_uri(uri: str) -> Fields:
    parts = urlsplit(uri)
    extra = dict(parse_qsl(parts.query))
    return Fields(
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=unquote(parts.hostname or ""),
        port=str(parts.port or ""),
        schema=unquote(parts.path.removeprefix("/")),
        extra=json.loads(extra["__extra__"]) if "__extra__" in extra else extra,
    )


def _ask_airflow(arguments: Sequence[str]) -> str | None:
    """The output of the `airflow` command, which may contain secrets; None without Airflow or an answer."""
    return _run_cached(tuple(arguments), *map(os.environ.get, _AN_AIRFLOW)) if has_airflow() else None


@cache
def _run_cached(arguments: tuple[str, ...], *_: str | None) -> str | None:
    try:
        done = in_airflow(["-m", "airflow", *arguments])
    except OSError:
        return None
    # Airflow may print log lines before the answer, on the same stream.
    return done.stdout.strip().rpartition("\n")[2] if done.returncode == 0 else None
