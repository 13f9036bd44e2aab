"""The memory of what was asked, loaded, refused and changed: small tables in schema ``sellerops``."""

from sellerops.ledger.ledger import Ledger
from sellerops.ledger.models import (
    ACTIVE,
    TERMINAL,
    ApiCall,
    LoadRecord,
    Reject,
    ReportRequest,
    RequestKey,
    RequestStatus,
    RunRef,
    SchemaChange,
    SliceRow,
    SliceState,
)

__all__ = [
    "ACTIVE",
    "TERMINAL",
    "ApiCall",
    "Ledger",
    "LoadRecord",
    "Reject",
    "ReportRequest",
    "RequestKey",
    "RequestStatus",
    "RunRef",
    "SchemaChange",
    "SliceRow",
    "SliceState",
]
