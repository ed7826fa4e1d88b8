"""Every YAML block of the pages is what it claims to be: an object of Berth, values of the chart, or
named here with what makes sure of it. The same holds for the files that pages quote and apply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from markdown import ROOT, Block, blocks, pages
from schema import chart_values, definitions, faults

BERTH = "berth.dev/"
# Objects of others, whose schemas are not here.
FOREIGN = {
    "kueue.x-k8s.io/v1beta2": "what is migrated from; there is no Kueue in the tests",
    "kubeadm.k8s.io/v1beta4": "a file of kubeadm's, which no API server sees",
}
# Parts of files that are the reader's own, by the page and the first key.
FRAGMENTS = {("docs/tasks/configure-kube-scheduler.md", "spec"): "lines for a static pod"}
FILES = sorted(path.relative_to(ROOT).as_posix() for folder in ("manifests/samples", "examples/tasks")
               for path in (ROOT / folder).glob("*.yaml"))


def yaml_blocks() -> list[Block]:
    """The YAML blocks of all pages."""
    return [block for page in pages() for block in blocks(page) if block.language == "yaml"]


def documents(text: str) -> list[Any]:
    """The documents of a YAML text that are not empty."""
    return [each for each in yaml.safe_load_all(text) if each is not None]


def faults_of_object(document: dict[str, Any]) -> Iterator[str]:
    """What is wrong with an object of Berth; other objects are not looked at."""
    key = (document["apiVersion"], document.get("kind", ""))
    if not key[0].startswith(BERTH):
        return
    if key not in definitions():
        yield f"{key[0]} has no kind {key[1]}"
        return
    yield from (f"{document['metadata']['name']}: {fault}"
                for fault in faults(definitions()[key], document))


@pytest.mark.parametrize("block", yaml_blocks(), ids=lambda block: block.where)
def test_each_object_of_berth_in_a_page_is_valid(block):
    objects = [each for each in documents(block.text) if isinstance(each, dict) and "apiVersion" in each]
    assert not [fault for each in objects for fault in faults_of_object(each)]


@pytest.mark.parametrize("block", [block for block in yaml_blocks() if not block.source],
                         ids=lambda block: block.where)
def test_what_is_quoted_from_no_file_is_known(block):
    for document in documents(block.text):
        assert isinstance(document, dict), "a reader cannot tell where a list belongs"
        version = document.get("apiVersion")
        if version is not None:
            assert version.startswith(BERTH) or version in FOREIGN, (
                f"{version}: let the block be quoted from a file that a test applies")
        elif (block.page, next(iter(document))) not in FRAGMENTS:
            assert not [*faults(chart_values(), document)], "these are no values of the chart"


@pytest.mark.parametrize("file", FILES)
def test_each_file_that_pages_quote_or_apply_is_valid(file):
    for document in documents((ROOT / file).read_text(encoding="utf-8")):
        assert not [*faults_of_object(document)]


def test_no_exception_is_left_over():
    there = [(block, document) for block in yaml_blocks() for document in documents(block.text)
             if isinstance(document, dict)]
    assert FOREIGN.keys() <= {document.get("apiVersion") for _, document in there}
    assert FRAGMENTS.keys() <= {(block.page, next(iter(document))) for block, document in there}


def test_every_example_of_a_task_is_shown_or_applied():
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in pages())
    unused = [file for file in FILES if file.startswith("examples/") and file not in text]
    assert not unused, f"no page speaks of {', '.join(unused)}"


@pytest.mark.parametrize("path", sorted((ROOT / "tests/crds/objects/good").glob("*.yaml")),
                         ids=lambda path: path.stem)
def test_the_checker_agrees_with_the_api_server_on_good_objects(path):
    for document in documents(path.read_text(encoding="utf-8")):
        assert not [*faults_of_object(document)]


def test_the_checker_agrees_with_the_chart_on_its_own_values():
    values = yaml.safe_load((ROOT / "helm/berth/values.yaml").read_text(encoding="utf-8"))
    assert not [*faults(chart_values(), values)]


QUOTA = {"apiVersion": "berth.dev/v1alpha1", "kind": "Quota", "metadata": {"name": "q"}}
CPU = {"name": "cpu", "nominal": 4}


@pytest.mark.parametrize("spec, fault", [
    ({"pool": []}, "q: spec: has no field pool"),
    ({"pools": {}}, "q: spec.pools: must be array, not {}"),
    ({"pools": [{"poolRef": {"name": "p"}}]}, "q: spec.pools[0]: must have resources"),
    ({"pools": [{"poolRef": {"name": "p"}, "resources": []}]},
     "q: spec.pools[0].resources: must have 1 to 32 entries"),
    ({"pools": [{"poolRef": {"name": "p"}, "resources": [CPU, CPU]}]},
     "q: spec.pools[0].resources: must have each name once"),
    ({"weight": 0}, "q: spec.weight: must be 1 to 1000000, not 0"),
    ({"weight": True}, "q: spec.weight: must be integer, not True"),
    ({"stop": "Now"}, "q: spec.stop: must be one of None, Hold, HoldAndDrain, not 'Now'"),
])
def test_the_checker_finds_what_is_wrong(spec, fault):
    assert [*faults_of_object(QUOTA | {"spec": spec})] == [fault]


def test_the_checker_finds_a_kind_and_a_value_that_do_not_exist():
    assert [*faults_of_object(QUOTA | {"kind": "Quotum"})] == ["berth.dev/v1alpha1 has no kind Quotum"]
    assert [*faults(chart_values(), {"scheduler": {"deployed": True}})] == [
        "scheduler: has no field deployed"]


def test_the_checker_passes_over_no_keyword():
    with pytest.raises(AssertionError, match="does not know oneOf"):
        list(faults({"oneOf": []}, 1))
