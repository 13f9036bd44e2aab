"""How soon each page of the seller hub shows something useful, in a real Chromium within Airflow's own pages.

    PYTHONPATH=include:plugins python benchmarks/hub_paint.py --conninfo ADDRESS --reader ADDRESS
    ... --tries 5 --days 30 365 --only overview profit

The addresses are those of ``hub.py``. Airflow's api-server runs in a process of its own, with the browser on
the same machine. Measures for each page, as an owner with a warm cache, the milliseconds until its heading
and its first answer are on the screen (useful), and until nothing loads any more (all): for a page that is
loaded anew, including Airflow's own page (anew), and for one opened from the hub's navigation (within).
Prints a table of medians and exits with 1 if a useful paint takes more than 1.5 s.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
from hub import hub_client, last_day

from sellerops_runtime.home import PROJECT_ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIMIT_MS = 1_500.0
PAGES = {
    "overview": "Overview", "alerts": "Alerts", "profit": "Profit", "products": "Products", "ads": "Ads",
    "restock": "Restock", "inventory": "Inventory", "shipments": "Shipments", "health": "Data health",
    "connections": "Connections", "settings": "Settings", "audit": "Audit log",
}  # fmt: skip
_TOKEN = "token: "
# Checks each frame for the page's heading and, below it, at least one answer instead of its grey lines.
_WATCH = """
window.hubPaint = (title) => {
    const begun = performance.now(), paint = {};
    const look = () => {
        const root = document.querySelector("#seller-hub");
        const all = (selector) => [...(root?.querySelectorAll(selector) ?? [])];
        const heading = all("h1").some((each) => each.textContent === title);
        const loading = all("[aria-busy=true]").length > 0;
        const answered = all("[aria-busy=false]").some((each) => each.innerText.trim());
        if (heading && (answered || !loading)) paint.useful ??= performance.now();
        if (heading && !loading) {
            paint.all ??= performance.now();
            paint.quiet = (paint.quiet ?? 0) + 1;
        } else { paint.all = undefined; paint.quiet = 0; }
        if (paint.quiet > 20) {
            window.hubPainted = {useful: paint.useful - begun, all: paint.all - begun, begun};
        } else requestAnimationFrame(look);
    };
    window.hubPainted = undefined;
    look();
};
"""


@dataclass
class Times:
    """Milliseconds of one way to open a page."""

    useful: list[float] = field(default_factory=list)
    all: list[float] = field(default_factory=list)

    def add(self, useful: float, everything: float) -> None:
        self.useful.append(useful)
        self.all.append(everything)

    def __str__(self) -> str:
        return f"{statistics.median(self.useful):.0f} | {statistics.median(self.all):.0f}"


def main() -> int:
    options = _options()
    if options.serve:
        return _serve(options)
    last = last_day(options.conninfo)
    slow = 0
    print("| page | days | anew: useful | all, ms | within: useful | all, ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with _airflow(options) as (url, token), _tab(url, token) as page:
        for days in options.days:
            period = f"?start={last - timedelta(days=days - 1)}&end={last}"
            for slug, title in PAGES.items():
                if options.only and slug not in options.only:
                    continue
                anew, within = _measured(page, url, slug, title, period, options.tries)
                slow += max(statistics.median(anew.useful), statistics.median(within.useful)) > LIMIT_MS
                print(f"| {title} | {days} | {anew} | {within} |", flush=True)
    print(f"\n{slow} of them above {LIMIT_MS:g} ms.")
    return 1 if slow else 0


def _measured(page: Page, url: str, slug: str, title: str, period: str, tries: int) -> tuple[Times, Times]:
    anew, within = Times(), Times()
    elsewhere = "settings" if slug != "settings" else "audit"
    _load(page, f"{url}/plugin/hub/{slug}{period}", title)
    for _ in range(tries):
        anew.add(*_load(page, f"{url}/plugin/hub/{slug}{period}", title))
    for _ in range(tries):
        # A page that is loaded anew has no answers of another page in memory.
        _load(page, f"{url}/plugin/hub/{elsewhere}{period}", PAGES[elsewhere])
        link = page.locator("#seller-hub nav").get_by_role("link", name=title, exact=True)
        link.evaluate("(link, title) => { window.hubPaint(title); link.click(); }", title)
        within.add(*_painted(page, since_start=False))
    return anew, within


def _load(page: Page, url: str, title: str) -> tuple[float, float]:
    """Load Airflow's page with a page of the hub in it; return milliseconds since the navigation began."""
    page.goto(url, wait_until="commit")
    page.evaluate("(title) => window.hubPaint(title)", title)
    return _painted(page, since_start=True)


def _painted(page: Page, *, since_start: bool) -> tuple[float, float]:
    page.wait_for_function("window.hubPainted", timeout=60_000)
    found: dict[str, float] = page.evaluate("window.hubPainted")
    # performance.now() counts from the start of the navigation.
    before = found["begun"] if since_start else 0.0
    return found["useful"] + before, found["all"] + before


@contextmanager
def _tab(url: str, token: str) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    from sellerops.browsers.executable import find_chromium
    from sellerops.browsers.process import NO_BACKGROUND_REQUESTS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", *NO_BACKGROUND_REQUESTS]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "_token", "value": token, "url": url}])
        context.add_init_script(_WATCH)
        yield context.new_page()
        browser.close()


@contextmanager
def _airflow(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Run an api-server; yield its address and the token of an owner."""
    from sellerops_runtime.ports import free_ports

    (port,) = free_ports(1)
    words = ["--conninfo", options.conninfo, "--reader", options.reader, "--serve", str(port)]
    with subprocess.Popen(
        [sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stdout is not None
        try:
            # Airflow prints a password first.
            line = next(line for line in process.stdout if line.startswith(_TOKEN))
            token = line.removeprefix(_TOKEN).strip()
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield url, token
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/hub/api/overview").status_code:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit(f"Airflow's api-server at {url} does not answer after 60 s.")


def _serve(options: argparse.Namespace) -> int:
    import uvicorn

    os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(PROJECT_ROOT / "plugins")
    with (
        tempfile.TemporaryDirectory() as home,
        hub_client(home, options.conninfo, options.reader) as (_, client),
    ):
        from airflow.api_fastapi.app import create_app

        print(_TOKEN + client.cookies["_token"], flush=True)
        uvicorn.run(create_app(), host="127.0.0.1", port=options.serve, log_level="error")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--conninfo", required=True)
    parser.add_argument("--reader", required=True)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--days", type=int, nargs="+", default=[30])
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
