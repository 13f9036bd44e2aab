"""A SKU from which a row of the mart ``restock`` is computed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf

from sellerops.demand.demand_path import DemandPath
from sellerops.demand.lead_times import Days, LeadTime
from sellerops.demand.order_money import UnitCost
from sellerops.demand.order_quantity import BuyingRules, Quantity
from sellerops.demand.overrides import Override
from sellerops.demand.position import Position
from sellerops.demand.restock import Policy, Proposal, propose
from sellerops.demand.restock_reading import Place
from sellerops.demand.settings import DemandSettings
from sellerops.demand.suppliers import Supply

BASE_LEVEL = 0.95


@dataclass
class Line:
    """Everything known, proposed and decided about a SKU in a stock pool.

    ``has_old_stock``: a newer snapshot does not contain the SKU. ``order_lead``: days from this order until
    its units can be sold, if they differ from ``lead``, by which earlier orders arrive.
    """

    place: Place
    pool: str
    supply: Supply
    lead: LeadTime
    position: Position | None
    demand: DemandPath | None
    has_old_stock: bool = False
    abc: str = "C"
    level: float = BASE_LEVEL
    level_from: str = "class"
    cost: UnitCost | str = "cost"
    margin: float | None = None
    proposal: Proposal | None = None
    quantity: Quantity = field(default_factory=lambda: Quantity(0))
    override: Override | None = None
    order_lead: Days | None = None

    @property
    def urgency(self) -> float:
        """Days until the order is due."""
        due = self.proposal.order_by if self.proposal else None
        return inf if due is None else float(due)

    @property
    def landed(self) -> float | None:
        """Landed cost per unit at the ordered quantity."""
        if isinstance(self.cost, str):
            return None
        return BuyingRules(prices=self.cost.prices).price_of(max(1, self.quantity.units))

    @property
    def protection(self) -> float:
        """Days that stock and this order must cover: until the next order could arrive."""
        return (self.order_lead or self.lead.total).mean + self.supply.review_days

    def propose(self, settings: DemandSettings) -> None:
        """Compute the proposal and its quantity at ``level``; none without a position or a forecast."""
        if self.position is None or self.demand is None:
            return
        prices = self.cost.prices if isinstance(self.cost, UnitCost) else ()
        policy = Policy(
            lead=self.order_lead or self.lead.total,
            review_days=self.supply.review_days,
            service_level=self.level,
            rules=BuyingRules(self.supply.case_pack, self.supply.minimum, prices),
            min_cover=settings.min_cover_days,
            max_cover=settings.max_cover_days,
            holding_rate=settings.holding_rate,
        )
        self.proposal = propose(self.position, self.demand, policy)
        quantity = self.proposal.quantity
        self.quantity = replace(quantity, reasons=(*self.proposal.limits, *quantity.reasons))
