"""Whether Amazon still accepts each account's credentials, judged by earlier calls and tests; makes none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sellerops.doctor.finding import Finding, State
from sellerops.doctor.installation import Installation
from sellerops.read_models.connections.tests import ConnectionTest, read_connection_tests
from sellerops.read_models.connections.tokens import TokenUse, read_token_uses
from sellerops.settings.accounts import load_accounts

NAME = "tokens"


def examine_tokens(installation: Installation) -> Iterator[Finding]:
    """One finding per account and source."""
    accounts = load_accounts()
    with installation.reading() as connection:
        uses, tests = read_token_uses(connection), read_connection_tests(connection)
    for account in accounts.values():
        for source in account.api_sources:
            conn_id = account.connection_of(source)
            yield _judge(account.id, conn_id, uses.get((account.id, source)), tests.get(conn_id))
    if not accounts:
        yield Finding(NAME, State.OK, "No accounts are configured.")


def _judge(account_id: str, conn_id: str, use: TokenUse | None, test: ConnectionTest | None) -> Finding:
    passed = test.tested_at if test and test.state == "ok" else None
    failed = test.tested_at if test and test.state != "ok" else None
    worked = _newest(use.worked_at if use else None, passed)
    refused = _newest(use.refused_at if use else None, failed)
    if refused and (worked is None or refused > worked):
        since = f"; it last worked at {worked:%Y-%m-%d %H:%M} UTC" if worked else ""
        return Finding(
            NAME,
            State.FAILED,
            f"Amazon refused account {account_id} (connection {conn_id}) at {refused:%Y-%m-%d %H:%M} UTC"
            f"{since}.",
            f"Renew the token in connection {conn_id}, then run `sellerops connections test {conn_id}`.",
        )
    if worked is None:
        return Finding(
            NAME,
            State.WARNING,
            f"Account {account_id} (connection {conn_id}) has not been used for three days, so it is unknown "
            "whether Amazon still accepts it.",
            f"Run `sellerops connections test {conn_id}`, and unpause the account's DAGs.",
        )
    return Finding(
        NAME, State.OK, f"Amazon accepted account {account_id} ({conn_id}) at {worked:%Y-%m-%d %H:%M} UTC."
    )


def _newest(*moments: datetime | None) -> datetime | None:
    return max((each for each in moments if each), default=None)


__all__ = ["NAME", "examine_tokens"]
