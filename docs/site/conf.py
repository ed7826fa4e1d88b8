"""How Sphinx makes a site of the repository's Markdown. scripts/build-site runs it.

The pages are read as they are: what a site needs besides is added here while they are read. The
navigation follows docs/README.md, which leads to every page, and a link to a file that is no page
leads to the source tree. Everything that a page loads is in the site.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INDEX = ROOT / "docs/README.md"
# Where the source tree can be read.
SOURCE = os.environ.get("BERTH_SITE_SOURCE", "https://github.com/berth-dev/berth/blob/main")
DOORS = ("Concepts", "Tasks", "Reference", "Runbooks", "Design")
START = ("docs/README", "CONTRIBUTING", "SECURITY", "CHANGELOG")
# Fenced blocks and inline code are matched first, so that no link is seen in them.
LINK = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`|\]\((?P<target>[^)\s]+)\)", re.MULTILINE | re.DOTALL)

# Where a long name in a table may end a line: behind these, if more follows.
NAME_PART = re.compile(r"([./_=]|\[\])(?=\w)")
CELL = re.compile(r"<t[dh][ >].*?</t[dh]>", re.DOTALL)
CODE_WORD = re.compile(r'(?<=<span class="pre">)[^<]+')

project = "Berth"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/**.md"]
exclude_patterns = sorted(each.name for each in ROOT.iterdir()
                          if each.is_dir() and each.name != "docs")
myst_heading_anchors = 6
# A block without a language is a drawing or a program's words, not Python.
highlight_language = "text"
html_theme = "furo"
html_theme_options = {"source_view_link": f"{SOURCE}/{{filename}}"}
html_title = "Berth"
html_static_path = ["static"]
html_css_files = ["berth.css"]
html_favicon = "static/berth.svg"
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_domain_indices = False


def setup(app):
    """Called by Sphinx."""
    app.connect("source-read", read_page)
    app.connect("html-page-context", write_page)
    app.connect("build-finished", write_front_page)
    return {"parallel_read_safe": True}


def read_page(app, name, content):
    """What a page says in the site: content is a list of one text."""
    content[0] = with_source_links(ROOT / f"{name}.md", content[0])
    if name == root_doc:
        content[0] += navigation()


def write_page(app, name, template, context, document):
    """What is done to a page's HTML before it is written."""
    context["body"] = CELL.sub(lambda cell: CODE_WORD.sub(breakable, cell[0]), context.get("body", ""))


def breakable(word: re.Match) -> str:
    """A name that a narrow column can take in two lines; what is copied from the page stays as it is."""
    return NAME_PART.sub(r"\1<wbr>", word[0])


def with_source_links(page: Path, text: str) -> str:
    """The text with links to files that are no pages leading to the source tree."""
    def replaced(found: re.Match) -> str:
        path, hash_sign, anchor = (found["target"] or "").partition("#")
        linked = (page.parent / path).resolve()
        if not path or ":" in path or not linked.exists() or is_page(linked):
            return found[0]  # what does not exist is left for Sphinx to complain of
        return f"]({SOURCE}/{linked.relative_to(ROOT)}{hash_sign}{anchor})"
    return LINK.sub(replaced, text)


def is_page(path: Path) -> bool:
    """Whether the file becomes a page of the site."""
    return path.suffix == ".md" and (path.parent == ROOT or ROOT / "docs" in path.parents)


def navigation() -> str:
    """A table of contents for each door, in the order of the index."""
    targets = re.findall(r"\]\(([a-z]+/[^)#]+)\.md", INDEX.read_text(encoding="utf-8"))
    named = dict.fromkeys(f"docs/{target}" for target in targets)
    doors = {door: [name for name in named if name.startswith(f"docs/{door.lower()}/")]
             for door in DOORS}
    return "".join(f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(names) + "\n```\n"
                   for caption, names in {"Start": START, **doors}.items() if names)


def write_front_page(app, problem):
    """The README is what is seen first."""
    if problem is None:
        shutil.copyfile(Path(app.outdir) / f"{root_doc}.html", Path(app.outdir) / "index.html")
