"""Telling people in Slack, once, that a run failed: DAG-level failure callback of every report."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier, Context

from sellerops_airflow.run_outcomes import outcome_of_run
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.notices import Notice, RunOutcome

log = logging.getLogger(__name__)

_SEND_TIMEOUT_S = 15


class ReportFailureNotifier(BaseNotifier):
    """Gathers what failed in the run, and sends it through the Slack provider.

    Never raises: a notice that cannot be sent is logged and given back; the maintenance DAG sends it later.
    """

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Nothing here is a template; Airflow's own rendering raises in ``dag.test()``, before ``notify``."""

    def notify(self, context: Context) -> None:
        try:
            ledger = get_runtime().ledger
            tell(ledger, outcome_of_run(ledger, context))
        except Exception:
            # A callback that raises would hide the failure it tells of.
            log.exception("The failure of this run was not told to anybody")


def tell(ledger: Ledger, outcome: RunOutcome) -> bool:
    """Send the notice of a failed run unless somebody has; True when this call sent it.

    Raises what the sending raised, after giving the claim back.
    """
    from sellerops.notices import failure_notice

    return tell_notice(ledger, failure_notice(outcome))


def tell_notice(ledger: Ledger, notice: Notice) -> bool:
    """Send a notice unless somebody has; True when this call sent it.

    Raises what the sending raised, after giving the claim back.
    """
    from sellerops.notices import Event, load_routes

    routes = load_routes()
    channel = routes.channels.get(notice.event, routes.channels[Event.PARTIAL_FAILURE])
    if channel is None:
        log.info("Nobody is told of %s: %s stays quiet", notice.key, notice.severity)
        return False
    if not ledger.claim_notice(notice.key):
        log.info("Somebody has been told of %s already", notice.key)
        return False
    try:
        send(routes.connection, channel, notice)
    except BaseException:
        ledger.release_notice(notice.key)
        raise
    log.info("Told %s of %s", channel, notice.key)
    return True


def send(connection: str, channel: str, notice: Notice) -> None:
    """Post with the Slack provider, past its templating: the text of an error is no template."""
    from airflow.providers.slack.notifications.slack import SlackNotifier
    from slack_sdk.http_retry.builtin_handlers import (
        ConnectionErrorRetryHandler,
        RateLimitErrorRetryHandler,
        ServerErrorRetryHandler,
    )

    retries = [ConnectionErrorRetryHandler(2), ServerErrorRetryHandler(2), RateLimitErrorRetryHandler(2)]
    SlackNotifier(
        slack_conn_id=connection,
        channel=channel,
        text=notice.text,
        blocks=notice.blocks,
        username="sellerops",
        timeout=_SEND_TIMEOUT_S,
        retry_handlers=retries,
        unfurl_links=False,
    ).notify({})  # type: ignore[no-untyped-call]
