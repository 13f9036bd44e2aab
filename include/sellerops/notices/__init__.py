"""What a message to people says, and which channel it belongs to; how it is sent is not known here."""

from sellerops.notices.messages import Failure, Notice, RunOutcome, failure_notice
from sellerops.notices.routes import Event, Routes, Severity, load_routes

__all__ = ["Event", "Failure", "Notice", "Routes", "RunOutcome", "Severity", "failure_notice", "load_routes"]
