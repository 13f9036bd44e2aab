"""How the project runs on one machine: embedded Postgres, Airflow's components, settings, demo."""
