"""Reads the project's Markdown: pages, links, anchors, fenced blocks."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$",
                   re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(?P<title>.+?) *$", re.MULTILINE)
SOURCE = re.compile(r"<!-- from (?P<path>\S+) -->\n\Z")
SHELLS = ("sh", "bash", "shell", "console")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language, its text, and the file it says it is from."""

    page: str
    line: int
    language: str
    text: str
    source: str | None

    @property
    def where(self) -> str:
        """page:line, for messages."""
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Every Markdown file of the checkout that is, or is to be, part of the project."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return sorted(name for name in set(listing) if (ROOT / name).is_file())


def read(page: str) -> str:
    """The text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    text = read(page)
    for found in FENCE.finditer(text):
        source = SOURCE.search(text[:found.start()])
        yield Block(page, text.count("\n", 0, found.start()) + 1, found["language"].strip(),
                    found["text"], source["path"] if source else None)


def shell_blocks(page: str) -> list[Block]:
    """The blocks of a page that a reader would type."""
    return [block for block in blocks(page) if block.language in SHELLS]


def without_code(text: str) -> str:
    """The text with fenced blocks and inline code taken out: no links in there."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def links(page: str) -> list[str]:
    """The targets of a page's links."""
    return [found["target"] for found in LINK.finditer(without_code(read(page)))]


def anchors(page: str) -> set[str]:
    """The anchors that a page's headings make."""
    return {slug(found["title"]) for found in HEADING.finditer(FENCE.sub("", read(page)))}


def slug(title: str) -> str:
    """A heading as an anchor: lower case, words joined by '-', other signs dropped."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "")
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
