"""Prepares what Airflow's components need: metadata, ledger, settings, the UI's password."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sellerops.ledger import Ledger
from sellerops_runtime import settings
from sellerops_runtime.databases import READER, Login, create_database, grant_read_access, prepare_database
from sellerops_runtime.errors import StartError
from sellerops_runtime.local_amazon import sandbox_environment, set_clock

_PASSWORDS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
_WAREHOUSE = {
    "host": "SELLEROPS_WAREHOUSE_HOST",
    "port": "SELLEROPS_WAREHOUSE_PORT",
    "dbname": "SELLEROPS_WAREHOUSE_DATABASE",
    "user": "SELLEROPS_WAREHOUSE_USER",
    "password": "SELLEROPS_WAREHOUSE_PASSWORD",
}


def prepare(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Create all of it or migrate it to this version; safe to repeat. Returns one line per step."""
    warehouse = warehouse_conninfo(environment)
    done = prepare_server(environment)
    migrated = subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=False)
    if migrated.returncode != 0:
        raise StartError("`airflow db migrate` failed; its output is above.")
    ledger = Ledger(warehouse)
    ledger.migrate()
    ledger.close()
    done.append("migrated  Airflow's metadata and the ledger")
    if password := environment.get("AIRFLOW_ADMIN_PASSWORD"):
        settings.write_passwords(Path(environment[_PASSWORDS]), {"admin": password})
        done.append("set       the password of user admin")
    return done + apply_settings(environment)


def prepare_server(environment: Mapping[str, str]) -> list[str]:
    """Create databases and roles as the administrator in ``SELLEROPS_POSTGRES_ADMIN`` (libpq string or URL).

    Each database gets its own owner, who is not a superuser, and the warehouse its read-only role. Without
    the variable, only a missing warehouse is created.
    """
    from sqlalchemy.engine import make_url

    warehouse = environment[_WAREHOUSE["dbname"]] or "warehouse"
    admin = environment.get("SELLEROPS_POSTGRES_ADMIN", "")
    if not admin:
        created = create_database(warehouse_conninfo(environment))
        return [f"created   database {warehouse}"] if created else []
    metadata = make_url(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    owner = Login(environment[_WAREHOUSE["user"]], environment[_WAREHOUSE["password"]])
    reader = Login(READER, environment["SELLEROPS_READER_PASSWORD"])
    done = []
    for name, login in (
        (str(metadata.database), Login(str(metadata.username), str(metadata.password))),
        (warehouse, owner),
    ):
        if prepare_database(admin, name, login):
            done.append(f"created   database {name}, owner {login.name}")
    grant_read_access(admin, warehouse, reader)
    return [*done, f"set       role {reader.name}, which can only read"]


def use_sandbox(url: str, speed: float, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Point the connections at the local Amazon at ``url``; run its clock and the ledger's at ``speed``."""
    done = apply_settings({**environment, **sandbox_environment(url)})
    ledger = Ledger(warehouse_conninfo(environment))
    ledger.set_clock(set_clock(url, speed=speed, at_least=ledger.clock().now()))
    ledger.close()
    return [*done, f"set       the clock to run {speed:g} times as fast"]


def apply_settings(
    environment: Mapping[str, str], path: Path = settings.SETTINGS_FILE, *, strict: bool = False
) -> list[str]:
    """Load airflow_settings.yaml with values from ``environment``; return one line per entry set or skipped.

    ``strict``: an entry whose variables are not set is an error (StartError) instead of being left out,
    unless everything works without it (``settings.is_optional``).
    """
    loaded = settings.substitute_variables(settings.read_settings(path), environment)
    missing = [f"{entry}: set {', '.join(names)}" for entry, names in loaded.skipped.items()]
    needed = [line for line in missing if not settings.is_optional(line.split(":")[0])]
    if strict and needed:
        raise StartError("; ".join(needed) + ".", where=str(path), remedy="Set these variables.")
    done = settings.apply(loaded.settings) + settings.create_implied_pools()
    return [*(f"set       {line}" for line in done), *(f"skipped   {line}" for line in missing)]


def warehouse_conninfo(environment: Mapping[str, str]) -> str:
    """libpq string of the environment's warehouse. Raises StartError naming unset variables."""
    from psycopg.conninfo import make_conninfo

    given = {key: environment.get(variable, "") for key, variable in _WAREHOUSE.items()}
    given["port"] = given["port"] or "5432"
    given["dbname"] = given["dbname"] or "warehouse"
    missing = [_WAREHOUSE[key] for key in ("host", "user", "password") if not given[key]]
    if missing:
        raise StartError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            remedy="Set the warehouse's address and credentials.",
        )
    return make_conninfo("", **given)
