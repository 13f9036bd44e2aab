"""The account and store that a session shows: chosen in the account picker, and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.portal import Portal


def show_store(portal: Portal) -> None:
    """Show the portal's account and marketplace, and set ``portal.store`` to the name that the page shows."""
    raise NotImplementedError
