"""The data of the local Amazon: a seller history, generated from a seed, that adds up across reports. The
package does no HTTP, reads no clock and writes no files.
"""

from amazon_sandbox.simulation.documents import Document, FatalReport
from amazon_sandbox.simulation.sellers import SCENARIOS, Seller
from amazon_sandbox.simulation.settlements import SettlementRef
from amazon_sandbox.simulation.simulation import Simulation

__all__ = ["SCENARIOS", "Document", "FatalReport", "Seller", "SettlementRef", "Simulation"]
