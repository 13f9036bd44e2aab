"""Reads airflow_settings.yaml (the Astro CLI's format), substitutes variables, and loads it into Airflow."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sellerops.base.errors import ConfigurationError
from sellerops.settings.accounts import load_accounts
from sellerops.settings.config_files import read_yaml
from sellerops_runtime.home import PROJECT_ROOT

SETTINGS_FILE = PROJECT_ROOT / "airflow_settings.yaml"
# Entries that a complete system can do without.
OPTIONAL = frozenset(
    {
        "connection sellerops_bigquery",
        "connection sellerops_notifications",
        "connection sellerops_storage",
        "connection sellerops_clickup",
        "connection sellerops_metadata",
        "connection sellerops_telegram",
        "connection smtp_default",
        "connection sellerops_sheets",
        "variable sellerops_backup_uri",
        "variable sellerops_drop_folder_uri",
        "variable sellerops_personal_documents",
    }
)
# Connections of logins for web pages, which are off until someone switches them on.
_LOGINS = "connection seller_portal_"
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")

# Astro's templates leave unused keys empty.
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]


def is_optional(entry: str) -> bool:
    """Whether a complete system can do without an entry, such as ``connection smtp_default``."""
    return entry in OPTIONAL or entry.startswith(_LOGINS)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConnectionSetting(_Strict):
    conn_id: str
    conn_type: Text = ""
    conn_host: Text = ""
    conn_schema: Text = ""
    conn_login: Text = ""
    conn_password: Text = Field(default="", repr=False)
    conn_port: Text = ""
    conn_uri: Text = Field(default="", repr=False)
    conn_extra: Annotated[dict[str, Any] | str, BeforeValidator(lambda value: value or {})] = Field(
        default_factory=dict, repr=False
    )


class PoolSetting(_Strict):
    pool_name: str
    pool_slot: int = Field(gt=0)
    pool_description: Text = ""


class VariableSetting(_Strict):
    variable_name: str
    variable_value: Text


class Settings(_Strict):
    """The connections, pools and variables that the file declares."""

    connections: list[ConnectionSetting] = Field(default_factory=list)
    pools: list[PoolSetting] = Field(default_factory=list)
    variables: list[VariableSetting] = Field(default_factory=list)


class _File(_Strict):
    airflow: Settings


class Loaded(BaseModel):
    """Settings ready to apply, and by skipped entry (``connection slack_default``) its unset variables."""

    settings: Settings
    skipped: dict[str, list[str]]


def read_settings(path: Path = SETTINGS_FILE) -> Settings:
    """The file, its placeholders unchanged. Raises ConfigurationError naming the key and the cause."""
    try:
        return _File.model_validate(read_yaml(path)).airflow
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"{first['msg']}.",
            where=f"{path}, {key}",
            remedy="Correct the key; valid keys are those of the Astro command line.",
        ) from error


def substitute_variables(settings: Settings, environment: Mapping[str, str] = os.environ) -> Loaded:
    """Substitute ``${NAME}`` and ``${NAME:-default}``; skip and report entries with unset variables."""
    skipped: dict[str, list[str]] = {}
    filled = Settings(
        connections=_filled(settings.connections, "connection", "conn_id", environment, skipped),
        pools=settings.pools,
        variables=_filled(settings.variables, "variable", "variable_name", environment, skipped),
    )
    return Loaded(settings=filled, skipped=skipped)


_Entry = TypeVar("_Entry", ConnectionSetting, VariableSetting)


def _filled(
    entries: list[_Entry], kind: str, key: str, env: Mapping[str, str], skipped: dict[str, list[str]]
) -> list[_Entry]:
    kept = []
    for entry in entries:
        missing: list[str] = []
        values = _substitute(entry.model_dump(), env, missing)
        if missing:
            skipped[f"{kind} {values[key]}"] = sorted(set(missing))
        else:
            kept.append(type(entry).model_validate(values))
    return kept


def _substitute(value: Any, environment: Mapping[str, str], missing: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _substitute(each, environment, missing) for key, each in value.items()}
    if isinstance(value, list):
        return [_substitute(each, environment, missing) for each in value]
    if not isinstance(value, str):
        return value

    def replacement(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = environment.get(name) or default
        if found is None:
            missing.append(name)
        return found or ""

    return _PLACEHOLDER.sub(replacement, value)


def apply(settings: Settings) -> list[str]:
    """Write all entries to Airflow's metadata, replacing those with the same name; return one line per entry.

    Runs in Airflow's environment. Raises ConfigurationError for an invalid port.
    """
    from airflow.models import Connection, Pool, Variable
    from airflow.utils.session import create_session
    from sqlalchemy import select

    done = []
    with create_session() as session:
        for each in settings.connections:
            connection = session.scalar(select(Connection).where(Connection.conn_id == each.conn_id))
            session.add(_assign(connection or Connection(conn_id=each.conn_id), each))
            done.append(f"connection {each.conn_id} ({each.conn_type or 'by address'})")
        for pool in settings.pools:
            Pool.create_or_update_pool(
                pool.pool_name, pool.pool_slot, pool.pool_description, include_deferred=False, session=session
            )
            done.append(f"pool {pool.pool_name} ({pool.pool_slot} slots)")
        for variable in settings.variables:
            Variable.set(variable.variable_name, variable.variable_value, session=session)
            done.append(f"variable {variable.variable_name}")
    return done


def withdraw_connection(conn_id: str) -> list[str]:
    """Delete a connection from Airflow's metadata; return one line if there was one."""
    from airflow.models import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        found = session.execute(delete(Connection).where(Connection.conn_id == conn_id)).rowcount
    return [f"connection {conn_id}"] if found else []


def create_implied_pools() -> list[str]:
    """Create the pools that accounts.yaml needs and Airflow lacks; return one line per pool."""
    from airflow import settings

    from sellerops_airflow.dag_factory.pools import SLOTS, create_missing_pools

    names = {
        account.pool_of(source) for account in load_accounts().values() for source in account.api_sources
    }
    engine = settings.get_engine()  # type: ignore[no-untyped-call]
    return [f"pool {name} ({SLOTS} slots)" for name in sorted(create_missing_pools(engine, names))]


def _assign(connection: Any, entry: ConnectionSetting) -> Any:
    if entry.conn_uri:
        connection.parse_from_uri(uri=entry.conn_uri)
        return connection
    if entry.conn_port and not entry.conn_port.isdigit():
        raise ConfigurationError(
            f"{entry.conn_port!r} is not a valid port.", where=f"connection {entry.conn_id}, conn_port"
        )
    connection.conn_type = entry.conn_type
    connection.host = entry.conn_host or None
    connection.schema = entry.conn_schema or None
    connection.login = entry.conn_login or None
    connection.set_password(entry.conn_password or None)
    connection.port = int(entry.conn_port) if entry.conn_port else None
    extra = entry.conn_extra
    if isinstance(extra, dict):
        extra = {key: value for key, value in extra.items() if value not in ("", None)}
    connection.set_extra(extra if isinstance(extra, str) else json.dumps(extra) if extra else None)
    return connection


def write_passwords(path: Path, passwords: Mapping[str, str]) -> None:
    """Write the password file of Airflow's simple auth manager, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(dict(passwords)), encoding="utf-8")
