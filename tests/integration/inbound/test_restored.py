"""A ledger restored from a backup does not know what was sent since: it is looked for, not sent again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.inbound.walks import Harbour, Walk, assert_no_typed_failure, go, recommended, request
from support.postgres import TEMPLATE, PostgresServer

from sellerops.base.clock import Clock
from sellerops.base.errors import GiveUpError
from sellerops.inbound.store import InboundStore
from sellerops.inbound.workflow import STEPS
from sellerops.ledger import Ledger
from sellerops.ledger.deployment import bind_archive
from sellerops.upkeep.backups import find_backup, take_backup
from sellerops.upkeep.restoring import restore_warehouse
from sellerops.upkeep.storage import Folder

WRITES = (
    "createInboundPlan",
    "confirmPackingOption",
    "confirmPlacementOption",
    "confirmTransportationOptions",
)


@pytest.fixture
def conninfo(postgres_server: PostgresServer) -> Iterator[str]:
    """A ledger for the owner, who dumps and restores."""
    fresh = postgres_server.create_database(TEMPLATE)
    yield postgres_server.owner(fresh)
    postgres_server.drop_database(fresh)


@pytest.fixture
def elsewhere(postgres_server: PostgresServer) -> Iterator[str]:
    fresh = postgres_server.create_empty()
    yield fresh
    postgres_server.drop_database(fresh)


def restore(harbour: Harbour, source: Folder, conninfo: str) -> None:
    """Lose the ledger and go on with the backup, at the present time."""
    clock: Clock = harbour.ledger.clock()
    harbour.ledger.close()
    restore_warehouse(source, find_backup(source, None), conninfo, replace=False)
    harbour.ledger = Ledger(conninfo)
    harbour.ledger.set_clock(clock)
    harbour.store = InboundStore(harbour.ledger)


async def go_on(harbour: Harbour, walk: Walk) -> Walk:
    """All steps of a run from the first one, as after clearing its tasks."""
    services = harbour.services(walk.run.account_id)
    again = Walk(harbour.store.run(walk.run.id))
    for info in STEPS:
        if info.name == "send_tracking":
            harbour.enter_tracking(walk.run.id)
        if info.name == "confirm_placement":
            harbour.decide(walk.run.id, recommended)
        again.outcomes[info.name] = await harbour._task(again, info.name, services, recommended)
    return again


def back_up_before(harbour: Harbour, step: str, target: Folder) -> Walk:
    """A run that is carried out to its end, with a backup before one of its steps."""
    bind_archive(harbour.ledger, harbour.archive)

    def before(name: str) -> None:
        if name == step:
            take_backup(harbour.ledger, harbour.archive, target)

    walk = go(harbour.walk(request(), before=before))
    assert_no_typed_failure(walk)
    return walk


def effects(harbour: Harbour) -> dict[str, int]:
    return {operation: harbour.effects(operation) for operation in WRITES}


def test_confirmed_carriers_that_the_backup_does_not_know_are_not_confirmed_again(
    harbour: Harbour, elsewhere: str, tmp_path: Path
) -> None:
    target = Folder(str(tmp_path / "backups"))
    walk = back_up_before(harbour, "confirm_transportation", target)
    sent = effects(harbour)
    assert sent["confirmTransportationOptions"] == 1

    restore(harbour, target, elsewhere)
    assert not harbour.store.run(walk.run.id).state.is_confirmed
    again = go(go_on(harbour, walk))

    assert effects(harbour) == sent
    assert len(harbour.plans(again)) == 1
    assert harbour.store.run(walk.run.id).state.is_confirmed
    harbour.ledger.close()


def test_a_plan_that_was_confirmed_after_the_backup_is_left_to_a_person(
    harbour: Harbour, elsewhere: str, tmp_path: Path
) -> None:
    """The backup knows neither the plan nor what was approved: the plan is found, the run stops."""
    target = Folder(str(tmp_path / "backups"))
    walk = back_up_before(harbour, "create_plan", target)
    sent = effects(harbour)

    restore(harbour, target, elsewhere)
    assert harbour.store.run(walk.run.id).plan_id is None
    with pytest.raises(GiveUpError, match=r"already been confirmed|outside this run"):
        go(go_on(harbour, walk))

    assert effects(harbour) == sent
    assert len(harbour.plans(walk)) == 1
    assert harbour.store.run(walk.run.id).plan_id == walk.run.plan_id
    harbour.ledger.close()
