"""Pages of the api-server beside Airflow's own: a slice's ledger entry and archived documents."""
