"""Runs as Airflow knows them: context, form, outcome, links, and what the ledger hears of their end."""
