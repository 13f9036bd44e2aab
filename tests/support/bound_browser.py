"""A browser that another program runs and offers to Playwright clients: prints its address and runs on."""

import sys
from typing import NoReturn

from playwright.sync_api import sync_playwright

from sellerops.browsers.executable import find_chromium
from sellerops.browsers.process import NO_BACKGROUND_REQUESTS


def serve(profile: str) -> NoReturn:
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=find_chromium(), args=[*NO_BACKGROUND_REQUESTS]
        )
        assert context.browser
        print(context.browser.bind("login", host="127.0.0.1", port=0)["endpoint"], flush=True)
        while True:
            context.wait_for_event("close", timeout=0)


serve(sys.argv[1])
