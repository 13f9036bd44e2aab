"""The Settings page, for owners: settings of the hub, and the account settings that marts are built with."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from sellerops.read_models.queries import Connection
from sellerops.reference.account_overrides import read_overrides, write_override
from sellerops.reference.config_files import config_rows
from sellerops.reference.config_tables import synchronise
from sellerops.reference.tables import TABLES
from sellerops_airflow.dashboard import audit
from sellerops_airflow.dashboard.access import GetUserDep, owning
from sellerops_airflow.dashboard.hub_settings import read_settings, write_settings
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.runtime import get_runtime

router = APIRouter(prefix="/settings", tags=["settings"], route_class=HubRoute, dependencies=[owning])
_TABLE = "account_setting"


class AccountSetting(BaseModel):
    """One setting of one account. ``value``: the one in effect; ``in_file``: the one in
    config/account_settings.yaml; ``is_changed``: an owner changed it here. Empty: not set.
    """

    account_id: str
    name: str
    description: str
    choices: list[str]
    value: str
    in_file: str
    is_changed: bool


class Settings(BaseModel):
    """``accounts``: the settings that marts are built with. A change rebuilds the marts that use it."""

    partner_sees_costs: bool
    accounts: list[AccountSetting]


class HubChoice(BaseModel):
    """Settings of the hub to change."""

    partner_sees_costs: bool


class AccountChoice(BaseModel):
    """``value``: None restores what the file says."""

    account_id: str
    name: str
    value: str | None


@router.get("")
def settings() -> Settings:
    """All settings in effect."""
    return read(_read)


@router.put("")
def change_settings(body: HubChoice, user: GetUserDep) -> Settings:
    """Change whether partners see costs, from the next request on."""

    def work(connection: Connection) -> tuple[Settings, audit.Change]:
        now = read_settings(connection).model_copy(update=body.model_dump())
        before = write_settings(connection, now, user.get_name())
        change = audit.Change(
            "settings.change",
            "partner_sees_costs",
            before.partner_sees_costs,
            now.partner_sees_costs,
        )
        return _read(connection), change

    return audit.write(user.get_name(), work)


@router.put("/account")
def change_account_setting(body: AccountChoice, user: GetUserDep) -> Settings:
    """Change a setting of an account; the marts that use it are rebuilt by the next run of their DAGs."""
    if body.account_id not in get_runtime().accounts():
        raise HTTPException(422, f"Unknown account {body.account_id!r}.")

    def work(connection: Connection) -> tuple[Settings, audit.Change]:
        before = _value(_read(connection), body)
        write_override(connection, body.account_id, body.name, body.value, user.get_name())
        if failures := synchronise(connection, {_TABLE}):
            raise failures[0]
        found = _read(connection)
        change = audit.Change("settings.account", body.name, before, _value(found, body), body.account_id)
        return found, change

    return audit.write(user.get_name(), work)


def _value(found: Settings, asked: AccountChoice) -> str | None:
    return next(
        (
            each.value
            for each in found.accounts
            if (each.account_id, each.name) == (asked.account_id, asked.name)
        ),
        None,
    )


def _read(connection: Connection) -> Settings:
    overrides = read_overrides(connection)
    columns = {name: each for name, each in TABLES[_TABLE].columns.items() if name != "account_id"}
    return Settings(
        partner_sees_costs=read_settings(connection).partner_sees_costs,
        accounts=[
            AccountSetting(
                account_id=row["account_id"],
                name=name,
                description=column.description,
                choices=list(column.choices or ()),
                value=overrides.get(row["account_id"], {}).get(name, _text(row[name])),
                in_file=_text(row[name]),
                is_changed=name in overrides.get(row["account_id"], {}),
            )
            for row in config_rows(_TABLE)
            for name, column in columns.items()
        ],
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
