"""FBA inbound shipments: requests, the workflow's steps, approvals and what follows. Runs without Airflow."""
