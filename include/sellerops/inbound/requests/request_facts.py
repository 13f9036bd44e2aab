"""What is known when a request is validated: settings, listings, and Amazon's prep details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sellerops.inbound.models import Owner
from sellerops.inbound.settings import InboundSettings
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import Marketplace

UNCLASSIFIED = "UNKNOWN"
NO_PREP = "NONE"
SENT_BY_AMAZON = "FC_PROVIDED"


class OwnerConstraint(StrEnum):
    """Who may prep or label an item (listPrepDetails)."""

    AMAZON_ONLY = "AMAZON_ONLY"
    NONE_ONLY = "NONE_ONLY"
    SELLER_ONLY = "SELLER_ONLY"

    @property
    def owner(self) -> Owner:
        return Owner(self.value.removesuffix("_ONLY"))


@dataclass(frozen=True)
class PrepDetails:
    """Amazon's prep classification of a SKU in a marketplace (listPrepDetails).

    ``category`` UNKNOWN: not classified. ``owners_must_match``: prep and label owner must be the same.
    """

    category: str
    types: tuple[str, ...] = ()
    prep_owner: OwnerConstraint | None = None
    label_owner: OwnerConstraint | None = None
    owners_must_match: bool = False

    @property
    def is_classified(self) -> bool:
        return self.category != UNCLASSIFIED

    @property
    def needs_prep(self) -> bool:
        """Whether somebody has to prep the item; labelling does not count."""
        if not self.is_classified or self.category == NO_PREP:
            return False
        return not self.types or bool(set(self.types) - {"ITEM_NO_PREP", "ITEM_LABELING"})


@dataclass(frozen=True)
class Facts:
    """What ``find_problems`` compares a request with.

    ``now``: aware. ``listed``: for every SKU listed in the marketplace, whether Amazon fulfils it; None while
    the listings are not known. ``prep``: by SKU; None if Amazon was not asked or refused to answer.
    ``open_runs``: the name of every open run of the account, with its id.
    """

    settings: InboundSettings
    accounts: Mapping[str, Account]
    marketplaces: Mapping[str, Marketplace]
    now: datetime
    listed: Mapping[str, bool] | None = None
    prep: Mapping[str, PrepDetails] | None = None
    open_runs: Mapping[str, int] = field(default_factory=dict)
