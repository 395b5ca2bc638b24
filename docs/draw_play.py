"""Take the README's pictures of the network that plays: a gesture with its curves, and the page in a browser.

Run by `make pictures`; reads results/tone/generated/arpeggio.png and results/tone/play/index.html, needs Chromium;
writes docs/arpeggio.png and docs/play-page.png.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def take_page(page_path: Path, picture_path: Path) -> None:
    """Take a picture of the page while it plays."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(page_path.resolve().as_uri())
        page.locator("#start:enabled").click()
        page.wait_for_function("soundworks.report !== null && soundworks.report.position > 40000")
        page.screenshot(path=picture_path)
        browser.close()


def main() -> None:
    """Take both pictures from the results of tone."""
    results = DOCS.parent / "results" / "tone"
    shutil.copyfile(results / "generated" / "arpeggio.png", DOCS / "arpeggio.png")
    take_page(results / "play" / "index.html", DOCS / "play-page.png")


if __name__ == "__main__":
    main()
