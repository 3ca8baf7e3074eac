"""`python -m tests.bench.pictures http://localhost:8000`: pictures of the served room of the invented county, for docs/room.md.

Signs in by the page, as the accounts of the demo, records a decision and shares it with the home.
"""

import re
import shutil
import sys
from collections.abc import Iterator

from playwright.sync_api import Page, ViewportSize, sync_playwright

from flows.demo_accounts import PASSWORD

from .site import ROOT

OUT = ROOT / "docs/room"
WIDE: ViewportSize = {"width": 1100, "height": 1400}
NARROW: ViewportSize = {"width": 320, "height": 700}


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        people = {"": nobody, "mdt": clinician, "home": home, "data": analyst, "admin": administrator}
        for role, views in people.items():
            page = browser.new_context(base_url=sys.argv[1], viewport=WIDE, locale="en-GB").new_page()
            if role:
                sign_in(page, role)
            for name in views(page):
                page.screenshot(path=OUT / f"{name}.jpg", type="jpeg", quality=50)
                print(name, flush=True)
        browser.close()


def sign_in(page: Page, role: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Username").fill(role)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"^(?!.*/sign-in)"))


def nobody(page: Page) -> Iterator[str]:
    page.goto("/sign-in")
    yield "sign-in"
    page.goto("/about")
    yield "about"


def clinician(page: Page) -> Iterator[str]:
    page.goto("/")
    yield "start"
    page.goto("/lists")
    yield "week"
    page.goto("/weeks")
    yield "weeks"
    page.goto("/lists")
    if (link := page.locator("main a[href*='mdt-']").first).count():
        link.click()
    the_list = page.url
    yield "list"
    page.set_viewport_size(NARROW)
    yield "list-narrow"
    page.set_viewport_size(WIDE)
    # Of the home whose manager looks at it afterwards.
    page.goto(f"{the_list}?home={page.locator('#home option').nth(1).get_attribute('value')}")
    page.goto(page.locator("table.room-list a[href*='/residents/']").first.get_attribute("href") or "")
    resident = page.url.partition("?")[0]
    name = page.locator("h1").inner_text().split()[-1]
    yield "resident"
    page.get_by_label("Discussed: actions").check()
    page.get_by_label("Action 1: what", exact=True).fill("Lying and standing blood pressure")
    page.get_by_label("Action 2: what", exact=True).fill("Review medicines")
    page.locator("#decision").scroll_into_view_if_needed()
    yield "decision"
    page.get_by_role("button", name="Save decision").first.click()
    yield "decision-saved"
    page.goto(f"{resident}/share")
    yield "share"
    page.get_by_role("button", name="Share with").click()
    yield "shared"
    page.goto(f"{the_list}/files")
    yield "files"
    page.goto("/search")
    page.locator("main input[type=text], main input[type=search]").first.fill(name[:4])
    page.locator("main form button").first.click()
    yield "search"
    page.goto("/additions")
    yield "additions"
    page.goto(f"{resident}/add")
    yield "add"
    page.goto("/actions")
    yield "actions"
    page.goto("/homes")
    yield "homes"
    page.goto("/model")
    yield "model"


def home(page: Page) -> Iterator[str]:
    page.goto("/homes")  # leads to the one home
    at = page.url
    yield "home"
    page.goto(f"{at}/roster")
    yield "home-roster"
    page.goto(f"{at}/ask")
    yield "home-ask"


def analyst(page: Page) -> Iterator[str]:
    page.goto("/model")
    page.mouse.wheel(0, 1400)
    page.wait_for_timeout(300)
    yield "model-further"


def administrator(page: Page) -> Iterator[str]:
    page.goto("/accounts")
    page.locator("main a[href^='/accounts/']:not([href$=new])").first.click()
    yield "account"
    page.goto("/accounts/new")
    yield "account-new"
    page.goto("/accounts")
    yield "accounts"
    page.goto("/trail/check")
    yield "trail-check"
    page.goto("/trail")
    yield "trail"
    page.goto("/password")
    yield "password"


if __name__ == "__main__":
    main()
