"""What the browser tests share: a server on loopback, the system's Chromium, a page that notes misbehaviour."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Route

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

DESKTOP = {"width": 1360, "height": 900}
PHONE = {"width": 360, "height": 760}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder on loopback."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def launch(playwright: Playwright, executable: str) -> Browser:
    return playwright.chromium.launch(executable_path=executable, args=FLAGS)


@dataclass
class Watched:
    """A page, and what it did that a page of the book does not do."""

    page: Page
    home: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.route("**/*", self._request)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._said)
        self.page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))

    def _request(self, route: Route) -> None:
        if route.request.url.startswith((self.home, "data:", "blob:")):
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


@contextmanager
def watched(
    browser: Browser,
    home: str,
    *,
    size: dict[str, int] = DESKTOP,
    scheme: str = "light",
    scripts: bool = True,
) -> Iterator[Watched]:
    """A new page in a profile of its own; nothing but `home` can be reached from it."""
    context = browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=scripts)
    try:
        seen = Watched(context.new_page(), home)
        seen.watch()
        yield seen
    finally:
        context.close()
