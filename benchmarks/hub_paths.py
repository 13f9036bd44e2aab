"""The four questions of every morning, answered in the seller hub of a running demo: clicks and seconds.

    make demo MARTS=1
    PYTHONPATH=include:plugins python benchmarks/hub_paths.py --amazon http://127.0.0.1:PORT
    ... --screenshots docs/screenshots      renews the pictures of docs/hub.md, too
    ... --url http://127.0.0.1:8080 --user admin --password admin

The demo has collected all its days, so one is lost first: the local Amazon (--amazon, which the demo prints
for Slack) lets a report end as FATAL. Each walk begins on Airflow's home page, logged in, in a real Chromium
on the same machine. Seconds run from the first click until the answer is on the screen; the time that a
person needs to read and look comes on top. Prints for each question what the page answers, and exits with 1
if a walk takes more than 20 seconds, a third of the minute that a newcomer has.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops_runtime.local_amazon import control
from sellerops_runtime.polling import Observation, Poller
from sellerops_runtime.rest import AirflowApi

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

LIMIT_S = 20.0
_ROOT = "#seller-hub"
_WAIT_MS = 60_000
_DESK, _PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


class Walk:
    """Clicks like a person until the answer is on the screen."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.clicks = page, 0
        page.goto(url)
        self.seconds = 0.0
        # The plugin's entry in Airflow's own navigation.
        entry = page.get_by_role("link", name="Seller hub", exact=True)
        entry.wait_for(timeout=_WAIT_MS)
        self._begun = time.perf_counter()
        self.click(entry)

    @property
    def hub(self) -> Locator:
        return self.page.locator(_ROOT)

    def click(self, place: Locator) -> None:
        place.click(timeout=_WAIT_MS)
        self.clicks += 1

    def go(self, title: str) -> None:
        """Follow the hub's navigation."""
        self.click(self.hub.locator("nav").first.get_by_role("link", name=title, exact=True))

    def read(self, place: Locator) -> list[str]:
        """The lines of an answer, once it has loaded completely."""
        place.first.wait_for(timeout=_WAIT_MS)
        _settle(self.page)
        self.seconds = time.perf_counter() - self._begun
        return [line for line in place.first.inner_text().splitlines() if line.strip()]


def earned_yesterday(walk: Walk) -> list[str]:
    return walk.read(walk.hub.locator("section[aria-label^='Yesterday']"))


def order_today(walk: Walk) -> list[str]:
    section = walk.hub.locator("section[aria-label='To order today']")
    walk.click(section.get_by_role("link", name="Restock", exact=True))
    rows = walk.hub.get_by_role("table", name="What to order of each SKU")
    walk.click(rows.locator("tbody").get_by_role("link").first)
    return walk.read(walk.hub.get_by_role("region", name="Why this quantity"))


def differs_from_seller_central(walk: Walk) -> list[str]:
    walk.go("Profit")
    walk.click(walk.hub.get_by_role("tab", name="Why it differs"))
    return walk.read(walk.hub.get_by_role("table", name="Steps from Seller Central's sales to ours"))


def missing_days(walk: Walk) -> list[str]:
    walk.go("Data health")
    walk.click(walk.hub.get_by_role("link", name="Failed days", exact=True))
    grid = walk.hub.get_by_role("grid", name="Completeness by report and day")
    walk.click(grid.locator("[data-at][aria-label$=': Failed']").first)
    panel = walk.page.get_by_role("dialog").filter(has_text="Collect the missing days")
    answer = walk.read(panel)
    walk.click(panel.get_by_role("button", name="Start the run…"))
    walk.click(walk.page.get_by_role("button", name="Start the run", exact=True))
    return [*answer, *walk.read(walk.page.get_by_text("Started "))]


QUESTIONS: dict[str, Callable[[Walk], list[str]]] = {
    "What did we earn yesterday, and is it final?": earned_yesterday,
    "What must be ordered today, and why?": order_today,
    "Why does profit differ from Seller Central?": differs_from_seller_central,
    "Which days are missing, and how do I get them?": missing_days,
}

