"""The kinds of alerts, which of them are on, and their thresholds, from include/config/alerts.yaml."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from sellerops.alerts.specs import SETTINGS, AlertSpec, load_alerts
from sellerops.read_models.alerts.alerts import read_open_alerts
from sellerops.read_models.alerts.evaluations import Evaluation, read_evaluations
from sellerops_airflow.dashboard.airflow_links import dag_path
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.routes.alerts import ALERTS_DAG
from sellerops_airflow.dashboard.schedules import known_reports
from sellerops_airflow.dashboard.scope import InScope

router = APIRouter(prefix="/alerts/settings", tags=["alerts"], route_class=HubRoute)


class Threshold(BaseModel):
    """One threshold: its meaning, its value for all accounts, and those of accounts that have their own."""

    name: str
    meaning: str
    value: str
    by_account: dict[str, str]


class AlertKind(BaseModel):
    """One kind of alert with its settings from include/config/alerts.yaml. ``off_for``: accounts for which it
    is off.

    ``open``: alerts of this kind that are open now, in any state.
    """

    name: str
    title: str
    description: str
    remedy: str
    severity: str
    is_on: bool
    off_for: list[str]
    thresholds: list[Threshold]
    evaluations: list[Evaluation]
    open: int


class AlertSettingsPage(BaseModel):
    """``file``: where thresholds are changed. ``dag_path``: the DAG that evaluates alerts."""

    file: str
    dag_path: str
    kinds: list[AlertKind]


@router.get("")
def settings(scope: InScope) -> AlertSettingsPage:
    """Every kind of alert: whether it is on, its thresholds, and its last evaluation."""
    every = scope.model_copy(update={"marketplaces": ()})
    found, evaluations = read(
        lambda c: (read_open_alerts(c, every, sees_costs=False), read_evaluations(c, every))
    )
    kinds = [
        _kind(
            spec,
            [each for each in evaluations if each.name == spec.name],
            sum(each.name == spec.name for each in found),
        )
        for spec in load_alerts()
    ]
    return AlertSettingsPage(file="include/config/alerts.yaml", dag_path=dag_path(ALERTS_DAG), kinds=kinds)


def _kind(spec: AlertSpec, evaluations: list[Evaluation], open_count: int) -> AlertKind:
    found, accounts = SETTINGS.load(), sorted(known_reports().accounts)
    by_account = {account: found.of(spec, account) for account in accounts}
    general = found.alerts.get(spec.name)
    values = general.thresholds if general else {}
    return AlertKind(
        name=spec.name,
        title=spec.title,
        description=spec.description,
        remedy=spec.remedy,
        severity=(general.severity if general else None) or spec.severity,
        is_on=any(each.enabled is not False for each in by_account.values()),
        off_for=[account for account, each in by_account.items() if each.enabled is False],
        thresholds=[
            Threshold(
                name=name,
                meaning=meaning,
                value=_text(values.get(name)),
                by_account={
                    account: _text(each.thresholds[name])
                    for account, each in by_account.items()
                    if name in each.thresholds and each.thresholds[name] != values.get(name)
                },
            )
            for name, meaning in spec.thresholds.items()
        ],
        evaluations=evaluations,
        open=open_count,
    )


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
