"""Cuts and resets connections between components and drops packets, in a network namespace of their own.

The kernel drops packets to or from a port; the namespace contains only our packets. Needs root and Debian's
`nftables` and `iproute2`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_INSIDE = "SELLEROPS_CHAOS_INSIDE"
_CHAIN = "inet sellerops_chaos out"
_UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")
# Tries the operations that are needed inside the namespaces.
_PROBE = "ip link set lo up && nft add table inet sellerops_chaos && mount -t tmpfs sellerops-chaos /tmp"


class Network:
    """The loopback interface of our namespace, with a chain of rules that is empty until something is cut."""

    def __init__(self) -> None:
        _run("ip", "link", "set", "lo", "up")
        _run("nft", "add table inet sellerops_chaos")
        _run("nft", f"add chain {_CHAIN} {{ type filter hook output priority 0; }}")

    def cut(self, port: int) -> None:
        """Drop everything to and from the port; neither side gets an answer or an error."""
        self._add(f"tcp dport {port} drop", f"tcp sport {port} drop")

    def reset(self, port: int) -> None:
        """Reject everything sent to the port, which resets connections that send."""
        self._add(f"tcp dport {port} reject with tcp reset")

    def lose(self, port: int, percent: int) -> None:
        """Drop some of the packets to and from the port, which makes it slow."""
        lost = f"numgen random mod 100 < {percent} drop"
        self._add(f"tcp dport {port} {lost}", f"tcp sport {port} {lost}")

    def forget(self, ports: Iterable[int], port: int) -> None:
        """Drop all packets of connections between ``ports`` and ``port``, like a gateway that lost its state.

        New connections work.
        """
        for each in ports:
            self._add(f"tcp sport {each} tcp dport {port} drop", f"tcp sport {port} tcp dport {each} drop")

    def heal(self) -> None:
        """Remove all rules."""
        _run("nft", f"flush chain {_CHAIN}")

    def _add(self, *rules: str) -> None:
        for rule in rules:
            _run("nft", f"add rule {_CHAIN} {rule}")


def enter_namespaces() -> None:
    """Start this program again in namespaces of its own.

    Returns when already inside them, or where they are not possible. Besides the network, they separate
    mounts, so that there is a disk to fill, and processes, so that none can outlive the program.
    """
    if os.environ.get(_INSIDE) or not can_separate():
        return
    argv = [*_UNSHARE, sys.executable, *sys.orig_argv[1:]]
    os.execvpe("unshare", argv, {**os.environ, _INSIDE: "1"})


def is_separate() -> bool:
    """Whether we are in namespaces of our own."""
    return bool(os.environ.get(_INSIDE))


def can_separate() -> bool:
    """Whether this user may create the namespaces and the machine has the programs for it."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("ip", "nft", "unshare", "mount"))):
        return False
    probe = [*_UNSHARE, "sh", "-c", _PROBE]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def mount_small_disk(folder: Path, megabytes: int) -> None:
    """Mount a file system in memory on ``folder``; it disappears with our namespace."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "sellerops-chaos", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