_PICTURED = {differs_from_seller_central: "hub-why-it-differs.png", missing_days: "hub-missing-days.png"}


def main() -> int:
    options = _options()
    slow = 0
    _lose_a_day(options)
    answers: dict[str, list[str]] = {}
    print("| question | clicks | seconds |\n| --- | ---: | ---: |")
    with _chromium() as browser:
        page = _logged_in(browser, options, _DESK)
        for question, walked in QUESTIONS.items():
            walk = Walk(page, options.url)
            answers[question] = walked(walk)
            slow += walk.seconds > LIMIT_S
            print(f"| {question} | {walk.clicks} | {walk.seconds:.1f} |", flush=True)
            if options.screenshots and walked in _PICTURED:
                # A dialog that was answered fades out.
                page.wait_for_function("!document.querySelector('[role$=dialog][data-state=closed]')")
                page.screenshot(path=options.screenshots / _PICTURED[walked])
        if options.screenshots:
            _pictures(browser, options)
    for question, lines in answers.items():
        print(f"\n{question}\n" + "\n".join(f"    {line}" for line in lines[:40]))
    return 1 if slow else 0


def _lose_a_day(options: argparse.Namespace) -> None:
    """Let the sales and traffic report of one marketplace and day fail, as happens at Amazon now and then."""
    spec, account = load_spec("sales_and_traffic"), next(iter(load_accounts().values()))
    marketplace = account.marketplaces[0]
    day = (datetime.now(UTC) - timedelta(days=options.days_ago)).date().isoformat()
    run_id = f"lost__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
    fault = {
        "fault": "fatal",
        "report_type": spec.report_type,
        "account": account.id,
        "marketplace_id": marketplace.id,
        "day": day,
        "times": 1,
    }
    control(options.amazon, "POST", "faults", fault)
    with AirflowApi(options.url, options.user, options.password) as api:
        api.trigger(spec.dag_id, {"from_day": day, "to_day": day, "accounts": [account.id]}, run_id)

        def look() -> Observation[str]:
            state = str(api.run(spec.dag_id, run_id)["state"])
            return Observation(state if state in ("success", "failed") else None, state)

        if Poller(_WAIT_MS / 1000 * 5).wait(look, f"the end of run {run_id}") != "failed":
            raise SystemExit(f"Run {run_id} has its day already: name another with --days-ago.")


def _pictures(browser: Browser, options: argparse.Namespace) -> None:
    """Take the screenshots of docs/hub.md."""
    wanted = (("overview", "overview", _DESK, "light"), ("profit", "profit", _DESK, "dark"),
              ("restock", "restock", _DESK, "light"), ("phone", "overview", _PHONE, "light"))  # fmt: skip
    for name, slug, window, scheme in wanted:
        page = _logged_in(browser, options, window, scheme)
        page.goto(f"{options.url}/plugin/hub/{slug}")
        page.locator(f"{_ROOT} h1").wait_for(timeout=_WAIT_MS)
        _settle(page)
        page.screenshot(path=options.screenshots / f"hub-{name}.png")
        page.context.close()


def _settle(page: Page) -> None:
    """Wait until the hub has finished loading."""
    page.wait_for_function(f"!document.querySelector('{_ROOT} [aria-busy=true]')", timeout=_WAIT_MS)


def _logged_in(
    browser: Browser, options: argparse.Namespace, window: dict[str, int], scheme: str = "light"
) -> Page:
    page = browser.new_context(viewport=window, color_scheme=scheme, reduced_motion="reduce").new_page()  # type: ignore[arg-type]
    page.goto(options.url)
    page.get_by_label("Username").fill(options.user)
    page.get_by_label("Password").fill(options.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "login" not in url, timeout=_WAIT_MS)
    return page


@contextmanager
def _chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    from sellerops.browsers.executable import find_chromium
    from sellerops.browsers.process import NO_BACKGROUND_REQUESTS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", *NO_BACKGROUND_REQUESTS]
        )
        yield browser
        browser.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--amazon", required=True)
    parser.add_argument("--days-ago", type=int, default=10)
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="admin")
    parser.add_argument("--screenshots", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
