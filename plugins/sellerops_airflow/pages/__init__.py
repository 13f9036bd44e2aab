"""The api-server's pages besides Airflow's: ledger entries, documents, labels, evidence, reference data."""
