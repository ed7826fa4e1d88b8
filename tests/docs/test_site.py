"""The site: it builds without a warning, leads nowhere wrong, and needs nobody else's server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from markdown import ROOT, pages

SOURCE = "https://source.example/tree"
BUILD_TIMEOUT_SECONDS = 120
LONGEST_IN_A_CELL = 24  # letters; five columns then have room in a window on a desk
# What a browser fetches by itself.
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


@dataclass
class Page(HTMLParser):
    """The anchors of a page, where its links lead, and what it loads."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.ids.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if LOADED.get(tag) in values:
            self.loads.append(values[LOADED[tag]])

    def handle_data(self, data: str) -> None:
        self.text += data


def build(checkout: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the checkout's own script."""
    return subprocess.run([checkout / "scripts/build-site", folder], check=False, text=True,
                          capture_output=True, timeout=BUILD_TIMEOUT_SECONDS,
                          env=os.environ | {"BERTH_SITE_SOURCE": SOURCE})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this checkout."""
    folder = tmp_path_factory.mktemp("site") / "html"
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def read(site: Path) -> dict[Path, Page]:
    """Each page of it."""
    found = {}
    for path in site.rglob("*.html"):
        if "_static" not in path.parts:
            found[path] = Page()
            found[path].feed(path.read_text(encoding="utf-8"))
    return found


def published() -> list[str]:
    """The Markdown files that are to be pages: those of the root and of docs/."""
    return [page for page in pages() if "/" not in page or page.startswith("docs/")]


def test_every_page_of_the_documentation_is_in_the_site(read, site):
    missing = [page for page in published() if (site / page).with_suffix(".html") not in read]
    assert not missing
    assert site / "index.html" in read


def test_every_door_is_in_the_navigation_of_every_page(read, site):
    for page in published():
        lines = {line.strip() for line in read[(site / page).with_suffix(".html")].text.splitlines()}
        assert {"Start", "Concepts", "Tasks", "Reference", "Runbooks", "Design"} <= lines, page


def wrong_links(read: dict[Path, Page]) -> Iterator[str]:
    """Each relative link whose file or anchor is not there."""
    for path, page in read.items():
        for link in {*page.links, *page.loads}:
            if re.match(r"[a-z]+:", link) or not link.strip("#"):
                continue
            target, _, anchor = unquote(link.partition("?")[0]).partition("#")
            linked = (path.parent / target).resolve() if target else path
            if not linked.is_file() or (anchor and linked in read
                                        and anchor not in read[linked].ids):
                yield f"{path.name}: {link}"


def test_every_link_leads_to_a_page_and_an_anchor(read):
    assert not [*wrong_links(read)]


def test_links_to_other_files_lead_to_the_source_tree(read, site):
    outside = {link.removeprefix(f"{SOURCE}/").partition("#")[0] for page in read.values()
               for link in page.links if link.startswith(f"{SOURCE}/")}
    assert {"LICENSE", "lib/http", "lib/base/reason.hpp"} <= outside
    assert not [path for path in outside if not (ROOT / path).exists()]


def test_a_long_name_in_a_table_can_be_broken_in_a_narrow_window(site):
    html = (site / "docs/reference/metrics.html").read_text(encoding="utf-8")
    cells = re.findall(r"<td>.*?</td>", html, re.DOTALL)
    longest = max(len(part) for cell in cells for part in re.split(r"<[^>]+>|\s", cell))
    assert longest <= LONGEST_IN_A_CELL
    assert "berth_admission_writes_total" in re.sub(r"<[^>]+>", "", html), "what is copied is whole"


def test_each_page_leads_to_its_source(read, site):
    for page in published():
        assert f"{SOURCE}/{page}" in read[(site / page).with_suffix(".html")].links


def test_nothing_is_loaded_from_elsewhere(read, site):
    loaded = {where for page in read.values() for where in page.loads}
    assert not [where for where in loaded if re.match(r"([a-z]+:)?//", where)]
    for sheet in site.rglob("*.css"):
        outside = re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//",
                             sheet.read_text(encoding="utf-8"))
        assert not outside, sheet.name


def small_checkout(folder: Path) -> Path:
    """A checkout with one concept, which the index leads to."""
    (folder / "docs/concepts").mkdir(parents=True)
    (folder / "scripts").mkdir()
    shutil.copytree(ROOT / "docs/site", folder / "docs/site")
    shutil.copy(ROOT / "scripts/build-site", folder / "scripts")
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        (folder / name).write_text("# A page\n", encoding="utf-8")
    (folder / "docs/README.md").write_text("# Index\n\n[One](concepts/one.md)\n", encoding="utf-8")
    (folder / "docs/concepts/one.md").write_text("# One\n", encoding="utf-8")
    return folder


def test_broken_links_and_a_page_without_a_way_to_it_fail_the_build(tmp_path):
    checkout = small_checkout(tmp_path / "checkout")
    concepts = checkout / "docs/concepts"
    (concepts / "one.md").write_text(
        "# One\n\n[Page](nowhere.md), [anchor](#not-here), [file](../../lib/missing.cpp)\n",
        encoding="utf-8")
    (concepts / "lonely.md").write_text("# Two\n", encoding="utf-8")
    done = build(checkout, tmp_path / "html")
    assert done.returncode != 0
    for fault in ("nowhere.md", "not-here", "missing.cpp", "lonely.md"):
        assert fault in done.stderr


def test_a_checkout_without_faults_is_built(tmp_path):
    done = build(small_checkout(tmp_path / "checkout"), tmp_path / "html")
    assert done.returncode == 0, done.stderr
