"""The scheduler creates the pool of a report's tasks before it creates them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from airflow import settings  # isort: skip - after the conftest prepared its home
from airflow.models.pool import Pool
from airflow.models.team import Team
from sqlalchemy import Engine, create_engine, select

from sellerops_airflow.dag_factory import pools

NEW = "amazon_sp_southwind_na"


@pytest.fixture
def engine(owner: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Metadata with an empty table of pools, and the hook's cache empty."""
    from psycopg import connect

    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(owner))
    Team.__table__.create(engine)
    Pool.__table__.create(engine)
    monkeypatch.setattr(settings, "get_engine", lambda: engine)
    monkeypatch.setattr(pools, "_known", set())
    monkeypatch.setattr(pools, "_known_until", 0.0)
    monkeypatch.setattr(pools, "_quiet_until", 0.0)
    yield engine
    engine.dispose()


def slots(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {row.pool: row.slots for row in connection.execute(select(Pool.pool, Pool.slots))}


def task(pool: str = NEW, dag_id: str = "report__amazon_sp__all_orders") -> SimpleNamespace:
    return SimpleNamespace(dag_id=dag_id, pool=pool)


def test_the_pool_of_a_new_account_is_created_with_its_first_task(engine: Engine) -> None:
    pools.task_instance_mutation_hook(task())
    assert slots(engine) == {NEW: pools.SLOTS}


def test_a_pool_that_exists_is_left_as_people_set_it(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            Pool.__table__.insert().values(pool=NEW, slots=1, description="mine", include_deferred=True)
        )
    pools.task_instance_mutation_hook(task())
    assert slots(engine) == {NEW: 1}


def test_pools_of_other_dags_are_none_of_our_business(engine: Engine) -> None:
    pools.task_instance_mutation_hook(task("somebodys", dag_id="somebodys_dag"))
    assert slots(engine) == {}


def test_it_is_looked_up_once_a_minute(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[set[str]] = []
    monkeypatch.setattr(pools, "create_missing_pools", lambda _, names: asked.append(names))
    for _ in range(100):
        pools.task_instance_mutation_hook(task())
    assert asked == [{NEW}]
    monkeypatch.setattr(pools, "_known_until", 0.0)
    pools.task_instance_mutation_hook(task())
    assert len(asked) == 2


def test_metadata_that_does_not_answer_never_stops_the_scheduler(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[set[str]] = []

    def fail(_: Engine, names: set[str]) -> set[str]:
        tries.append(names)
        raise OSError("away")

    monkeypatch.setattr(pools, "create_missing_pools", fail)
    for _ in range(3):
        pools.task_instance_mutation_hook(task())
    assert len(tries) == 1


def test_two_schedulers_create_one_pool(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as threads:
        done = list(
            threads.map(lambda _: pools.create_missing_pools(engine, {NEW, "amazon_ads_x"}), range(8))
        )
    assert set(slots(engine)) == {NEW, "amazon_ads_x"}
    assert sum(map(len, done)) == 2


def test_the_pool_of_a_login_has_one_slot_and_a_widened_one_is_named(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    browser = "browser_northwind_finance"
    for dag_id in ("report__seller_portal__payments", "portal_sign_in", "portal_canary"):
        pools.task_instance_mutation_hook(task(browser, dag_id))
    assert slots(engine) == {browser: 1}
    assert "Admin > Pools" not in caplog.text
    with engine.begin() as connection:
        connection.execute(Pool.__table__.update().values(slots=3))
    pools._known_until = 0.0
    pools.task_instance_mutation_hook(task(browser, "portal_canary"))
    assert f"The pool {browser} has 3 slots" in caplog.text
    # People decide; it is not changed.
    assert slots(engine) == {browser: 3}
