"""Where an Airflow process finds the addresses of its installation."""

from __future__ import annotations

from sellerops.doctor.installation import Installation
from sellerops_airflow.hooks.archive import archive_uri
from sellerops_airflow.runtime import get_runtime


def installation() -> Installation:
    """The installation of this Airflow, with the addresses of its connections."""
    return Installation(
        collector=lambda: get_runtime().conninfo,
        reader=lambda: get_runtime().reader_conninfo,
        archive=archive_uri,
    )


__all__ = ["installation"]
