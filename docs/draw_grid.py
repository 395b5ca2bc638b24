"""Take the README's pictures of grids: how far neighbours sound apart, and the page that plays them.

Run by `make pictures`; reads results/pop/linearized/pictures/ and results/pop/grid/index.html, needs Chromium; writes
docs/linearized.png and docs/grid-page.png.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def take_page(page_path: Path, picture_path: Path) -> None:
    """Take a picture of a page of grids, with the last grid shown and a path drawn over it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1180, "height": 800})
        page.goto(page_path.resolve().as_uri())
        page.get_by_role("radio", name="linearized").check(force=True)
        board = page.locator("svg").first.bounding_box()
        assert board is not None
        page.mouse.move(board["x"] + 0.3 * board["width"], board["y"] + 0.3 * board["height"])
        page.mouse.down()
        for x, y in ((0.45, 0.3), (0.6, 0.5), (0.6, 0.65)):
            page.mouse.move(board["x"] + x * board["width"], board["y"] + y * board["height"], steps=12)
        page.mouse.up()
        page.wait_for_timeout(500)
        page.screenshot(path=picture_path)
        browser.close()


def main() -> None:
    """Take both pictures from an experiment's results, those of pop by default."""
    results = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS.parent / "results" / "pop"
    shutil.copyfile(results / "linearized" / "pictures" / "distances.png", DOCS / "linearized.png")
    take_page(results / "grid" / "index.html", DOCS / "grid-page.png")


if __name__ == "__main__":
    main()
