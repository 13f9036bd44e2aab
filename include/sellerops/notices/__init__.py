"""What notices say, who gets them, and which still have to be sent; ``sellerops_airflow`` sends them."""

from sellerops.notices.events import Event
from sellerops.notices.messages import Failure, RunOutcome, failure_notice
from sellerops.notices.notice import Fault, Notice, escape, slack_blocks
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
    "escape",
    "failure_notice",
    "load_routes",
    "slack_blocks",
]
