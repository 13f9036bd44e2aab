"""Checks of an installation: what is wrong, and what you do about it.

`sellerops doctor` prints their findings; ``/ready`` of the API server runs only the checks that probes need.
Checks that need Airflow are in ``sellerops_airflow.doctor``.
"""
