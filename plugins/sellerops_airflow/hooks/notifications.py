"""Reads Airflow connection ``sellerops_notifications``: the SQS queue of Amazon's notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from sellerops.base.errors import SellerOpsError
from sellerops_airflow.hooks.missing import is_missing, unanswered

if TYPE_CHECKING:
    from sellerops.notifications.queue import QueueSettings

NOTIFICATIONS_CONN_ID = "sellerops_notifications"


class NotificationsHook(BaseHook):
    """Login and password: an AWS access key (empty: the machine's role); host: overrides AWS's address.

    Extra: ``queue_url``, ``region``, ``session_token``.
    """

    conn_name_attr = "notifications_conn_id"
    default_conn_name = NOTIFICATIONS_CONN_ID
    conn_type = "sellerops_notifications"
    hook_name = "Amazon notifications (SQS)"

    def __init__(self, notifications_conn_id: str = NOTIFICATIONS_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.notifications_conn_id = notifications_conn_id

    def get_conn(self) -> QueueSettings | None:
        """The queue, with its secrets masked in all logs; None when the connection does not exist.

        Raises ConfigurationError naming the field that is wrong, and RetryableError if Airflow does not
        answer.
        """
        from sellerops.notifications.queue import QueueSettings

        try:
            connection = self.get_connection(self.notifications_conn_id)
        except AirflowNotFoundException as error:
            if not is_missing(self.notifications_conn_id):
                raise unanswered(self.notifications_conn_id) from error
            return None
        settings = QueueSettings.of_connection(
            connection.login or "", connection.password or "", connection.host or "", connection.extra_dejson
        )
        for secret in (settings.secret_key, settings.session_token):
            if secret:
                mask_secret(secret)
        settings.check()
        return settings

    def test_connection(self) -> tuple[bool, str]:
        """Check that the queue can be read: (success, message), as the UI's *Test* button shows it."""
        from sellerops.notifications.queue import SqsQueue

        try:
            settings = self.get_conn()
            if settings is None:
                return False, f"connection {self.notifications_conn_id} does not exist."
            SqsQueue(settings).check_access()
        except SellerOpsError as error:
            return False, str(error)
        return True, f"The queue can be read: {settings.arn}"
