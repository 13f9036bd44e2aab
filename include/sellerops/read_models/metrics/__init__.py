"""Metrics: figures about collecting that monitoring watches, read from the ledger."""
