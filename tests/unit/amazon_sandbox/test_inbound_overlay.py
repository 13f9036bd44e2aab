"""The placement fee of a plan, divided among its shipments."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from amazon_sandbox.inbound.overlay import _placement_fee


def shipment(units: int) -> Any:
    return SimpleNamespace(shipped_units=lambda: {"SKU": units})


@given(fee=st.integers(0, 10**7), units=st.lists(st.integers(0, 5_000), min_size=1, max_size=6))
def test_the_shares_add_up_to_the_fee(fee: int, units: list[int]) -> None:
    plan = SimpleNamespace(
        placement=SimpleNamespace(placement_fee=fee), shipments=[shipment(each) for each in units]
    )
    shares = [_placement_fee(cast(Any, plan), each) for each in plan.shipments]
    assert sum(shares) == (fee if sum(units) else 0)
    assert all(share >= 0 for share in shares)
