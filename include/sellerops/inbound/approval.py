"""Decisions about an offer: what a person can approve, and what needs no person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sellerops.inbound.models import Combination, Offer
from sellerops.inbound.offers import build_offer, fingerprint
from sellerops.settings.marketplaces import marketplace_by_id

if TYPE_CHECKING:
    from sellerops.inbound.settings import InboundSettings
    from sellerops.inbound.store import InboundStore


def auto_approval(offer: Offer, settings: InboundSettings, account_id: str) -> Combination | None:
    """The recommended combination if its cost per unit is low enough to be approved without a person
    (``auto_approve`` in config/inbound.yaml, off by default); None if a person must decide.
    """
    best = next((each for each in offer.combinations if each.is_recommended), None)
    if best is None or best.per_unit is None:
        return None
    limit = settings.auto_approval_limit(account_id, best.per_unit.currency)
    return best if limit is not None and best.per_unit.amount <= limit else None


def current_offer(store: InboundStore, inbound_run_id: int, read_at: datetime) -> Offer:
    """Amazon's offer as the ledger has it. Once a placement is confirmed, only its combinations.

    Synchronous. ``read_at``: options that have expired by then are left out.
    """
    run = store.run(inbound_run_id)
    placements = store.placements(inbound_run_id)
    if run.placement_option_id:
        placements = [each for each in placements if each.placement_option_id == run.placement_option_id]
    return build_offer(
        run.request,
        placements,
        store.transportation(inbound_run_id),
        store.shipments(inbound_run_id),
        currency=marketplace_by_id(run.marketplace_id).currency,
        read_at=read_at,
        packing=run.packing_fees,
    )


__all__ = ["auto_approval", "current_offer", "fingerprint"]
