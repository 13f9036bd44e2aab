"""Triggers, which keep their state in the ledger and so may be restarted at any point."""
