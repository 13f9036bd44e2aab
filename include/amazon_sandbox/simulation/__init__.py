"""The data of the local Amazon: a seller history, generated from a seed, that adds up across reports. No
HTTP, no clock, no files written.
"""

from amazon_sandbox.simulation.documents import Document, FatalReport
from amazon_sandbox.simulation.sellers import SCENARIOS, Seller
from amazon_sandbox.simulation.settlements import SettlementRef
from amazon_sandbox.simulation.simulation import Simulation

__all__ = ["SCENARIOS", "Document", "FatalReport", "Seller", "SettlementRef", "Simulation"]
