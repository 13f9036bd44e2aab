"""The operations that can be collected, by the name a spec calls them (``request.operation``)."""

from __future__ import annotations

from sellerops.sources.amazon_sp.operations.pages import Pages

OPERATIONS: dict[str, Pages] = {}
