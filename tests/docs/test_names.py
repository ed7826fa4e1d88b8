"""What pages say of the code is there: files, functions, laws."""

from __future__ import annotations

import re
import subprocess

import pytest

from markdown import ROOT, read

WAY = "docs/concepts/the-way-of-a-pod.md"
LAWS = "docs/reference/laws.md"

ROW = re.compile(r"^\| \[(?P<shown>[^\]]+)\]\((?P<target>[^)]+)\) \| (?P<names>[^|]+) \| [^|]+ \|$",
                 re.MULTILINE)
LAW_ROW = re.compile(r"^\| (?P<law>[A-Z]\d+) \| (?P<text>.+) \|$", re.MULTILINE)
LAW = re.compile(r"(?<![\w.-])(?:[LQFGRBPNTXI]\d{1,2})(?!\w)")


# "`find_new_homes` in [lib/x.cpp](...)": said between the tables.
IN_PROSE = re.compile(r"`(?P<name>[\w:]+)` in\s+\[(?P<shown>[^\]]+)\]")


def steps() -> list[tuple[str, str]]:
    """(file, name) of every step on the way of a pod."""
    return [(row["shown"], name) for row in ROW.finditer(read(WAY))
            for name in re.findall(r"`([^`]+)`", row["names"])] + \
        [(said["shown"], said["name"]) for said in IN_PROSE.finditer(read(WAY))]


def test_the_way_of_a_pod_names_steps_in_every_part():
    files = {file for file, _ in steps()}
    for part in ("manifests/", "operator/", "lib/cluster/", "lib/allocation/", "lib/kube/",
                 "scheduler-extender/"):
        assert any(file.startswith(part) for file in files), part
    tables = [line for line in read(WAY).splitlines() if line.startswith("| [")]
    assert len(tables) == len(ROW.findall(read(WAY))), "a row of a table cannot be read"


@pytest.mark.parametrize("file, name", steps())
def test_each_step_on_the_way_of_a_pod_exists(file, name):
    assert (ROOT / file).is_file(), f"{file} does not exist"
    text = (ROOT / file).read_text(encoding="utf-8")
    assert names_it(file, text, name), f"{file} has no {name}"


def names_it(file: str, text: str, name: str) -> bool:
    """Whether the file defines the name: a function or type of C++, an object of YAML."""
    if file.endswith(".yaml"):
        return re.search(rf"^  name: {re.escape(name)}$", text, re.MULTILINE) is not None
    function = rf"(?<![\w>.]){re.escape(name)}\([^;]*?\)[^;{{}}]*\{{"
    kind = rf"^(?:struct|class) {re.escape(name)}\b"
    return re.search(rf"{function}|{kind}", text, re.MULTILINE) is not None


@pytest.mark.parametrize("text, name, there", [
    ("void Loop::cycle() {\n}", "Loop::cycle", True),
    ("void Loop::cycle() {\n}", "cycle", True),
    ("Plan decide(const A& a,\n            int b) {\n}", "decide", True),
    ("Plan decide(const A& a);", "decide", False),
    ("x = other.decide(a); if (b) {\n}", "decide", False),
    ("struct ClusterSnapshot {", "ClusterSnapshot", True),
    ("void recycle() {\n}", "cycle", False),
])
def test_names_are_looked_for_as_definitions(text, name, there):
    assert names_it("a.cpp", text, name) is there


def laws() -> dict[str, list[str]]:
    """Each number of the page with its sentences; a fault may share a law's letter and number."""
    found: dict[str, list[str]] = {}
    for row in LAW_ROW.finditer(read(LAWS)):
        found.setdefault(row["law"], []).append(row["text"])
    return found


def sources(*patterns: str) -> list[str]:
    """Files of the checkout that match."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return [name for name in listing if (ROOT / name).is_file()]


def comments_of(text: str) -> str:
    """Comments, and the names of tests: where laws are cited."""
    return "\n".join(re.findall(r"//[^\n]*|#[^\n]*|\"\"\".*?\"\"\"|TEST_CASE\(\"[^\"]*\"", text,
                                re.DOTALL))


def cited() -> dict[str, str]:
    """Each law that the code cites, with a file that does."""
    found: dict[str, str] = {}
    for name in sources("lib/*.?pp", "operator/*.?pp", "scheduler-extender/*.?pp", "analyzer/*.?pp",
                        "cli/*.?pp", "tests/*.cpp", "tests/*.hpp", "manifests/*.yaml"):
        for law in LAW.findall(comments_of((ROOT / name).read_text(encoding="utf-8"))):
            found.setdefault(law, name)
    return found


def test_every_law_that_the_code_cites_is_on_the_page():
    unknown = {law: name for law, name in cited().items() if law not in laws()}
    assert not unknown, f"{LAWS} does not list {unknown}"


def test_every_law_that_a_concept_states_is_on_the_page():
    for page in (ROOT / "docs/concepts").glob("*.md"):
        stated = re.findall(r"^- \*\*([A-Z]\d+)\*\*", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(stated) <= laws().keys(), page.name


# Tests that hold a law to its word without its number in their names.
TESTED_BY = {
    "N2": "tests/unit/scheduler-extender/prioritize_test.cpp",
    "I14": "tests/unit/analyzer/outlook_test.cpp",
}


def test_every_law_that_holds_has_a_test():
    for file in TESTED_BY.values():
        assert (ROOT / file).is_file(), file
    tests = "\n".join((ROOT / name).read_text(encoding="utf-8")
                      for name in sources("tests/*.cpp", "tests/*.hpp", "tests/*.py"))
    tested = set(LAW.findall(tests))
    untested = [law for law, texts in laws().items()
                if any("ot yet" not in text for text in texts) and law not in tested | TESTED_BY.keys()]
    assert not untested, f"no test cites {', '.join(untested)}"
