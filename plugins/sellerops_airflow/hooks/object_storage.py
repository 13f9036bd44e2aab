"""Reads Airflow connection ``sellerops_storage``: S3 for archive, drop folder and packing lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from sellerops.base.errors import SellerOpsError
from sellerops_airflow.hooks.archive import archive_uri
from sellerops_airflow.hooks.missing import is_missing, unanswered

if TYPE_CHECKING:
    from sellerops.storage import S3Settings

STORAGE_CONN_ID = "sellerops_storage"


class ObjectStorageHook(BaseHook):
    """Login and password: an access key (empty: the machine's role); host: overrides Amazon's address.

    Extra: ``region``, ``session_token``.
    """

    conn_name_attr = "storage_conn_id"
    default_conn_name = STORAGE_CONN_ID
    conn_type = "sellerops_storage"
    hook_name = "Object storage (S3)"

    def __init__(self, storage_conn_id: str = STORAGE_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.storage_conn_id = storage_conn_id

    def get_conn(self) -> S3Settings:
        """The settings, with secrets masked in all logs; empty ones when the connection does not exist.

        Raises ConfigurationError naming the wrong field, and RetryableError if Airflow does not answer.
        """
        from sellerops.storage import S3Settings

        try:
            connection = self.get_connection(self.storage_conn_id)
        except AirflowNotFoundException as error:
            if not is_missing(self.storage_conn_id):
                raise unanswered(self.storage_conn_id) from error
            return S3Settings()
        settings = S3Settings.of_connection(
            connection.login or "", connection.password or "", connection.host or "", connection.extra_dejson
        )
        for secret in (settings.secret_key, settings.session_token):
            if secret:
                mask_secret(secret)
        return settings

    def test_connection(self) -> tuple[bool, str]:
        """Check that the archive can be read: (success, message), as the UI's *Test* button shows it."""
        from sellerops.archive import Archive
        from sellerops.storage import use_s3_settings

        use_s3_settings(self.get_conn)
        try:
            self.get_conn()
            uri = archive_uri()
            if not uri.startswith("s3://"):
                return True, f"The fields are complete. Nothing uses them yet: the archive is {uri}."
            owner = Archive(uri).owner()
        except SellerOpsError as error:
            return False, str(error)
        return True, f"The archive {uri} can be read" + (
            "." if owner else "; it is empty and belongs to the first installation that writes to it."
        )


def use_storage_connection() -> None:
    """Let this process read S3's settings from the connection, once a minute while it uses S3."""
    from sellerops.storage import use_s3_settings

    use_s3_settings(lambda: ObjectStorageHook().get_conn())
