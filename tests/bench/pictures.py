"""`python -m tests.bench.pictures http://localhost:8000`: pictures of the served room of the invented county, for docs/room.md.

Signs in by the page, as the accounts of the demo.
"""

import re
import shutil
import sys
from collections.abc import Iterator

from playwright.sync_api import Page, sync_playwright

from flows.demo_accounts import PASSWORD

from .site import ROOT

OUT = ROOT / "docs/room"
WIDE = {"width": 1100, "height": 1500}
NARROW = {"width": 320, "height": 700}


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for role, views in (("mdt", clinician), ("home", home), ("data", analyst), ("admin", administrator)):
            page = browser.new_context(base_url=sys.argv[1], viewport=WIDE, locale="en-GB").new_page()
            sign_in(page, role)
            for name in views(page):
                page.screenshot(path=OUT / f"{name}.jpg", type="jpeg", quality=60)
                print(name, flush=True)
        browser.close()


def sign_in(page: Page, role: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Username").fill(role)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"^(?!.*/sign-in)"))


def clinician(page: Page) -> Iterator[str]:
    yield "start"
    page.goto("/lists")
    link = page.locator("main a[href*='mdt-']").first
    if link.count():
        link.click()
    yield "list"
    page.set_viewport_size(NARROW)
    yield "list-narrow"
    page.set_viewport_size(WIDE)
    page.locator("table.room-list a[href*='/residents/']").first.click()
    yield "resident"
    page.locator("#decision").scroll_into_view_if_needed()
    yield "decision"
    page.goto("/actions")
    yield "actions"
    page.goto("/homes")
    yield "homes"
    page.goto("/model")
    yield "model"


def home(page: Page) -> Iterator[str]:
    page.goto("/homes")
    link = page.locator("main a[href*='/homes/']").first
    if link.count():
        link.click()
    yield "home"


def analyst(page: Page) -> Iterator[str]:
    page.goto("/model")
    page.mouse.wheel(0, 1400)
    page.wait_for_timeout(300)
    yield "model-further"


def administrator(page: Page) -> Iterator[str]:
    page.goto("/accounts")
    yield "accounts"
    page.goto("/trail")
    yield "trail"


if __name__ == "__main__":
    main()
