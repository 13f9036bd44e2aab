"""`browsers up|status|down|open|run`: the browsers of the logins in logins.yaml."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import BrowserUnavailable, ConfigurationError, SellerOpsError
from sellerops.browsers.devtools import Tab, is_loopback, list_tabs, open_tab
from sellerops.browsers.pool import BrowserState, Pool, PoolBrowser, foreign_browser
from sellerops.browsers.process_tree import memory_of
from sellerops.cli.arguments import require
from sellerops.cli.browser_states import LoginState, login_states
from sellerops.cli.tables import print_table
from sellerops.settings.logins import Login, Logins, load_logins

_MIB = 1 << 20
_LONGEST = 60


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "browsers",
        help="logins' browsers: start, stop, show and open them",
        description="Starts and stops the Chromium of each login in logins.yaml whose `browser` is on this "
        "machine (docs/browsers.md). Tasks also start a browser that is not running.",
    )
    actions = parser.add_subparsers(required=True, metavar="action")
    action = actions.add_parser("up", help="start the browsers on this machine")
    _add_logins(action)
    action.add_argument("--window", action="store_true", help="show each browser in a window on this desktop")
    action.set_defaults(run=_up)
    action = actions.add_parser(
        "status", help="show process, memory, pages, job and required action of each browser"
    )
    action.set_defaults(run=_status)
    action = actions.add_parser("down", help="stop the browsers on this machine; they stay signed in")
    _add_logins(action)
    action.add_argument("--force", action="store_true", help="stop a browser even while a job uses it")
    action.set_defaults(run=_down)
    action = actions.add_parser(
        "open", help="print how to see and use a login's running browser, for example to solve a captcha"
    )
    action.add_argument("login", nargs="?", help="default: the login that needs a person, or the only one")
    action.set_defaults(run=_open)
    action = actions.add_parser("run", help="run one login's browser until stopped, for containers")
    action.add_argument("login", help="login id")
    action.add_argument("--host", default="0.0.0.0", help="address to listen on (default: %(default)s)")
    action.set_defaults(run=_run)


def _add_logins(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("login", nargs="*", help="login ids (default: all whose browser is on this machine)")


def _up(options: argparse.Namespace) -> int:
    logins, pool = _enabled(), Pool()
    if options.window and not _has_desktop():
        raise ConfigurationError(
            "this machine has no desktop (DISPLAY is not set).",
            remedy="Leave out --window; `sellerops browsers open` then prints how to see a browser.",
        )
    failed = 0
    for login in _chosen(logins, options.login):
        try:
            found = pool.start(login, logins.user_agent_mark, has_window=options.window)
        except BrowserUnavailable as error:
            failed += 1
            print(f"error: {error}", file=sys.stderr)
            continue
        verb = "started" if found.was_started else "runs already"
        print(f"{login.id}: {verb} at {login.browser}{_pid(found)}")
    return 1 if failed else 0


def _status(_: argparse.Namespace) -> int:
    logins, pool = load_logins(), Pool()
    known, note = _known_states(list(logins.by_id))
    found = [pool.look(login, logins.user_agent_mark) for login in logins.by_id.values()]
    print_table(
        ("login", "browser", "state", "pid", "MB", "pages", "signed in", "used by", "required action"),
        [_row(each, known.get(each.login.id, LoginState())) for each in found],
        empty="logins.yaml has no logins.",
    )
    lines = [*_remarks(logins, found), *([note] if note else [])]
    print(*map(commands_as_typed, lines), sep="\n", end="\n" if lines else "")
    return 0


def _down(options: argparse.Namespace) -> int:
    logins, pool = load_logins(), Pool()
    chosen = _chosen(logins, options.login)
    known, _ = _known_states([login.id for login in chosen])
    busy = [login.id for login in chosen if known.get(login.id, LoginState()).used_by]
    if busy and not options.force:
        raise ConfigurationError(
            f"a job is using the browser of {busy[0]} ({known[busy[0]].used_by}).",
            remedy="Wait until it ends (`sellerops browsers status`), or add --force: the job then fails and "
            "Airflow retries it.",
        )
    for login in chosen:
        was_running = pool.stop(login, logins.user_agent_mark)
        print(f"{login.id}: {'stopped' if was_running else 'was not running'}")
    return 0


def _open(options: argparse.Namespace) -> int:
    logins, pool = load_logins(), Pool()
    known, _ = _known_states(list(logins.by_id))
    login = _one(logins, options.login, known)
    state = known.get(login.id, LoginState())
    if login.live_view:
        print(f"{login.id}: open {login.live_view}")
        return 0
    found = pool.look(login, logins.user_agent_mark)
    if found.state in (BrowserState.STOPPED, BrowserState.UNREACHABLE):
        raise BrowserUnavailable(
            "its browser is not running.",
            where=f"login {login.id}, {login.browser}",
            remedy=f"Run `sellerops browsers up {login.id}`, then this command again."
            if found.state is BrowserState.STOPPED
            else "Start its container (`docker compose --profile portal up -d`), then this command again.",
        )
    if state.page_url and not any(_is_asking(tab, state) for tab in list_tabs(login.browser)):
        open_tab(login.browser, state.page_url)
    print("\n".join(_how_to_reach(found, state)))
    return 0


def _run(options: argparse.Namespace) -> int:
    from sellerops.browsers.serving import serve

    logins = _enabled()
    require("login", options.login, list(logins.by_id))
    return serve(logins.by_id[options.login], logins.user_agent_mark, options.host)


def _enabled() -> Logins:
    logins = load_logins()
    if not logins.enabled:
        raise ConfigurationError(
            "browser jobs are switched off (`enabled: false`).",
            where="logins.yaml",
            remedy="Read docs/portal.md, then set `enabled: true`.",
        )
    return logins


def _chosen(logins: Logins, names: Sequence[str]) -> list[Login]:
    """The named logins, or without names all whose browser is on this machine."""
    for name in names:
        require("login", name, list(logins.by_id))
    found = [logins.by_id[name] for name in dict.fromkeys(names)] or [
        login for login in logins.by_id.values() if _is_ours(login)
    ]
    elsewhere = [login for login in found if not _is_ours(login)]
    if elsewhere:
        raise ConfigurationError(
            f"the browser of {elsewhere[0].id} is not on this machine ({elsewhere[0].browser}).",
            remedy="Start and stop it where it runs; in Docker: `docker compose --profile portal up -d`.",
        )
    if not found:
        raise ConfigurationError(
            "no login has a browser on this machine.",
            where="logins.yaml",
            remedy="Give a login a `browser` such as http://127.0.0.1:9222 (docs/portal.md).",
        )
    return found


def _one(logins: Logins, name: str | None, known: dict[str, LoginState]) -> Login:
    if name:
        require("login", name, list(logins.by_id))
        return logins.by_id[name]
    waiting = [each for each in logins.by_id if known.get(each, LoginState()).action]
    candidates = waiting or list(logins.by_id)
    if len(candidates) != 1:
        raise ConfigurationError(
            "several logins match." if candidates else "logins.yaml has no logins.",
            remedy=f"Name one: {', '.join(candidates)}." if candidates else "Add one (docs/portal.md).",
        )
    return logins.by_id[candidates[0]]


def _is_ours(login: Login) -> bool:
    return login.browser.startswith("http://") and is_loopback(login.browser)


def _known_states(login_ids: list[str]) -> tuple[dict[str, LoginState], str]:
    """What the ledger knows about the logins; if that is unavailable, nothing and the reason."""
    from sellerops.cli.warehouse import open_ledger, warehouse_is_known

    if not warehouse_is_known():
        return (
            {},
            "Sign-ins, jobs and required actions are unknown, because the ledger's address is not set here.",
        )
    try:
        with closing(open_ledger()) as ledger:
            return login_states(ledger, login_ids), ""
    except SellerOpsError as error:
        return {}, f"Sign-ins, jobs and required actions are unknown: {error.cause}"


def _row(found: PoolBrowser, state: LoginState) -> tuple[Any, ...]:
    tabs = list_tabs(found.login.browser) if found.version else []
    return (
        found.login.id,
        found.login.browser.removeprefix("http://"),
        found.state.value,
        str(found.process.pid) if found.process else "-",
        memory_of(found.process) // _MIB if found.process else "-",
        len(tabs) if found.version else "-",
        f"{state.signed_in_at:%Y-%m-%d %H:%M}" if state.signed_in_at else "-",
        state.used_by or "-",
        state.action[:_LONGEST] or "-",
    )


def _remarks(logins: Logins, found: Sequence[PoolBrowser]) -> list[str]:
    off = [] if logins.enabled else ["Browser jobs are switched off: logins.yaml has `enabled: false`."]
    return [
        *off,
        *(str(foreign_browser(each.login)) for each in found if each.state is BrowserState.FOREIGN),
    ]


def _how_to_reach(found: PoolBrowser, state: LoginState) -> list[str]:
    login, lines = found.login, []
    if state.action:
        lines.append(f"{login.id} needs you: {state.action}")
    if state.used_by:
        lines.append(
            f"A job is using it now ({state.used_by}). Wait until the job ends: it closes other pages."
        )
    if found.has_window:
        lines.append(f"Its window is on the desktop of {socket.gethostname()}.")
        return lines
    port = urlsplit(login.browser).port
    lines += [
        "1. On your own computer, forward its port and leave this running (not needed on this machine):",
        f"     ssh -L {port}:{_target(login)}",
        "2. On your own computer, open one of its pages in Chrome or Chromium:",
        *(
            f"     http://localhost:{port}/devtools/inspector.html?ws=localhost:{port}/devtools/page/{tab.id}"
            f"   {_shown(tab.url)}"
            for tab in sorted(list_tabs(login.browser), key=lambda tab: not _is_asking(tab, state))
        ),
        "   It shows the page on the left; click and type there. Passwords go only to the site.",
    ]
    if state.action:
        lines.append(
            '3. When the site is signed in, answer the required action in Airflow with "Done, go on".'
        )
    return lines


def _is_asking(tab: Tab, state: LoginState) -> bool:
    """Whether a page is the one that needs a person; its address was recorded without the query."""
    return bool(state.page_url) and tab.url.split("?")[0].split("#")[0] == state.page_url


def _target(login: Login) -> str:
    """The ``ssh`` arguments: what to forward to, and through which machine.

    The machine is this one, or one that can reach the browser.
    """
    address = urlsplit(login.browser)
    if not _is_ours(login):
        return f"{address.hostname}:{address.port} <a machine that reaches {address.hostname}>"
    user = os.environ.get("USER") or os.environ.get("LOGNAME") or "<user>"
    return f"127.0.0.1:{address.port} {user}@{socket.gethostname()}"


def _shown(url: str) -> str:
    return url.split("?")[0][:_LONGEST]


def _pid(found: PoolBrowser) -> str:
    return f" (pid {found.process.pid})" if found.process else ""


def _has_desktop() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
