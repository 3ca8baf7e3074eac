"""A real browser and a real server on this machine, for the tests that need them: what leaves the machine is refused."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from made_web import Made
from playwright.sync_api import Browser, BrowserContext, Request, sync_playwright

CHROMIUM = shutil.which("chromium")
_ALONE = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
)


@dataclass
class Room:
    """The served room, a browser, and every address that its pages asked for."""

    web: Made
    browser: Browser
    base: str
    asked: list[str] = field(default_factory=list)

    def person(self, role: str = "", **given: object) -> BrowserContext:
        """A browser window of somebody who is signed in, or of nobody."""
        context = self.browser.new_context(base_url=self.base, locale="en-GB", **given)  # type: ignore[arg-type]
        context.on("request", self._noted)
        if role:
            token = self.web.client(role).cookies["homeround"]
            context.add_cookies([{"name": "homeround", "value": token, "url": self.base}])
        return context

    def _noted(self, request: Request) -> None:
        self.asked.append(request.url)


@contextmanager
def served(web: Made) -> Iterator[Room]:
    """The room on a free port of this machine, and a browser to look at it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(web.app, "127.0.0.1", port, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ALONE))
            try:
                yield Room(web, browser, f"http://localhost:{port}")
            finally:
                browser.close()
    finally:
        server.should_exit = True
        thread.join()
