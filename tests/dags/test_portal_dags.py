"""Reports of web pages run in the pool and queue of their login, and one switch ends them all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from airflow.dag_processing.dagbag import DagBag  # isort: skip - after the conftest prepared its home
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from support.portal_config import LOGINS, write_logins

from sellerops_airflow.dag_factory import portal as portal_factory
from sellerops_airflow.dag_factory import reports as reports_factory
from sellerops_airflow.dag_factory.portal import canary_dag, sign_in_dag
from sellerops_airflow.dag_factory.reports import build_all, dags_to_parse, part_of
from sellerops_airflow.operators.portal_download import PortalDownloadOperator
from sellerops_airflow.retry_policy import RetryByRemedy

STORAGE, PAYMENTS = "report__seller_portal__awd_storage_fees", "report__seller_portal__payments_date_range"


def built() -> dict[str, DAG]:
    found = build_all()
    assert found.failures == ()
    return {dag.dag_id: dag for dag in found.dags}


def test_a_download_runs_in_the_pool_and_queue_of_its_login(portal_config: Path) -> None:
    dags = built()
    fetch = dags[PAYMENTS].get_task("northwind_na.slice.fetch_report")
    assert isinstance(fetch, PortalDownloadOperator)
    assert (fetch.pool, fetch.queue) == ("browser_northwind_finance", "browser_finance")
    assert (fetch.pool_slots, fetch.retries >= 2) == (1, True)
    # Loading needs no browser.
    for name, queue in (("plan_slices", "default"), ("slice.load_postgres", "loads")):
        task = dags[PAYMENTS].get_task(f"northwind_na.{name}")
        assert (task.pool, task.queue) == ("seller_portal_northwind_na", queue)
    # Only accounts with a login of the report's role.
    assert {task.split(".")[0] for task in dags[PAYMENTS].task_ids} == {"northwind_na"}
    assert {task.split(".")[0] for task in dags[STORAGE].task_ids} == {"northwind_na", "northwind_eu"}
    assert dags[PAYMENTS].tags == {"seller_portal", "payments", "daily", "northwind_na"}


def test_the_page_says_where_the_file_comes_from_and_what_happens_when_it_does_not(
    portal_config: Path,
) -> None:
    page = str(built()[PAYMENTS].doc_md)
    for words in (
        "page `payments_reports`",
        "role `finance`",
        "`northwind_finance`",
        "parser",
        "portal_sign_in",
        "drop folder",
        "browser_northwind_finance",
    ):
        assert words in page, words


@pytest.mark.parametrize("make", [sign_in_dag, canary_dag])
def test_browser_tasks_of_other_dags_run_where_the_browser_is(
    portal_config: Path, make: Callable[[str], DAG | None]
) -> None:
    dag = make("Text.")
    assert isinstance(dag, DAG)
    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    browser_tasks = [task for task in stored.tasks if task.task_id.endswith(("verify_sign_in", "check_page"))]
    assert {task.task_id.split(".")[0] for task in browser_tasks} == set(LOGINS)
    for task in browser_tasks:
        login = task.task_id.split(".")[0]
        assert (task.pool, task.queue) == (f"browser_{login}", LOGINS[login].get("queue", "browser"))
    for task in dag.tasks:
        assert task.retries >= 2
        assert isinstance(task.retry_policy, RetryByRemedy)
    assert dag.is_paused_upon_creation is False
    dag.params.validate()


def test_switched_off_nothing_is_scheduled_but_what_has_started_still_exists(
    portal_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_logins(portal_config, LOGINS, enabled=False)
    assert not [dag_id for dag_id in built() if "seller_portal" in dag_id]
    assert canary_dag("Text.") is None
    # Questions may still be open.
    assert sign_in_dag("Text.") is not None

    class Context:
        dag_id, task_id = PAYMENTS, "northwind_na.slice.fetch_report"

    monkeypatch.setattr(reports_factory, "get_parsing_context", Context)
    (dag,) = dags_to_parse(part_of(PAYMENTS)).dags
    assert dag.get_task("northwind_na.slice.fetch_report").pool == "browser_northwind_finance"
    Context.dag_id = "portal_canary"
    monkeypatch.setattr(portal_factory, "get_parsing_context", Context)
    assert canary_dag("Text.") is not None


def test_started_tasks_exist_without_any_login(portal_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_logins(portal_config, {}, enabled=False)

    class Context:
        dag_id, task_id = PAYMENTS, "northwind_na.slice.fetch_report"

    monkeypatch.setattr(reports_factory, "get_parsing_context", Context)
    (dag,) = dags_to_parse(part_of(PAYMENTS)).dags
    fetch = dag.get_task("northwind_na.slice.fetch_report")
    assert isinstance(fetch, PortalDownloadOperator)


def test_as_shipped_there_is_no_dag_of_web_pages(bag: DagBag) -> None:
    assert not [dag_id for dag_id in bag.dag_ids if "portal" in dag_id]
    assert bag.import_errors == {}
