"""Links lead somewhere, quotations are what they quote, generated pages are fresh."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from markdown import ROOT, Block, anchors, blocks, links, pages, read, slug

# Pages of docs/reference that are written by hand; all others are generated.
BY_HAND = {"laws.md"}
# Who makes which page, and who says whether it is fresh.
CHECKED_BY_SCRIPT = {
    "configuration.md": "scripts/generate-configuration-reference",
    "custom-resources.md": "scripts/generate-crd-reference",
    "kubectl-berth.md": "scripts/generate-cli-reference",
    "reasons.md": "scripts/generate-reason-reference",
}
# The catalogue of metrics is C++, so a unit test compares the page.
CHECKED_BY_UNIT_TEST = {"metrics.md": "tests/unit/telemetry/catalog_test.cpp"}


@pytest.mark.parametrize("page", pages())
def test_relative_links_lead_to_files_and_headings(page):
    broken = [target for target in links(page) if not leads_somewhere(page, target)]
    assert not broken, f"{page} links to what is not there: {', '.join(broken)}"


def leads_somewhere(page: str, target: str) -> bool:
    """Whether a relative link's file and heading exist; others are not followed."""
    if target.startswith(("http://", "https://", "mailto:")):
        return True
    path, _, anchor = target.partition("#")
    linked = ((ROOT / page).parent / path).resolve() if path else ROOT / page
    if not linked.exists() or ROOT not in (linked, *linked.parents):
        return False
    return not anchor or anchor in anchors(str(linked.relative_to(ROOT)))


def test_broken_links_are_found():
    assert not leads_somewhere("README.md", "docs/no-such-page.md")
    assert not leads_somewhere("README.md", "docs/README.md#no-such-heading")
    assert not leads_somewhere("README.md", "../outside.md")
    assert leads_somewhere("docs/README.md", "../README.md#try-it")
    assert slug("Look at `it`, [now](x.md)!") == "look-at-it-now"


@pytest.mark.parametrize("page", pages())
def test_quoted_blocks_equal_their_source(page):
    wrong = [f"{block.where} is not in {block.source}" for block in blocks(page)
             if block.source and not quotes(block)]
    assert not wrong, "\n".join(wrong)


def quotes(block: Block) -> bool:
    """Whether the block's lines stand, together and whole, in the file that it names."""
    source = ROOT / str(block.source)
    return source.is_file() and f"\n{block.text}" in f"\n{source.read_text(encoding='utf-8')}\n"


def test_a_changed_quotation_is_found():
    block = next(each for each in blocks("docs/concepts/quota.md") if each.source)
    assert quotes(block)
    assert not quotes(Block(block.page, 1, "yaml", block.text.replace("40", "41"), block.source))


@pytest.mark.parametrize("page", pages())
def test_every_yaml_example_of_the_concepts_is_quoted(page):
    free = [block.where for block in blocks(page)
            if page.startswith("docs/concepts/") and block.language in ("yaml", "json")
            and not block.source]
    assert not free, f"say where they are from, or they will not stay true: {', '.join(free)}"


@pytest.mark.parametrize("page", pages())
def test_every_fenced_block_says_its_language(page):
    mute = [block.where for block in blocks(page) if not block.language]
    assert not mute or page == "docs/design/0001-the-skeleton.md", ", ".join(mute)


def test_every_reference_page_has_somebody_who_checks_it():
    there = {path.name for path in (ROOT / "docs/reference").glob("*.md")}
    assert there == BY_HAND | CHECKED_BY_SCRIPT.keys() | CHECKED_BY_UNIT_TEST.keys()
    for page, test in CHECKED_BY_UNIT_TEST.items():
        assert page in (ROOT / test).read_text(encoding="utf-8"), f"{test} does not look at {page}"


@pytest.mark.parametrize("generator", CHECKED_BY_SCRIPT.values())
def test_generated_pages_are_fresh(generator):
    done = subprocess.run([sys.executable, ROOT / generator, "--check"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_generate_reference_calls_every_generator():
    generators = {path.name for path in (ROOT / "scripts").glob("generate-*-reference")}
    assert {path.removeprefix("scripts/") for path in CHECKED_BY_SCRIPT.values()} < generators
    assert "for generator in generate-*-reference" in (
        ROOT / "scripts/generate-reference").read_text(encoding="utf-8")


def test_the_index_names_every_page():
    linked = {((ROOT / "docs") / target.partition("#")[0]).resolve()
              for target in links("docs/README.md")}
    missing = [page for page in pages() if page.startswith("docs/") and page != "docs/README.md"
               and (ROOT / page).resolve() not in linked]
    assert not missing, f"docs/README.md does not lead to {', '.join(missing)}"


def test_no_page_speaks_of_the_machine_it_was_written_on():
    found = [page for page in pages() if re.search(r"/(root|work|home)/", read(page))]
    assert not found, ", ".join(found)
