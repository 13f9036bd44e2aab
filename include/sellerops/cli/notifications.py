"""`notifications`: completion notifications from Amazon through an SQS queue: set up, check, test."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import ConfigurationError, GiveUpError
from sellerops.cli.arguments import chosen_accounts
from sellerops.cli.credentials import credentials_of, queue_settings
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger
from sellerops.ledger import Ledger, notifications
from sellerops.notifications.messages import TEST_TYPE
from sellerops.notifications.queue import SqsQueue
from sellerops.notifications.subscriptions import TYPES, Step, remove, set_up
from sellerops.settings.accounts import Account
from sellerops.sources.amazon_sp.notifications import NotificationsApi

_Work = Callable[[NotificationsApi, Ledger, Account, str], Awaitable[list[Step]]]


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "notifications", help="Amazon's notifications (SQS), which replace polling: set up, status, test"
    )
    acts = parser.add_subparsers(required=True, metavar="act")
    made = acts.add_parser("setup", help="subscribe accounts to the queue; may be repeated")
    made.set_defaults(run=_setup)
    gone = acts.add_parser("remove", help="end an account's subscriptions")
    gone.add_argument("--any-queue", action="store_true", help="also subscriptions to other queues")
    gone.set_defaults(run=_remove)
    for each in (made, gone):
        each.add_argument("--account", required=True, help="an account from accounts.yaml, or `all`")
    shown = acts.add_parser("status", help="subscriptions, received notifications, listeners")
    shown.set_defaults(run=_status)
    test = acts.add_parser("test", help="send a message through the queue and wait until it is in the ledger")
    test.add_argument("--seconds", type=float, default=60.0, help="how long to wait (default: %(default)s)")
    test.add_argument("--account", help="let Amazon send it instead, through this account's application")
    test.add_argument("--scenario", help="Amazon's testScenario; with --account")
    test.set_defaults(run=_test)


def _setup(options: argparse.Namespace) -> int:
    async def work(api: NotificationsApi, ledger: Ledger, account: Account, arn: str) -> list[Step]:
        return await set_up(api, ledger, account.id, arn)

    return _for_accounts(options.account, work)


def _remove(options: argparse.Namespace) -> int:
    async def work(api: NotificationsApi, ledger: Ledger, account: Account, arn: str) -> list[Step]:
        return await remove(api, ledger, account.id, arn, any_queue=options.any_queue)

    return _for_accounts(options.account, work)


def _sellers(name: str | None) -> list[Account]:
    """The account ``name``, or all accounts with the Selling Partner API if it is None.

    Raises ConfigurationError if the account does not have it.
    """
    found = [account for account in chosen_accounts(name) if "amazon_sp" in account.sources]
    if name and not found:
        raise ConfigurationError(
            f"account {name} does not have the source `amazon_sp`.",
            where="config/accounts.yaml",
            remedy="Choose another account.",
        )
    return found


def _for_accounts(name: str, work: _Work) -> int:
    arn, ledger = queue_settings().arn, open_ledger()
    try:
        for account in _sellers(None if name == "all" else name):
            for step in asyncio.run(_with_api(account, ledger, arn, work)):
                print(f"{account.id}: {step.text}{'' if step.is_new else ' (already done)'}")
    finally:
        ledger.close()
    return 0


async def _with_api(account: Account, ledger: Ledger, arn: str, work: _Work) -> list[Step]:
    async with NotificationsApi(credentials_of(account), ledger, account.id) as api:
        return await work(api, ledger, account, arn)


def _status(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        shown = ledger.database.run(notifications.overview)
    header = ("account", "type", "received", "last", "replaces polling", "queue")
    rows = [
        (
            one["account_id"],
            one["notification_type"],
            one["received"],
            one["last_received"],
            "yes" if one["is_working"] else "no",
            one["queue"],
        )
        for one in shown["subscriptions"]
    ]
    print_table(
        header, rows, empty="No account is subscribed. Run `sellerops notifications setup --account all`."
    )
    listeners = [
        (one["queue"], "yes" if one["is_alive"] else "no", one["told_at"], one["problem"] or "")
        for one in shown["listeners"]
    ]
    print("\nListeners (DAG sellerops__notifications):")
    print_table(("queue", "active", "since", "problem"), listeners, empty="None so far.")
    if shown["problems"]:
        print("\nStored but not used:")
        problems = [(one["problem"], one["count"], one["last"]) for one in shown["problems"]]
        print_table(("why", "messages", "last"), problems, empty="")
    return 0


def _test(options: argparse.Namespace) -> int:
    settings = queue_settings()
    if options.account:
        return _let_amazon_send(options, settings.arn)
    name = f"{TEST_TYPE.lower()}-{uuid.uuid4()}"
    SqsQueue(settings).send(
        json.dumps({"notificationType": TEST_TYPE, "notificationMetadata": {"notificationId": name}})
    )
    ledger, began = open_ledger(), time.monotonic()
    try:
        while not ledger.database.run(lambda c: notifications.find(c, name)):
            if time.monotonic() - began > options.seconds:
                raise GiveUpError(
                    f"the message is in the queue, but not in the ledger after {options.seconds:.0f} s.",
                    where=settings.arn,
                    remedy="Unpause the DAG sellerops__notifications; see `sellerops notifications status`.",
                )
            time.sleep(0.5)
    finally:
        ledger.close()
    print(f"The message arrived through the queue in {time.monotonic() - began:.1f} s.")
    return 0


def _let_amazon_send(options: argparse.Namespace, arn: str) -> int:
    if not options.scenario:
        raise ConfigurationError(
            "a test through Amazon needs --scenario.",
            where="notifications test",
            remedy="Choose one from Amazon's developer guide for the notification type.",
        )
    (account,) = _sellers(options.account)

    async def send(ledger: Ledger) -> None:
        async with NotificationsApi(credentials_of(account), ledger, account.id) as api:
            destinations = [each for each in await api.destinations() if each.arn == arn]
            if not destinations:
                raise ConfigurationError(
                    "the queue is not a destination yet.",
                    where=arn,
                    remedy="Run `sellerops notifications setup --account all` first.",
                )
            await api.send_test(TYPES[0], destinations[0].id, options.scenario)

    with closing(open_ledger()) as ledger:
        asyncio.run(send(ledger))
    print(
        commands_as_typed(
            "Amazon sends a test message; `sellerops notifications status` counts it under unknown accounts."
        )
    )
    return 0
