"""Airflow runs: their context, trigger form, outcome and links, and how the ledger records their end."""
