"""Prepares what Airflow's components need: metadata, ledger, settings and the UI's password."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sellerops.base.passwords import why_weak
from sellerops.ledger import Ledger
from sellerops.ledger.database import migrate
from sellerops_runtime import settings
from sellerops_runtime.databases import (
    COLLECTOR,
    OWNER,
    READER,
    Login,
    WarehouseLogins,
    create_database,
    prepare_database,
    prepare_warehouse,
)
from sellerops_runtime.errors import StartError
from sellerops_runtime.local_amazon import sandbox_environment, set_clock

_PASSWORDS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
_METADATA, _METADATA_HOST = "sellerops_metadata", "SELLEROPS_METADATA_HOST"
_WAREHOUSE = {
    "host": "SELLEROPS_WAREHOUSE_HOST",
    "port": "SELLEROPS_WAREHOUSE_PORT",
    "dbname": "SELLEROPS_WAREHOUSE_DATABASE",
    "user": "SELLEROPS_WAREHOUSE_USER",
    "password": "SELLEROPS_WAREHOUSE_PASSWORD",
}
_CHOOSE = "Use 12 random characters or more; `make compose-env` generates them for Docker."
# Init does not set the administrator's password, because it logs in with it.
_REMEDIES = {
    "SELLEROPS_POSTGRES_ADMIN": "As the administrator: ALTER ROLE <name> PASSWORD '<32 random characters>'. "
    "Then set it here; with Docker it is POSTGRES_PASSWORD in .env."
}


def prepare(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Create everything or migrate it to this version; safe to repeat. Returns one line per step."""
    owner = owner_conninfo(environment)
    refuse_weak_passwords(environment)
    done = prepare_server(environment)
    migrated = subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=False)
    if migrated.returncode != 0:
        raise StartError("`airflow db migrate` failed; its output is above.")
    migrate(owner)
    done.append("migrated  Airflow's metadata and the ledger")
    if password := environment.get("AIRFLOW_ADMIN_PASSWORD"):
        settings.write_passwords(Path(environment[_PASSWORDS]), {"admin": password})
        done.append("set       the password of user admin")
    return done + apply_settings(environment)


def refuse_weak_passwords(environment: Mapping[str, str]) -> None:
    """Raise StartError for a password that is empty, short or publicly known, so that nothing starts.

    The demo does not call this: its passwords are random.
    """
    from sqlalchemy.engine import make_url

    metadata = make_url(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    given = {
        ("AIRFLOW_ADMIN_PASSWORD", "admin"): environment.get("AIRFLOW_ADMIN_PASSWORD"),
        # Empty without Celery.
        ("REDIS_PASSWORD", "redis"): environment.get("REDIS_PASSWORD") or None,
    }
    if address := environment.get("SELLEROPS_POSTGRES_ADMIN"):
        admin = conninfo_to_dict(address)
        # We set these passwords; elsewhere the server may authenticate its clients by other means.
        owner, collector = conninfo_to_dict(owner_conninfo(environment)), environment[_WAREHOUSE["user"]]
        given |= {
            ("SELLEROPS_POSTGRES_ADMIN", str(admin.get("user"))): _text(admin.get("password")),
            ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", str(metadata.username)): metadata.password or "",
            ("SELLEROPS_OWNER", str(owner.get("user"))): str(owner.get("password", "")),
            ("SELLEROPS_WAREHOUSE_PASSWORD", collector): environment[_WAREHOUSE["password"]],
            ("SELLEROPS_READER_PASSWORD", READER): environment["SELLEROPS_READER_PASSWORD"],
        }
    for (variable, user), password in given.items():
        if password is not None and (why := why_weak(user, password)):
            raise StartError(
                f"the password of {user} {why}.",
                where=f"${variable}",
                remedy=_REMEDIES.get(variable, _CHOOSE),
            )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def prepare_server(environment: Mapping[str, str]) -> list[str]:
    """Create databases and roles as the administrator in ``SELLEROPS_POSTGRES_ADMIN`` (libpq string or URL).

    Metadata and warehouse each get their own owner, and the warehouse the roles that collect and read.
    Without the variable, only a missing warehouse is created.
    """
    from sqlalchemy.engine import make_url

    warehouse = environment[_WAREHOUSE["dbname"]] or "warehouse"
    admin = environment.get("SELLEROPS_POSTGRES_ADMIN", "")
    if not admin:
        created = create_database(owner_conninfo(environment))
        return [f"created   database {warehouse}"] if created else []
    metadata = make_url(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    keeper = Login(str(metadata.username), str(metadata.password))
    done = []
    if prepare_database(admin, str(metadata.database), keeper):
        done.append(f"created   database {metadata.database}, owner {keeper.name}")
    logins = _logins(environment)
    if prepare_warehouse(admin, warehouse, logins):
        done.append(f"created   database {warehouse}, owner {logins.owner.name}")
    done.append(f"set       role {logins.collector.name}, which writes rows and owns no table of the ledger")
    return [*done, f"set       role {logins.reader.name}, which can only read"]


def _logins(environment: Mapping[str, str]) -> WarehouseLogins:
    """The warehouse's roles from the environment. Raises StartError if the collector is also the owner."""
    owner = conninfo_to_dict(owner_conninfo(environment))
    collector = Login(environment[_WAREHOUSE["user"]], environment[_WAREHOUSE["password"]])
    if collector.name == owner["user"]:
        raise StartError(
            f"{collector.name} is both the warehouse's owner and the role that collects.",
            remedy=f"Set SELLEROPS_WAREHOUSE_USER={COLLECTOR} with a password of its own, and "
            f"SELLEROPS_OWNER to the address of {OWNER}.",
        )
    return WarehouseLogins(
        Login(str(owner["user"]), str(owner.get("password", ""))),
        collector,
        Login(READER, environment["SELLEROPS_READER_PASSWORD"]),
    )


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
    unless everything works without it (``settings.is_optional``). Where ``SELLEROPS_METADATA_HOST`` is set
    but empty, tasks must not reach Airflow's metadata, so the connection from an earlier start is deleted.
    """
    loaded = settings.substitute_variables(settings.read_settings(path), environment)
    missing = [f"{entry}: set {', '.join(names)}" for entry, names in loaded.skipped.items()]
    needed = [line for line in missing if not settings.is_optional(line.split(":")[0])]
    if strict and needed:
        raise StartError("; ".join(needed) + ".", where=str(path), remedy="Set these variables.")
    done = settings.apply(loaded.settings) + settings.create_implied_pools()
    gone = settings.withdraw_connection(_METADATA) if environment.get(_METADATA_HOST) == "" else []
    return [
        *(f"set       {line}" for line in done),
        *(f"deleted   {line}" for line in gone),
        *(f"skipped   {line}" for line in missing),
    ]


def owner_conninfo(environment: Mapping[str, str]) -> str:
    """Address of the warehouse for its owner: ``SELLEROPS_OWNER``, else the warehouse's own."""
    return environment.get("SELLEROPS_OWNER", "") or warehouse_conninfo(environment)


def warehouse_conninfo(environment: Mapping[str, str]) -> str:
    """libpq string of the environment's warehouse. Raises StartError naming unset variables."""
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
