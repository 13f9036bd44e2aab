"""What has to be there before Airflow's components start: metadata, ledger, settings, the UI's password."""

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
    """Make all of it, or bring it to this version; safe to repeat. What was done, one line each."""
    warehouse = warehouse_conninfo(environment)
    done = prepare_server(environment)
    migrated = subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=False)
    if migrated.returncode != 0:
        raise StartError("`airflow db migrate` failed; its words are above.")
    ledger = Ledger(warehouse)
    ledger.migrate()
    ledger.close()
    done.append("migrated  Airflow's metadata and the ledger")
    if password := environment.get("AIRFLOW_ADMIN_PASSWORD"):
        settings.write_passwords(Path(environment[_PASSWORDS]), {"admin": password})
        done.append("set       the password of user admin")
    return done + apply_settings(environment)


def prepare_server(environment: Mapping[str, str]) -> list[str]:
    """Databases and roles. ``SELLEROPS_POSTGRES_ADMIN`` is libpq text or URL of the server's administrator.

    With it each database gets an owner of its own, who is no superuser, and the warehouse gets its reader.
    Without it, only a missing warehouse is made.
    """
    from sqlalchemy.engine import make_url

    warehouse = environment[_WAREHOUSE["dbname"]] or "warehouse"
    admin = environment.get("SELLEROPS_POSTGRES_ADMIN", "")
    if not admin:
        made = create_database(warehouse_conninfo(environment))
        return [f"made      database {warehouse}"] if made else []
    metadata = make_url(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    owner = Login(environment[_WAREHOUSE["user"]], environment[_WAREHOUSE["password"]])
    reader = Login(READER, environment["SELLEROPS_READER_PASSWORD"])
    done = []
    for name, login in (
        (str(metadata.database), Login(str(metadata.username), str(metadata.password))),
        (warehouse, owner),
    ):
        if prepare_database(admin, name, login):
            done.append(f"made      database {name}, owner {login.name}")
    grant_read_access(admin, warehouse, reader)
    return [*done, f"set       role {reader.name}, which only reads"]


def use_sandbox(url: str, speed: float, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Point the connections at the local Amazon at ``url``; its time and the ledger's run at ``speed``."""
    done = apply_settings({**environment, **sandbox_environment(url)})
    ledger = Ledger(warehouse_conninfo(environment))
    ledger.set_clock(set_clock(url, speed=speed, at_least=ledger.clock().now()))
    ledger.close()
    return [*done, f"set       the clock to run {speed:g} times as fast"]


def apply_settings(
    environment: Mapping[str, str], path: Path = settings.SETTINGS_FILE, *, strict: bool = False
) -> list[str]:
    """Load airflow_settings.yaml, filled in from ``environment``; one line for each entry set or left out.

    ``strict``: an entry whose variables are not set is an error (StartError) instead of being left out,
    unless everything works without it (``settings.OPTIONAL``).
    """
    loaded = settings.substitute_variables(settings.read_settings(path), environment)
    missing = [f"{entry}: set {', '.join(names)}" for entry, names in loaded.skipped.items()]
    needed = [line for line in missing if line.split(":")[0] not in settings.OPTIONAL]
    if strict and needed:
        raise StartError("; ".join(needed) + ".", where=str(path), remedy="Set these variables.")
    done = settings.apply(loaded.settings) + settings.create_implied_pools()
    return [*(f"set       {line}" for line in done), *(f"left out  {line}" for line in missing)]


def warehouse_conninfo(environment: Mapping[str, str]) -> str:
    """The warehouse the environment names, for libpq. Raises StartError naming a variable not set."""
    from psycopg.conninfo import make_conninfo

    given = {key: environment.get(variable, "") for key, variable in _WAREHOUSE.items()}
    given["port"] = given["port"] or "5432"
    given["dbname"] = given["dbname"] or "warehouse"
    missing = [_WAREHOUSE[key] for key in ("host", "user", "password") if not given[key]]
    if missing:
        raise StartError(f"{', '.join(missing)} is not set.", remedy="Set it to where the warehouse is.")
    return make_conninfo("", **given)
