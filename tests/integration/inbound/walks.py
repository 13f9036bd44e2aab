"""Whole inbound runs against a local Amazon, step by step as the DAG carries them out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from integration.inbound import stepping
from support.sandbox import SandboxServer

from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.base.errors import GiveUpError, RetryableError, SellerOpsError
from sellerops.inbound.approval import current_offer
from sellerops.inbound.facts import read_facts
from sellerops.inbound.models import Carrier, Combination, InboundRequest, Offer, Shipping
from sellerops.inbound.packing_lists.packing_list import read_packing_list
from sellerops.inbound.requests.validation import find_problems, raise_problems, with_owners
from sellerops.inbound.services import Services
from sellerops.inbound.settings import INBOUND, InboundSettings
from sellerops.inbound.store import Choice, InboundRun, InboundStore
from sellerops.inbound.tracking import parse_numbers, shipments_to_track
from sellerops.inbound.workflow import STEPS, StepOutcome, StepState, run_step
from sellerops.ledger import Ledger
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import marketplace
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.sessions import close_sessions
from sellerops.writes import Writer

RUN_AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
READY = RUN_AT + timedelta(days=3)
SAMPLES = Path(__file__).resolve().parents[3] / "include" / "samples" / "packing_lists"
US_PARCELS, DE_PARCELS, US_PALLETS = "us_parcels.csv", "de_parcels.xlsx", "us_pallets.xlsx"
# As often as Airflow tries a task of the DAG again.
RETRIES = 2
_names = count(1)

Approver = Callable[[Offer], Combination | None]


def request(packing_list: str = US_PARCELS, **changes: Any) -> InboundRequest:
    """A request for a sample packing list."""
    found = read_packing_list((SAMPLES / packing_list).read_bytes(), packing_list)
    is_german = packing_list == DE_PARCELS
    usual = InboundRequest(
        account_id="northwind_eu" if is_german else "northwind_na",
        marketplace="DE" if is_german else "US",
        source_address="leipzig" if is_german else "dallas",
        contact="leipzig_dock" if is_german else "dallas_dock",
        items=found.items,
        boxes=found.boxes,
        pallets=found.pallets,
        shipping=Shipping.LTL if found.pallets else Shipping.SPD,
        freight_class="FC_70" if found.pallets else None,
        declared_value=Decimal(4200) if found.pallets else None,
        ready_at=READY,
        name=f"Walk {next(_names)}",
    )
    return replace(usual, **changes)


def one_box() -> InboundRequest:
    """The smallest request: units of one SKU in one box."""
    whole = request()
    box = whole.boxes[0]
    sku = box.contents[0].sku
    items = tuple(replace(item, quantity=box.contents[0].quantity) for item in whole.items if item.sku == sku)
    return replace(whole, items=items, boxes=(replace(box, count=1),), carrier=Carrier.PARTNERED)


def recommended(offer: Offer) -> Combination | None:
    """Approves what is recommended."""
    return offer.combinations[0]


def with_carrier(solution: str) -> Approver:
    """Approves the best combination with Amazon's or an own carrier."""

    def approve(offer: Offer) -> Combination | None:
        return next(each for each in offer.combinations if each.legs[0].solution == solution)

    return approve


@dataclass
class Walk:
    """How a run ended. ``error``: the typed failure that a person would see."""

    run: InboundRun
    outcomes: dict[str, StepOutcome] = field(default_factory=dict)
    error: SellerOpsError | None = None
    retries: int = 0

    def state(self, step: str) -> StepState:
        return self.outcomes[step].state


