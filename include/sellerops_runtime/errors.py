"""What can go wrong while starting; each error says what to do next."""

from __future__ import annotations

from sellerops.base.errors import SellerOpsError


class StartError(SellerOpsError):
    """Something of the machine or of a started part keeps the project from running."""

    default_remedy = "Read the log named above, then start again."


class PortTaken(StartError):
    """A port that was asked for is in use."""


class Stalled(StartError):
    """What was waited for does not come: nothing has moved for long."""


class AlreadyRunning(StartError):
    """Another start uses the same folder."""
