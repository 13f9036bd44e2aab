"""One sandbox: a simulated seller history, a clock, and the state of each API family it was started with."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from amazon_sandbox.core import http_faults, paging_faults
from amazon_sandbox.core.answers import NoAnswer
from amazon_sandbox.core.calls import CallLog
from amazon_sandbox.core.clock import VirtualClock
from amazon_sandbox.core.faults import FaultBook, FaultKind, Stage
from amazon_sandbox.core.paging_faults import PageFaults
from amazon_sandbox.core.quotas import Quotas, UsagePlan
from amazon_sandbox.simulation import Seller, Simulation
from amazon_sandbox.simulation.created_shipments import CreatedShipment

SimulationFactory = Callable[[], Simulation]


class FamilyState:
    """The state of one family while the server runs. Override the methods that apply."""

    def start(self) -> None:
        """Called when the server is about to listen."""

    def catch_up(self) -> None:
        """Carry out what is due by now; called before every call of the Selling Partner API."""

    def reset(self) -> None:
        """Return to the state after the start; id counters continue, so that old ids stay unknown."""

    def close(self) -> None:
        """Called when the server has stopped."""


State = TypeVar("State", bound=FamilyState)


@dataclass(frozen=True, slots=True)
class Family:
    """All that an API family adds to the sandbox. Families are listed in ``amazon_sandbox.app``.

    `operations`: further ones, without a usage plan; `stages`: for each stage that not every call reaches,
    the operations whose calls do; `states`: created in this order, so that each may use those of families
    listed earlier; `report_types`: what faults may name as report_type.
    """

    routes: tuple[BaseRoute, ...]
    usage_plans: Mapping[str, UsagePlan] = field(default_factory=dict)
    operations: tuple[str, ...] = ()
    faults: tuple[FaultKind, ...] = ()
    stages: Mapping[Stage, tuple[str, ...]] = field(default_factory=dict)
    states: tuple[Callable[[Sandbox], FamilyState], ...] = ()
    report_types: Callable[[], Iterable[str]] = tuple


class Sandbox:
    """Everything a server holds.

    :param simulation_factory: makes the simulation: once here, once in the process that writes documents.
    :param families: the APIs it serves, in the order in which they build on each other.
    :param public_url: how clients reach the server; presigned URLs begin with it.
    :param render_in_process: write documents in a thread instead of a process of its own (tests).
    """

    def __init__(
        self,
        simulation_factory: SimulationFactory,
        families: Iterable[Family],
        *,
        clock: VirtualClock | None = None,
        public_url: str = "http://127.0.0.1",
        render_in_process: bool = False,
    ) -> None:
        self.simulation = simulation_factory()
        self.simulation_factory = simulation_factory
        self.families = tuple(families)
        self.clock = clock or VirtualClock()
        self.public_url = public_url
        self.render_in_process = render_in_process
        self.signing_key = secrets.token_bytes(32)
        self.directory = Path(tempfile.mkdtemp(prefix="amazon_sandbox_"))
        self.calls = CallLog()
        self.quotas = Quotas(usage_plans(self.families))
        self.faults = FaultBook(_menu(self.families), operations(self.families), _stages(self.families))
        self.pages = PageFaults(self.faults)
        self._sellers = {seller.seller_id: seller for seller in self.simulation.sellers}
        self._states: dict[type[FamilyState], FamilyState] = {}
        for family in self.families:
            for make in family.states:
                made = make(self)
                self._states[type(made)] = made

    def state(self, kind: type[State]) -> State:
        """A family's state, by its class. Raises KeyError when the sandbox lacks the family."""
        found = self._states[kind]
        if not isinstance(found, kind):
            raise TypeError(f"the state of {kind.__name__} is a {type(found).__name__}")
        return found

    def show_created(self, shipments: Iterable[CreatedShipment]) -> None:
        """From now on, include these shipments of clients in all data, in place of those shown so far.

        Call it on the event loop, with all of them, whenever one is created or changes. Documents that are
        being written keep the shipments they began with. What a carrier has charged by now stays, and is
        corrected now if its price has changed. `created_shipments` explains a row and how v0 counts.

        :raises KeyError: unknown account, or a country the account does not sell in.
        :raises ValueError: two shipments with the same id, instants out of order, or a SKU that the
            destination did not sell through FBA when the shipment was created.
        """
        shown, now = {row.confirmation_id: row for row in self.simulation.created}, int(self.clock.now())
        self.simulation = self.simulation.with_created(
            row.following(shown.get(row.confirmation_id, row), now) for row in shipments
        )

    def report_types(self) -> set[str]:
        """What a fault may name as report_type: the report types, exports and queries of all families."""
        return {name for family in self.families for name in family.report_types()}

    def seller(self, seller_id: str) -> Seller:
        """A seller by id. Raises KeyError."""
        return self._sellers[seller_id]

    def account_of(self, seller_id: str | None) -> str | None:
        """The account name of a seller id."""
        return self._sellers[seller_id].account if seller_id in self._sellers else None

    @staticmethod
    def status_of(response: Response) -> int | None:
        """The status for the log: None when no response is sent."""
        return None if isinstance(response, NoAnswer) else response.status_code

    def start(self) -> None:
        """Start the workers before the first call rather than with it."""
        for state in self._states.values():
            state.start()

    def catch_up(self) -> None:
        """Carry out what is due by now in all families."""
        for state in self._states.values():
            state.catch_up()

    def reset(self) -> None:
        """Return to the state after the start, except for the clock, access tokens in use and counters of
        ids.
        """
        self.calls.clear()
        self.faults.clear()
        self.pages.clear()
        self.quotas.reset()
        self.show_created(())
        for state in self._states.values():
            state.reset()

    def close(self) -> None:
        """End the workers and delete the documents."""
        for state in reversed(self._states.values()):
            state.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def usage_plans(families: Iterable[Family]) -> dict[str, UsagePlan]:
    """Operation -> Amazon's usage plan."""
    return {name: plan for family in families for name, plan in family.usage_plans.items()}


def operations(families: Iterable[Family]) -> tuple[str, ...]:
    """All operations, those without a usage plan last."""
    families = tuple(families)
    return (*usage_plans(families), *(name for family in families for name in family.operations))


def _menu(families: Iterable[Family]) -> tuple[FaultKind, ...]:
    return (*http_faults.MENU, *paging_faults.MENU, *(kind for family in families for kind in family.faults))


def _stages(families: Iterable[Family]) -> dict[Stage, tuple[str, ...]]:
    found: dict[Stage, tuple[str, ...]] = {}
    for family in families:
        for stage, names in family.stages.items():
            found[stage] = (*found.get(stage, ()), *names)
    return found


def sandbox_of(request: Request) -> Sandbox:
    """The sandbox behind a request."""
    sandbox = request.app.state.sandbox
    if not isinstance(sandbox, Sandbox):
        raise TypeError("the app was made without a sandbox; use create_app")
    return sandbox
