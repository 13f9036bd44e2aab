"""Runs the project on one machine: embedded Postgres, Airflow's components, settings, demo."""
