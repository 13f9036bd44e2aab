"""Checks of an installation: what is wrong, and what you do about it.

`sellerops doctor` prints their findings; ``/ready`` of the API server answers by those that probes need.
Checks that need Airflow are in ``sellerops_airflow.doctor``.
"""
