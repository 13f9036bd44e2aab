"""Slack, ClickUp, Telegram and e-mail: the token, and one message where ``notices.yaml`` has a target."""

from __future__ import annotations

import pytest
from real.connections import connection_of

from sellerops import __version__
from sellerops.notices.outbox import Post
from sellerops.notices.routes import CONNECTIONS, Kind, load_routes
from sellerops_airflow.hooks.connection_tests import check_connections
from sellerops_airflow.notifiers import channels

pytestmark = pytest.mark.real
TEXT = f"sellerops {__version__}: `make test-real` reaches this channel."


@pytest.mark.parametrize("kind", list(Kind))
def test_the_token_is_accepted(kind: Kind) -> None:
    conn_id = CONNECTIONS[kind]
    connection_of(conn_id)
    answer = check_connections([conn_id])[conn_id]
    assert answer["state"] == "ok", answer["message"]


@pytest.mark.parametrize("kind", list(Kind))
def test_one_message_arrives(kind: Kind) -> None:
    found = [(name, each) for name, each in load_routes().channels.items() if each.kind is kind]
    if not found:
        pytest.skip(f"notices.yaml has no channel of kind {kind}")
    name, channel = found[0]
    target = channel.target(name, "", "")
    connection_of(target.connection)
    assert channels.send(kind, target.connection, Post(target.to, TEXT, []))
