"""The ledger: what was requested, loaded, rejected and changed, in small tables of schema ``sellerops``."""

from sellerops.ledger.ledger import Ledger
from sellerops.ledger.models import (
    ACTIVE,
    TERMINAL,
    ApiCall,
    LoadRecord,
    ReportRequest,
    RequestKey,
    RequestStatus,
    RunRef,
    SliceRow,
    SliceState,
)

__all__ = [
    "ACTIVE",
    "TERMINAL",
    "ApiCall",
    "Ledger",
    "LoadRecord",
    "ReportRequest",
    "RequestKey",
    "RequestStatus",
    "RunRef",
    "SliceRow",
    "SliceState",
]
