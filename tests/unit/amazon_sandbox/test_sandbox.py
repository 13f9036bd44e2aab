"""A sandbox is made of the families it is given."""

from __future__ import annotations

from functools import partial

import pytest

from amazon_sandbox.app import FAMILIES
from amazon_sandbox.core.sandbox import Family, FamilyState, Sandbox, operations
from amazon_sandbox.lwa.family import FAMILY as LWA
from amazon_sandbox.lwa.state import TokenStore
from amazon_sandbox.reports.state import ReportStore
from amazon_sandbox.simulation import Simulation


class Counter(FamilyState):
    """A state that counts its resets."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1


def test_it_has_the_operations_and_states_of_its_families_only() -> None:
    sandbox = Sandbox(partial(Simulation, 7), (LWA,))
    assert sandbox.faults.operations == ("token",)
    assert sandbox.state(TokenStore).seller_id_of(sandbox.simulation.sellers[0].refresh_token)
    with pytest.raises(KeyError):
        sandbox.state(ReportStore)
    sandbox.close()


def test_a_reset_reaches_every_state() -> None:
    sandbox = Sandbox(partial(Simulation, 7), (LWA, Family(routes=(), states=(Counter,))))
    sandbox.reset()
    assert sandbox.state(Counter).resets == 1
    sandbox.close()


def test_no_two_families_serve_one_operation_or_path() -> None:
    names = operations(FAMILIES)
    assert len(names) == len(set(names)) > 60
    endpoints = [
        (route.path, method)  # type: ignore[attr-defined]
        for family in FAMILIES
        for route in family.routes
        for method in route.methods  # type: ignore[attr-defined]
    ]
    assert len(endpoints) == len(set(endpoints))
