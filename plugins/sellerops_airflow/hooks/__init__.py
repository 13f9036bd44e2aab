"""Airflow connections as ready objects, one module a system."""
