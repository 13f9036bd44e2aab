"""Waiting, in the triggerer. Each asks again from the ledger, so each may be restarted at any point."""
