"""Faults of Data Kiosk, in addition to those of any HTTP call and those of reports."""

from __future__ import annotations

from amazon_sandbox.core.faults import FaultKind, Stage
from amazon_sandbox.data_kiosk import economics_faults

REPEATED_RESULT = "repeated_result"

MENU = (
    FaultKind(
        REPEATED_RESULT,
        Stage.REPORT,
        "the next page of the query's result is this one again",
        operations=("createQuery",),
    ),
    *economics_faults.MENU,
)
