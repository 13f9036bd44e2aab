"""Same seed, same bytes: in any process, in any order of asking."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from support.examples import IS_WHOLE_SUITE
from unit.amazon_sandbox.simulation.reading import DE, INVENTORY, ORDERS, RETURNS, SALES, US

import amazon_sandbox.simulation as package
from amazon_sandbox.simulation import Document, Simulation

AS_OF = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def fingerprints(
    seed: int, *, backwards: bool = False, simulation: Simulation | None = None
) -> dict[str, str]:
    """Hashes of one document of each kind, written in either order."""
    simulation = simulation or Simulation(seed)
    na, eu = simulation.sellers
    day = date(2026, 11, 18)
    asked: dict[str, Callable[[], Document | None]] = {
        "sales": lambda: simulation.document(SALES, eu, [DE], day, day, {"asinGranularity": "SKU"}, AS_OF),
        "orders": lambda: simulation.document(ORDERS, na, [], AS_OF - timedelta(days=3), AS_OF, {}, AS_OF),
        "inventory": lambda: simulation.document(INVENTORY, na, [US], None, None, {}, AS_OF),
        "returns": lambda: simulation.document(RETURNS, eu, [], AS_OF - timedelta(days=5), AS_OF, {}, AS_OF),
        "settlement": lambda: simulation.settlement_document(
            eu, simulation.settlements(eu, AS_OF)[-1].settlement_id
        ),
    }
    found = {
        "sellers": hashlib.sha256(
            repr([(s, s.refresh_token) for s in simulation.sellers]).encode()
        ).hexdigest()
    }
    for name in reversed(asked) if backwards else asked:
        document = asked[name]()
        assert document is not None
        found[name] = hashlib.sha256(b"".join(document.chunks)).hexdigest()
    return found


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    """Of seed 7, in this process."""
    return fingerprints(7)


@pytest.mark.parametrize("hash_seed", ["1", "2"] if IS_WHOLE_SUITE else ["1"])
def test_same_bytes_in_another_process(here: dict[str, str], hash_seed: str) -> None:
    """Python randomises its hash per process, this one's too; no simulated figure may depend on it."""
    roots = [Path(package.__file__).parents[2], Path(__file__).parents[3]]
    script = (
        "from unit.amazon_sandbox.simulation.test_determinism import fingerprints\n"
        "print(sorted(fingerprints(7).items()))"
    )
    environment = os.environ | {
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join(map(str, roots)),
        "TZ": "Asia/Kolkata",
    }
    answer = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == str(sorted(here.items()))


def test_order_of_asking_does_not_matter(here: dict[str, str]) -> None:
    assert here == fingerprints(7, backwards=True)


def test_another_seed_gives_another_history(here: dict[str, str]) -> None:
    other = fingerprints(8)
    assert all(here[name] != other[name] for name in here)


def test_repeated_questions_get_equal_answers() -> None:
    simulation = Simulation(3)
    seller = simulation.sellers[0]
    window = (AS_OF - timedelta(days=2), AS_OF)
    first, second = (simulation.document(ORDERS, seller, [US], *window, {}, AS_OF) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.read() == second.read()


def test_threads_may_share_a_simulation(here: dict[str, str]) -> None:
    """The server answers from several threads."""
    shared = Simulation(7)
    with ThreadPoolExecutor(4) as pool:
        answers = [
            pool.submit(fingerprints, 7, backwards=backwards, simulation=shared)
            for backwards in (True, False) * 2
        ]
        assert all(answer.result() == here for answer in answers)
