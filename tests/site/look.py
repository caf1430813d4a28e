"""Pictures to look at: `python -m tests.site.look FOLDER [PAGE ...]` takes every page, or those named, in four ways."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from commands import doctor
from commands.places import this_course
from tests.site import driver

SIZES = {"desktop": driver.DESKTOP, "phone": driver.PHONE}


def take(site: Path, folder: Path, pages: list[str]) -> None:
    """Write `<page>-<size>-<scheme>.png` for each page of a site, whole length."""
    folder.mkdir(parents=True, exist_ok=True)
    with driver.served(site) as home, sync_playwright() as playwright:
        browser = driver.launch(playwright, doctor.browser())
        for path in pages:
            for name, size in SIZES.items():
                for scheme in ("light", "dark"):
                    with driver.watched(browser, home, size=size, scheme=scheme) as seen:
                        seen.page.goto(f"{home}/{path}", wait_until="networkidle")
                        target = folder / f"{Path(path).stem}-{name}-{scheme}.png"
                        seen.page.screenshot(path=target, full_page=True)
        browser.close()


if __name__ == "__main__":
    built = this_course().site
    everything = [p.relative_to(built).as_posix() for p in built.rglob("*.html") if "_static" not in p.parts]
    take(built, Path(sys.argv[1]), sys.argv[2:] or everything)
