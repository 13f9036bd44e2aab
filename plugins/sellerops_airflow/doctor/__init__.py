"""Checks that need Airflow, and the probes ``/health`` and ``/ready`` of the API server."""
