"""Connections, Settings and the audit log: what they show, change and note."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from functools import partial

import pytest
from support.hub import ACCOUNT, Hub, HubServer, store_dag

from sellerops.base.errors import FormError
from sellerops.ledger import Ledger
from sellerops.reference.config_tables import synchronise
from sellerops_airflow.dashboard.runs import start_run

CONNECTION = f"amazon_sp_{ACCOUNT}"


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        yield hub


def _connection(hub: Hub) -> dict[str, object]:
    answer = hub.partner.get("/hub/api/connections")
    assert answer.status_code == 200, answer.text
    (found,) = [each for each in answer.json() if each["connection"] == CONNECTION]
    return found


def test_a_connection_shows_its_test_its_token_and_its_last_loads(hub: Hub) -> None:
    found = _connection(hub)
    assert (found["account_id"], found["source"], found["test"]) == (ACCOUNT, "amazon_sp", None)
    hub.add_to(
        "sellerops.connection_test",
        {"connection": CONNECTION, "state": "failed", "message": "Login with Amazon refuses the secret."},
    )
    hub.add_to(
        "sellerops.load",
        *(
            {
                "report": "all_orders", "account_id": ACCOUNT, "table_name": "amazon_sp.all_orders",
                "destination": "postgres", "rows_in_file": 10, "stored": 9, "rejected": 1, "inserted": 5,
                "updated": 1, "unchanged": 3, "superseded": 0, "replaced": 0, "seconds": 1,
                "started_at": when, "recorded_at": when,
            }
            for when in ("2026-11-18T08:00:00Z", "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z")
        ),
    )  # fmt: skip
    found = _connection(hub)
    assert found["test"]["state"] == "failed"
    sync = found["sync"]
    assert (sync["synced_at"], sync["loads"], sync["stored"], sync["changed"], sync["rejected"]) == (
        "2026-11-20T09:00:00Z", 2, 18, 12, 2,
    )  # fmt: skip


def test_an_owner_notes_when_a_secret_was_renewed(hub: Hub) -> None:
    assert _connection(hub)["secret"]["days_left"] is None
    body = {"connection": CONNECTION, "renewed_on": "2026-06-01"}
    answer = hub.owner.put("/hub/api/connections/secret", json=body)
    # 180 days after the first of June are the 28th of November; today is the 21st.
    assert answer.json() == {"renewed_on": "2026-06-01", "ends_on": "2026-11-28", "days_left": 7}
    assert _connection(hub)["secret"] == answer.json()
    for wrong in ({**body, "renewed_on": "2026-11-22"}, {**body, "connection": "nobody"}):
        assert hub.owner.put("/hub/api/connections/secret", json=wrong).status_code == 422


def test_a_test_of_a_connection_is_a_dag_run_of_the_user(hub: Hub) -> None:
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    path, body = "/hub/api/connections/test", {"connections": [CONNECTION]}
    noted = "SELECT action FROM sellerops.audit_entry WHERE action LIKE 'connection.test%%' ORDER BY id"
    assert hub.owner.post(path, json=body).status_code == 404, "Airflow does not know the DAG yet"
    refused = ["connection.test", "connection.test.refused"]
    assert [row["action"] for row in hub.rows(noted)] == refused
    store_dag("sellerops__connections")
    answer = hub.owner.post(path, json=body)
    assert answer.status_code == 200, answer.text
    started = answer.json()
    with create_session() as session:
        (run,) = session.query(DagRun).filter_by(dag_id="sellerops__connections").all()
        assert (run.run_id, run.conf, run.triggering_user_name) == (started["run_id"], body, "owner")
    assert started["path"] == f"dags/sellerops__connections/runs/{started['run_id']}"
    assert [row["action"] for row in hub.rows(noted)] == [*refused, "connection.test"]


def test_a_run_of_an_id_is_started_once(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from sellerops_airflow.dashboard.routes import connections

    store_dag("sellerops__connections")
    monkeypatch.setattr(connections, "start_run", partial(start_run, run_id="hub__once"))
    noted = "SELECT action FROM sellerops.audit_entry WHERE subject = 'sellerops__connections/hub__once'"
    first, again = (
        hub.owner.post("/hub/api/connections/test", json={"connections": [CONNECTION]}) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (200, 409)
    assert again.json()["error"] == "This run has already been started."
    assert again.json()["path"] == first.json()["path"] == "dags/sellerops__connections/runs/hub__once"
    actions = [row["action"] for row in hub.rows(f"{noted} ORDER BY id")]
    assert actions == ["connection.test", "connection.test", "connection.test.refused"]


def test_the_dag_notes_what_the_other_side_answered(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from sellerops_airflow.hooks import connection_tests
    from sellerops_airflow.housekeeping.connections import run_tests

    for state, run in (("ok", "one"), ("failed", "two")):
        answers = {CONNECTION: {"state": state, "message": f"It says {state}."}}
        monkeypatch.setattr(connection_tests, "check_connections", lambda names, now=answers: now)
        with closing(Ledger(hub.conninfo)) as ledger:
            assert run_tests(ledger, [CONNECTION], run) == {CONNECTION: state}
            with pytest.raises(FormError, match="does not use connection 'nobody'"):
                run_tests(ledger, ["nobody"], run)
    test = _connection(hub)["test"]
    assert (test["state"], test["message"], test["run_id"]) == ("failed", "It says failed.", "two")
    assert test["worked_at"] == "2026-11-21T09:00:00Z", "a failure does not forget when it worked"


def test_an_account_setting_takes_precedence_over_its_file_until_it_is_reset(hub: Hub) -> None:
    def value() -> tuple[str, bool]:
        found = hub.owner.get("/hub/api/settings").json()["accounts"]
        (one,) = [each for each in found if (each["account_id"], each["name"]) == (ACCOUNT, "refund_day")]
        return one["value"], one["is_changed"]

    stored = f"SELECT refund_day FROM sellerops_reference.account_setting WHERE account_id = '{ACCOUNT}'"
    body = {"account_id": ACCOUNT, "name": "refund_day", "value": "order"}
    assert value() == ("refund", False)
    assert hub.owner.put("/hub/api/settings/account", json=body).status_code == 200
    assert value() == ("order", True)
    assert hub.rows(stored) == [{"refund_day": "order"}]
    for wrong in ({**body, "value": "monday"}, {**body, "name": "colour"}, {**body, "account_id": "nobody"}):
        answer = hub.owner.put("/hub/api/settings/account", json=wrong)
        assert answer.status_code == 422, answer.text
    assert hub.rows(stored) == [{"refund_day": "order"}]
    assert hub.owner.put("/hub/api/settings/account", json={**body, "value": None}).status_code == 200
    assert value() == ("refund", False)
    assert hub.rows(stored) == [{"refund_day": "refund"}]


def test_the_audit_log_shows_before_and_after_and_is_filtered(hub: Hub) -> None:
    assert hub.owner.put("/hub/api/settings", json={"partner_sees_costs": True}).status_code == 200
    path = "/hub/api/audit/entries"
    found = hub.owner.get(path, params={"action": "settings.change"}).json()
    (entry,) = found["rows"]
    assert (entry["user_name"], entry["subject"], entry["before"], entry["after"]) == (
        "owner", "partner_sees_costs", False, True,
    )  # fmt: skip
    assert found["row_count"] == 1
    assert hub.owner.get(path, params={"end": "2026-11-20"}).json()["row_count"] == 0
    assert hub.owner.get(path, params={"q": "partner_sees"}).json()["row_count"] == 1
    assert "settings.change" in hub.owner.get("/hub/api/audit/choices").json()["actions"]
    text = hub.owner.get(path, params={"action": "settings.change", "format": "csv"}).content.decode(
        "utf-8-sig"
    )
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["user_name"], line["after"]) == ("owner", "True")


def test_the_days_of_secrets_survive_other_settings(hub: Hub) -> None:
    hub.owner.put("/hub/api/settings", json={"partner_sees_costs": False})
    assert _connection(hub)["secret"]["renewed_on"] == date(2026, 6, 1).isoformat()


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ("hub_setting", "settings"),
        ("connection_test", "connections"),
        ("audit_entry", "audit/entries"),
        ("alert", "overview"),
    ],
)
def test_a_ledger_of_a_version_before_is_to_be_migrated(hub: Hub, table: str, path: str) -> None:
    hub.alter(f"ALTER TABLE sellerops.{table} RENAME TO later")
    try:
        answer = hub.owner.get(f"/hub/api/{path}")
        assert (answer.status_code, answer.json()["kind"]) == (500, "failed")
        assert answer.json()["remedy"] == "Run `bin/sellerops ledger migrate`."
    finally:
        hub.alter(f"ALTER TABLE sellerops.later RENAME TO {table}")


def test_account_settings_of_a_ledger_before_the_hub_say_that_it_is_to_be_migrated(hub: Hub) -> None:
    hub.alter("ALTER TABLE sellerops.hub_setting RENAME TO later")
    try:
        with closing(Ledger(hub.conninfo)) as ledger, ledger.connection() as connection:
            (failure,) = synchronise(connection, {"account_setting"})
    finally:
        hub.alter("ALTER TABLE sellerops.later RENAME TO hub_setting")
    assert failure.remedy == "Run `bin/sellerops ledger migrate`."
