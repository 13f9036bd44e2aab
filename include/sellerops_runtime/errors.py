"""Errors while starting the project on one machine."""

from __future__ import annotations

from sellerops.base.errors import SellerOpsError


class StartError(SellerOpsError):
    """The machine or a started component keeps the project from running."""

    default_remedy = "Read the log named above, then start again."


class PortTaken(StartError):
    """The requested port is in use."""


class Stalled(StartError):
    """Waiting was given up after a long time without progress."""


class AlreadyRunning(StartError):
    """Another demo uses the same folder."""
