"""Pages beside Airflow's own: a slice's ledger entry, archived documents. Only the api-server imports it."""
