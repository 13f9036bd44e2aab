"""What a message to people says, who is told, and what is still to be sent; how is not known here."""

from sellerops.notices.events import Event
from sellerops.notices.messages import Failure, RunOutcome, failure_notice
from sellerops.notices.notice import Fault, Notice, blocks_of, plain
from sellerops.notices.routes import Kind, Routes, Target, load_routes

__all__ = [
    "Event",
    "Failure",
    "Fault",
    "Kind",
    "Notice",
    "Routes",
    "RunOutcome",
    "Target",
    "blocks_of",
    "failure_notice",
    "load_routes",
    "plain",
]