@dataclass
class Harbour:
    """Everything of one test: a ledger, an archive, and the local Amazon whose clock both follow."""

    sandbox: SandboxServer
    ledger: Ledger
    directory: Path
    settings: InboundSettings = field(default_factory=lambda: INBOUND.load())
    tasks: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.archive = Archive(str(self.directory))
        self.store = InboundStore(self.ledger)
        self.follow_clock()

    def follow_clock(self, **change: float) -> None:
        """Let the ledger's clock show what the sandbox's shows, which is changed first if wanted."""
        told = self.sandbox.clock(**change)
        real, virtual = (datetime.fromisoformat(told[f"{kind}_anchor"]) for kind in ("real", "virtual"))
        self.ledger.set_clock(Clock(real, virtual, float(told["speed"])))

    def jump(self, **by: float) -> None:
        """Move both clocks."""
        self.follow_clock(jump_seconds=timedelta(**by).total_seconds())

    def services(self, account_id: str) -> Services:
        """As a new process would create them."""
        account, told = load_accounts()[account_id], self.sandbox.account(account_id)
        credentials = Credentials(
            client_id=told["client_id"],
            client_secret=told["client_secret"],
            refresh_token=told["refresh_token"],
            endpoint=self.sandbox.url,
            token_url=self.sandbox.token_url,
            connection=account.connection,
        )
        limits = QuotaLedger(self.ledger, load_rate_limits())
        client = SpApiClient(account, credentials, self.ledger, limits)
        writer = Writer(client, self.ledger)
        return Services(account, client, writer, self.ledger, self.archive, self.settings)

    # -- what tasks of the DAG do

    async def validate(self, wanted: InboundRequest, services: Services) -> InboundRun:
        facts = await read_facts(wanted, services, ("fba_inbound", wanted.name))
        raise_problems(find_problems(wanted, facts))
        return await asyncio.to_thread(
            self.store.start_run,
            with_owners(wanted, facts),
            marketplace_id=marketplace(wanted.marketplace).id,
            dag_id="fba_inbound",
            run_id=wanted.name,
            asked=wanted,
        )

    async def walk(
        self,
        wanted: InboundRequest,
        approve: Approver = recommended,
        *,
        before: Callable[[str], None] = lambda step: None,
        until: str = "cancel_plan",
    ) -> Walk:
        """All steps in order, each retried as Airflow would; people approve and enter tracking numbers."""
        services = self.services(wanted.account_id)
        run = await self.validate(wanted, services)
        walk = Walk(run)
        for info in STEPS:
            before(info.name)
            is_last = info.name == "cancel_plan"
            if walk.error is None or is_last:
                if info.name == "send_tracking":
                    self.enter_tracking(run.id)
                if info.name == "confirm_placement" and not wanted.dry_run:
                    self.decide(run.id, approve)
                try:
                    walk.outcomes[info.name] = await self._task(walk, info.name, services, approve)
                except SellerOpsError as error:
                    walk.error = walk.error or error
            if info.name == until:
                break
        walk.run = self.store.run(run.id)
        return walk

    async def _task(self, walk: Walk, name: str, services: Services, approve: Approver) -> StepOutcome:
        for attempt in range(RETRIES + 1):
            self.tasks[name] += 1
            try:
                outcome = await run_step(name, walk.run.id, services)
                while outcome.state is StepState.NEEDS_APPROVAL:
                    self.decide(walk.run.id, approve)
                    outcome = await run_step(name, walk.run.id, services)
            except RetryableError:
                walk.retries += 1
                if attempt == RETRIES:
                    raise
                await services.pause(300)
            else:
                return outcome
        raise AssertionError("unreachable")

    def decide(self, run_id: int, approve: Approver) -> None:
        """A person looks at the offer; once decided, only if asked again."""
        offer = self.offer(run_id)
        choice = approve(offer)
        self.store.decide(
            run_id,
            Choice.APPROVED if choice else Choice.REJECTED,
            offer=offer,
            combination=choice,
            decided_by="ops",
        )

    def offer(self, run_id: int) -> Offer:
        return current_offer(self.store, run_id, self.ledger.clock().now())

    def enter_tracking(self, run_id: int) -> None:
        run = self.store.run(run_id)
        for shipment in shipments_to_track(self.store, run_id):
            number = "123456789"
            lines = [f"1Z{number}{box:04d}" for box in range(1, (shipment.boxes or 1) + 1)]
            text = number if run.request.shipping.is_freight else "\n".join(lines)
            self.store.save_tracking(run_id, shipment.shipment_id, parse_numbers(text, run.request, shipment))

    # -- what came of it

    def plans(self, walk: Walk) -> list[dict[str, Any]]:
        """The run's plans at Amazon, by its name, without those that Amazon gave up."""
        return [each for each in self._plans(walk) if each["status"] != "ERRORED"]

    def given_up_plans(self, walk: Walk) -> list[dict[str, Any]]:
        """The run's plans that Amazon could not create."""
        return [each for each in self._plans(walk) if each["status"] == "ERRORED"]

    def _plans(self, walk: Walk) -> list[dict[str, Any]]:
        return list(asyncio.run(_in_loop(self._list_plans(walk.run))))

    async def _list_plans(self, run: InboundRun) -> list[dict[str, Any]]:
        reads = self.services(run.account_id).reads
        query = {"pageSize": 30, "sortBy": "CREATION_TIME", "sortOrder": "DESC"}
        found = await reads.get("listInboundPlans", "/inbound/fba/2024-03-20/inboundPlans", query)
        return [dict(each) for each in found["inboundPlans"] if each["name"] == run.name]

    def effects(self, operation: str) -> int:
        """How many calls of an operation took effect: accepted, whether or not the answer arrived."""
        accepted = [
            call
            for call in self.sandbox.calls(operation=operation)
            if call["status"] in (200, 202) or call.get("fault") in ("response_lost", "error_after")
        ]
        return len(accepted)

    def refusals(self) -> int:
        """Calls that Amazon refused for quota."""
        return sum(by_status.get("429", 0) for by_status in self.sandbox.call_counts().values())


async def _in_loop(work: Any) -> Any:
    try:
        return await work
    finally:
        await close_sessions()


def go(*works: Any) -> Any:
    """Run walks side by side on one event loop, as a triggerer does; one result, or a list."""

    async def whole() -> list[Any]:
        keeping = []
        for keeper in stepping.current:
            keeper.forget()
            keeping.append(asyncio.create_task(keeper.keep()))
        try:
            async with asyncio.timeout(300):
                return list(await asyncio.gather(*works))
        finally:
            for task in keeping:
                task.cancel()
            await close_sessions()

    results = asyncio.run(whole())
    return results[0] if len(works) == 1 else results


def assert_no_typed_failure(walk: Walk) -> None:
    if walk.error:
        raise AssertionError(f"{walk.run.name}: {walk.error}") from walk.error


__all__ = [
    "Carrier",
    "GiveUpError",
    "Harbour",
    "Sequence",
    "Walk",
    "go",
    "recommended",
    "request",
    "with_carrier",
]
