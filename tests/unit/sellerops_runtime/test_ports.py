"""A requested port is never replaced silently; without a request, any free one is chosen."""

import socket

import pytest

from sellerops_runtime.errors import PortTaken
from sellerops_runtime.ports import LOOPBACK, choose_port, free_ports, is_free


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_free_ports_are_free_and_differ():
    assert len(set(free_ports(5))) == 5
    # Another program may take one of them at any moment.
    assert any(all(is_free(port) for port in free_ports(5)) for _ in range(5))


def test_free_ports_are_none_that_the_system_gives_to_others_meanwhile():
    """A connection may take a port that the system chose before our server listens on it."""
    given = []
    for _ in range(50):
        with socket.socket() as other:
            other.bind((LOOPBACK, 0))
            given.append(other.getsockname()[1])
    assert max(free_ports(50)) < min(given)


def test_another_port_is_chosen_when_the_preferred_one_is_taken(taken, monkeypatch):
    monkeypatch.delenv("DEMO_UI_PORT", raising=False)
    chosen = [choose_port("DEMO_UI_PORT", taken) for _ in range(5)]
    assert taken not in chosen
    assert any(is_free(port) for port in chosen)


def test_the_preferred_port_is_taken_when_free(monkeypatch):
    monkeypatch.delenv("DEMO_UI_PORT", raising=False)
    # Not from the range that the system assigns, also for connections.
    preferred = next(port for port in range(20_000, 32_000) if is_free(port))
    assert choose_port("DEMO_UI_PORT", preferred) == preferred


def test_a_port_asked_for_and_in_use_is_refused_by_the_variables_name(taken, monkeypatch):
    monkeypatch.setenv("DEMO_UI_PORT", str(taken))
    with pytest.raises(PortTaken, match=f"DEMO_UI_PORT: port {taken} is in use.*Set DEMO_UI_PORT"):
        choose_port("DEMO_UI_PORT")


@pytest.mark.parametrize("nonsense", ["web", "0", "65536", "-1", "80.5"])
def test_an_invalid_port_is_refused(nonsense, monkeypatch):
    monkeypatch.setenv("DEMO_UI_PORT", nonsense)
    with pytest.raises(PortTaken, match="is not a valid port"):
        choose_port("DEMO_UI_PORT")
