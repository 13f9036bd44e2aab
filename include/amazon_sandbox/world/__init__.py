"""The data of the local Amazon: a seller history from a seed that adds up across reports. No HTTP, no
clock, no files written.
"""

from amazon_sandbox.world.documents import Document, FatalReport
from amazon_sandbox.world.sellers import SCENARIOS, Seller
from amazon_sandbox.world.settlements import SettlementRef
from amazon_sandbox.world.world import World

__all__ = ["SCENARIOS", "Document", "FatalReport", "Seller", "SettlementRef", "World"]
