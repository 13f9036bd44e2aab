"""What `make chaos` does to the network, in a namespace that nobody else uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sellerops_runtime.chaos.network import can_separate

_INSIDE = """
import socket, threading
from sellerops_runtime.chaos.network import Network

def echo(client):
    while data := client.recv(9):
        client.sendall(data)

def serve(server):
    while True:
        threading.Thread(target=echo, args=server.accept()[:1], daemon=True).start()

def connect():
    return socket.create_connection(server.getsockname(), timeout=0.4)

def answers(client):
    try:
        client.sendall(b"hello")
        return client.recv(9) == b"hello"
    except OSError as error:
        return type(error).__name__

def ask():
    try:
        with connect() as client:
            return answers(client)
    except OSError as error:
        return type(error).__name__

network = Network()
server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]
threading.Thread(target=serve, args=(server,), daemon=True).start()
old = connect()
print(ask(), answers(old))
network.cut(port)
print(ask())
network.heal()
network.reset(port)
print(ask())
network.heal()
network.forget([old.getsockname()[1]], port)
print(ask(), answers(old))
network.heal()
network.lose(port, 99)
print(ask())
network.heal()
print(ask())
"""


@pytest.mark.skipif(not can_separate(), reason="needs root, nftables, iproute2 and util-linux")
def test_connections_are_cut_reset_forgotten_and_healed() -> None:
    command = ["unshare", "--net", sys.executable, "-c", _INSIDE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split("\n")[:-1] == [
        "True True",
        "TimeoutError",
        "ConnectionRefusedError",
        "True TimeoutError",
        "TimeoutError",
        "True",
    ], done.stderr
