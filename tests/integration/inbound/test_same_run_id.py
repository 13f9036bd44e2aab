"""A DAG run id that is used again: cleared tasks find their run, another form is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.inbound_requests import box, request

from sellerops.base.errors import FormError
from sellerops.inbound.models import InboundRequest, Item, Owner
from sellerops.inbound.store import InboundRun, InboundStore
from sellerops.ledger import Ledger
from sellerops.settings.marketplaces import marketplace


def owned(asked: InboundRequest, owner: Owner = Owner.NONE) -> InboundRequest:
    items = tuple(replace(item, prep_owner=owner, label_owner=Owner.SELLER) for item in asked.items)
    return replace(asked, items=items)


def start(ledger: Ledger, asked: InboundRequest, owner: Owner = Owner.NONE, run_id: str = "r") -> InboundRun:
    return InboundStore(ledger).start_run(
        owned(asked, owner),
        marketplace_id=marketplace(asked.marketplace).id,
        dag_id="fba_inbound",
        run_id=run_id,
        asked=asked,
    )


def begin_plan(ledger: Ledger, run: InboundRun) -> None:
    InboundStore(ledger).begin_step(run.id, "create_plan", operation="createInboundPlan")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "January"},
        {"items": (Item("A", 10), Item("B", 6)), "boxes": (box(A=10, B=6),)},
        {"items": (Item("A", 10, prep_owner=Owner.SELLER), Item("B", 5))},
        {"dry_run": True},
    ],
    ids=["name", "units", "owner", "dry run"],
)
def test_another_form_is_refused_once_a_plan_may_exist(ledger: Ledger, change: dict[str, Any]) -> None:
    run = start(ledger, request())
    begin_plan(ledger, run)
    with pytest.raises(FormError, match="belongs to inbound run") as caught:
        start(ledger, request(**change))
    assert "another run id" in caught.value.remedy
    assert InboundStore(ledger).run(run.id) == run


def test_the_same_form_finds_its_run_whatever_has_become_of_owners_and_boxes(ledger: Ledger) -> None:
    asked = request(pack_later=True, boxes=())
    run = start(ledger, asked)
    begin_plan(ledger, run)
    InboundStore(ledger).replace_boxes(run.id, (box(A=10, B=5),))
    again = start(ledger, replace(asked, notes=("Read anew.",)), Owner.SELLER)
    assert again.id == run.id
    assert again.request.boxes == (box(A=10, B=5),)
    assert {item.prep_owner for item in again.request.items} == {Owner.NONE}


def test_before_there_is_a_plan_another_form_is_taken_over_whole(ledger: Ledger) -> None:
    run = start(ledger, request())
    again = start(ledger, request(account_id="northwind_eu", marketplace="DE", name="January"))
    assert again.id == run.id
    assert (again.account_id, again.marketplace_id) == ("northwind_eu", marketplace("DE").id)
    assert again.name == f"January #{run.id}"
    begin_plan(ledger, again)
    with pytest.raises(FormError):
        start(ledger, request())


def test_a_run_is_no_namesake_of_itself(ledger: Ledger) -> None:
    store = InboundStore(ledger)
    run, other = start(ledger, request()), start(ledger, request(), run_id="twice")
    assert store.open_runs("northwind_na") == {"December": run.id}
    assert store.open_runs("northwind_na", ("fba_inbound", "twice")) == {"December": run.id}
    assert store.open_runs("northwind_na", ("fba_inbound", "r")) == {"December": other.id}
