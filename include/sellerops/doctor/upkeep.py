"""Whether backups are recent, space suffices and secrets stay valid, according to the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from psycopg import sql

from sellerops.doctor.finding import Finding, State
from sellerops.doctor.installation import Installation
from sellerops.settings.accounts import load_accounts
from sellerops.settings.upkeep_file import UPKEEP
from sellerops.upkeep.fullness_notice import when_full
from sellerops.upkeep.growth import Growth, Urgency, growth_of, readable
from sellerops.upkeep.secret_ages import read_secret_ages, what_ends
from sellerops.upkeep.sizes import read_samples

BACKUPS, SIZES, SECRETS = "backups", "sizes", "secrets"
_STATES = {Urgency.OK: State.OK, Urgency.WARNING: State.WARNING, Urgency.FAILED: State.FAILED}
# The maintenance DAG measures once a day.
_MEASURED_WITHIN = timedelta(days=2)


def examine_backups(installation: Installation) -> Iterator[Finding]:
    """The newest complete backup's age, the damaged documents it found, and a failure of the last backup."""
    rules = UPKEEP.load().backups
    statement = sql.SQL(
        "SELECT target, backup, began_at, ended_at, damaged, error FROM sellerops.backup {} "
        "ORDER BY id DESC LIMIT 1"
    )
    with installation.reading() as connection:
        complete = connection.execute(statement.format(sql.SQL("WHERE backup IS NOT NULL"))).fetchone()
        last = connection.execute(statement.format(sql.SQL(""))).fetchone()
    if last and last["error"]:
        yield Finding(
            BACKUPS,
            State.WARNING,
            f"The last backup to {last['target']} failed: {last['error']}",
            f"Correct the cause, then run `sellerops backup {last['target']}`.",
        )
    if complete is None:
        yield Finding(
            BACKUPS,
            State.WARNING,
            "There is no backup.",
            "Run `sellerops backup` with cron. Or, where tasks have Postgres's programs, set the variable "
            "sellerops_backup_uri and unpause sellerops__backup (docs/backup.md).",
        )
        return
    age = datetime.now(UTC) - complete["began_at"]
    what = f"The newest backup is from {complete['began_at']:%Y-%m-%d %H:%M} UTC, in {complete['target']}."
    state = State.FAILED if age > rules.fail else State.WARNING if age > rules.warn else State.OK
    remedy = f"Run `sellerops backup {complete['target']}`." if state is not State.OK else ""
    yield Finding(BACKUPS, state, what, remedy)
    if complete["damaged"]:
        yield Finding(
            BACKUPS,
            State.WARNING,
            f"{complete['damaged']:,} documents of the archive are damaged or missing.",
            f"`sellerops restore {complete['target']} --documents` copies back those that the backup has. "
            f"`sellerops backup {complete['target']}` names the others; clear their load tasks, which "
            "download them again if Amazon still serves them.",
        )


def examine_sizes(installation: Installation) -> Iterator[Finding]:
    """How full file systems and databases are, and when they will be full."""
    limits = UPKEEP.load().sizes
    with installation.reading() as connection:
        grown = growth_of(read_samples(connection))
    if not grown or datetime.now(UTC) - max(each.at for each in grown) > _MEASURED_WITHIN:
        yield Finding(
            SIZES,
            State.WARNING,
            "Sizes have not been measured for two days, so a disk could fill up without warning.",
            "Unpause sellerops__maintenance, or run `sellerops sizes --record`.",
        )
    for each in grown:
        if each.percent is not None:
            yield _judge_size(each, _STATES[each.urgency(limits)])


def _judge_size(growth: Growth, state: State) -> Finding:
    what = (
        f"{growth.size.name} is {growth.percent:.0f} % full: {readable(growth.size.nbytes)} used, "
        f"{readable(growth.size.free or 0)} free. {when_full(growth)}"
    )
    remedy = "" if state is State.OK else "Free or add space; `sellerops sizes` shows what grows."
    return Finding(SIZES, state, what, remedy)


def examine_secrets(installation: Installation) -> Iterator[Finding]:
    """When the client secret of each connection to the Selling Partner API expires."""
    rules = UPKEEP.load().secrets
    with installation.reading() as connection:
        secrets = read_secret_ages(connection, load_accounts(), rules)
    today = datetime.now(UTC).date()
    for each in secrets:
        what = f"{what_ends(each, today)}."
        if each.ends_on is None:
            remedy = "Note the day on the hub's page Connections: a secret expires after 180 days."
            yield Finding(SECRETS, State.OK, what, remedy)
            continue
        state = _STATES[each.urgency(today, rules)]
        remedy = "" if state is State.OK else "Renew it as docs/upgrade.md describes, without a gap."
        yield Finding(SECRETS, state, what, remedy)
    if not secrets:
        yield Finding(SECRETS, State.OK, "No account uses the Selling Partner API.")


__all__ = ["BACKUPS", "SECRETS", "SIZES", "examine_backups", "examine_secrets", "examine_sizes"]
