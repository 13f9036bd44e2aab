"""Turns Airflow connections into ready-to-use objects, one module per system."""
