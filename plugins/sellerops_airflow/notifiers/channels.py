"""The kinds of channels: which module sends to which, and whether a channel has its connection."""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from sellerops.notices.routes import Kind, Target
from sellerops_airflow.hooks.missing import is_missing

if TYPE_CHECKING:
    from sellerops.notices.outbox import Post

log = logging.getLogger(__name__)

# Each has ``send(connection, post) -> reference``, which raises ChannelError.
_MODULES = {
    Kind.SLACK: "sellerops_airflow.notifiers.slack",
    Kind.CLICKUP: "sellerops_airflow.notifiers.clickup",
    Kind.TELEGRAM: "sellerops_airflow.notifiers.telegram",
    Kind.EMAIL: "sellerops_airflow.notifiers.mail",
}
_warned: set[str] = set()


def send(kind: str, connection: str, post: Post) -> str:
    """Send one message and return the channel's id of it. Raises only ChannelError, whatever goes wrong."""
    from sellerops.notices.outbox import ChannelError

    try:
        module = importlib.import_module(_MODULES[Kind(kind)])
        reference: str = module.send(connection, post)
    except ChannelError:
        raise
    except Exception as error:
        # Clients raise many types; a message that one of them cannot send is retried like any other.
        raise ChannelError(f"{type(error).__name__}: {error}") from error
    return reference


def has_connection(target: Target) -> bool:
    """Whether the target's Airflow connection exists. Each process logs once when it does not.

    True also while Airflow cannot look it up: what is recorded for the channel now is sent later.
    """
    try:
        BaseHook.get_connection(target.connection)
    except AirflowNotFoundException:
        if not is_missing(target.connection):
            log.warning(
                "Airflow could not look up connection %r of channel %r.", target.connection, target.channel
            )
            return True
        if target.connection not in _warned:
            _warned.add(target.connection)
            log.warning(
                "Channel %r is skipped: connection %r does not exist. Add it in Admin > Connections, or "
                "remove the channel from config/notices.yaml.",
                target.channel,
                target.connection,
            )
        return False
    return True
