"""Reads the Airflow variables with the addresses of the archive and of the drop folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sellerops.base.errors import ConfigurationError
from sellerops_airflow.hooks.missing import read_variable

if TYPE_CHECKING:
    from sellerops.settings.accounts import Account
    from sellerops.sources.common.folder_api import DropFolder

ARCHIVE_VARIABLE = "sellerops_archive_uri"
DROP_FOLDER_VARIABLE = "sellerops_drop_folder_uri"


def archive_uri() -> str:
    """The folder or object-storage address of the archive. Raises ConfigurationError when it is not set, and
    RetryableError if Airflow does not answer.
    """
    uri = read_variable(ARCHIVE_VARIABLE)
    if not uri:
        raise ConfigurationError(
            "is not set.",
            where=f"variable {ARCHIVE_VARIABLE}",
            remedy="Set it in Admin > Variables: the folder or object-storage address of original documents.",
        )
    return uri


def drop_folder_uri() -> str:
    """The folder or object-storage address where people put files. Raises ConfigurationError when it is not
    set, and RetryableError if Airflow does not answer.
    """
    uri = read_variable(DROP_FOLDER_VARIABLE)
    if not uri:
        raise ConfigurationError(
            "is not set.",
            where=f"variable {DROP_FOLDER_VARIABLE}",
            remedy="Set it in Admin > Variables: the folder or object-storage address that people put files "
            "into (docs/portal.md).",
        )
    return uri


def folder_client(account: Account) -> DropFolder:
    """The account's part of the drop folder. Raises ConfigurationError when its address is not set."""
    from sellerops.sources.folder.source import SOURCE

    return SOURCE.folder_client(account, drop_folder_uri())
