"""Reads the Airflow variable with the archive's address."""

from __future__ import annotations

from airflow.sdk import Variable

from sellerops.base.errors import ConfigurationError

ARCHIVE_VARIABLE = "sellerops_archive_uri"


def archive_uri() -> str:
    """The folder or object-storage address of the archive. Raises ConfigurationError when it is not set."""
    uri = Variable.get(ARCHIVE_VARIABLE, default=None)
    if not uri:
        raise ConfigurationError(
            "is not set.",
            where=f"variable {ARCHIVE_VARIABLE}",
            remedy="Set it in Admin > Variables: the folder or object-storage address of original documents.",
        )
    return str(uri)
