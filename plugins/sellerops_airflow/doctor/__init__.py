"""The doctor's checks that need Airflow, and where an Airflow process has the installation's addresses."""

from __future__ import annotations

from sellerops.doctor.installation import Installation


def installation() -> Installation:
    """The installation of this Airflow, with the addresses of its connections."""
    from sellerops_airflow.hooks.archive import archive_uri
    from sellerops_airflow.runtime import get_runtime

    return Installation(
        collector=lambda: get_runtime().conninfo,
        reader=lambda: get_runtime().reader_conninfo,
        archive=archive_uri,
    )
