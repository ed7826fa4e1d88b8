"""What the real API server makes of the objects in objects/good and objects/bad.

A good object must come back as it was sent, plus the defaults of the schema. A second document in a
file replaces the first. A bad object must be refused with the words of its header; of two documents
the first is accepted and the second is refused.
"""

import copy
import pathlib

import pytest
import yaml
from berth_controlplane.errors import ApiError

from schema_rules import walk

ROOT = pathlib.Path(__file__).parents[2]
OBJECTS = pathlib.Path(__file__).parent / "objects"
GOOD = sorted((OBJECTS / "good").glob("*.yaml"))
BAD = sorted((OBJECTS / "bad").glob("*.yaml"))
SAMPLES = sorted((ROOT / "manifests/samples").glob("*.yaml"))
CRDS = sorted((ROOT / "crds").glob("*.yaml"))
HEADER = "# refused: "
ROOT_SCHEMAS = {document["spec"]["names"]["kind"]:
                document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
                for document in (yaml.safe_load(path.read_text()) for path in CRDS)}


@pytest.mark.parametrize("path", CRDS, ids=lambda path: path.stem)
def test_definition_is_established(kube, path):
    definition = kube.get("apiextensions.k8s.io/v1/CustomResourceDefinition",
                          yaml.safe_load(path.read_text())["metadata"]["name"])
    conditions = {c["type"]: c["status"] for c in definition["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_object_comes_back_with_its_defaults(kube, path):
    first, *others = documents(path)
    try:
        assert stored(kube.create(first)) == with_defaults(first)
        for document in others:
            assert stored(replace(kube, document)) == with_defaults(document)
        if "status" in first:
            document = replace(kube, first, subresource="status")
            assert document["status"] == first["status"]
    finally:
        remove(kube, first)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_is_accepted(kube, path):
    for document in documents(path):
        if document["kind"] == "Namespace":
            kube.apply(document)
            continue
        try:
            assert stored(kube.create(document)) == with_defaults(document)
        finally:
            remove(kube, document)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_object_is_refused_with_its_message(kube, path):
    *accepted, refused = documents(path)
    try:
        for document in accepted:
            kube.create(document)
        with pytest.raises(ApiError) as error:
            replace(kube, refused) if accepted else kube.create(refused)
        # Before 1.34 objects in messages are written as Go has them.
        assert expected(path) in str(error.value).replace("map[string]interface {}{", "{")
    finally:
        remove(kube, refused)


def test_every_rule_has_an_object_that_breaks_it():
    broken = [(documents(path)[0]["kind"], expected(path)) for path in BAD]
    for kind, root in ROOT_SCHEMAS.items():
        for place, schema in walk(root):
            for validation in schema.get("x-kubernetes-validations", []):
                if place.endswith("matchExpressions[]"):
                    continue  # one selector is like another: test_rules.py compares them
                assert any(kind == where and words in validation["message"]
                           for where, words in broken), f"{kind} {place}: {validation['message']}"


def test_unknown_field_is_pruned(kube):
    document = documents(OBJECTS / "good/quota-minimal.yaml")[0]
    try:
        assert "surprise" not in kube.create(document | {"spec": {"surprise": 1}})["spec"]
    finally:
        remove(kube, document)


def test_status_is_not_written_by_way_of_the_object(kube):
    document = documents(OBJECTS / "good/quota-every-field.yaml")[0]
    try:
        assert "status" not in kube.create(document)
    finally:
        remove(kube, document)


def test_condition_with_a_reason_in_lower_case_is_refused(kube):
    document = documents(OBJECTS / "good/quota-every-field.yaml")[0]
    try:
        kube.create(document)
        document["status"]["conditions"][0]["reason"] = "quota not found"
        with pytest.raises(ApiError, match="reason in body should match"):
            replace(kube, document, subresource="status")
    finally:
        remove(kube, document)


def test_defaults_are_the_documented_numbers(kube):
    """The numbers people rely on, written down a second time on purpose."""
    policy = documents(OBJECTS / "good/allocationpolicy-default.yaml")[0]
    scaling = documents(OBJECTS / "good/scalingpolicy-minimal.yaml")[0]
    try:
        spec = kube.create(policy)["spec"]
        assert spec["placement"] == {"mode": "Auto", "candidates": 4}
        assert spec["backfill"]["plannedStarts"] == 100
        assert spec["fairness"]["halfLifeSeconds"] == 86400
        assert spec["throttle"] == {"cpuPercent": 80, "memoryPercent": 85}
        spec = kube.create(scaling)["spec"]
        assert [list(spec["thresholds"][name].values()) for name in ("cpu", "memory", "disk")] == [
            [85, 95, 70], [85, 95, 75], [90, 95, 80]]  # critical, emergency, warning
        assert spec["horizonsSeconds"] == [300, 3600, 86400]
        assert (spec["strategy"], spec["mode"], spec["cooldownSeconds"]) == (
            "Balanced", "Recommend", 300)
    finally:
        remove(kube, policy)
        remove(kube, scaling)


# --- support --------------------------------------------------------------------------------------


def documents(path):
    return list(yaml.load_all(path.read_text(), Loader=TimesAsText))


class TimesAsText(yaml.SafeLoader):
    """YAML as kubectl reads it: a time is text."""


TimesAsText.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def expected(path):
    header = path.read_text().partition("\n")[0]
    assert header.startswith(HEADER), f"{path.name} must begin with '{HEADER}<message>'"
    return header.removeprefix(HEADER)


def replace(kube, document, subresource=None):
    metadata = document["metadata"]
    kind = f"{document['apiVersion']}/{document['kind']}"
    current = kube.get(kind, metadata["name"], metadata.get("namespace"))
    wanted = copy.deepcopy(document)
    wanted["metadata"]["resourceVersion"] = current["metadata"]["resourceVersion"]
    return kube.replace(wanted, subresource)


def remove(kube, document):
    metadata = document["metadata"]
    kube.delete(f"{document['apiVersion']}/{document['kind']}", metadata["name"],
                metadata.get("namespace"))


def stored(answer):
    return {key: answer[key] for key in ("apiVersion", "kind", "spec")}


def with_defaults(document):
    """The object as its schema says that it is stored."""
    spec = copy.deepcopy(document["spec"])
    apply_defaults(ROOT_SCHEMAS[document["kind"]]["properties"]["spec"], spec)
    return {"apiVersion": document["apiVersion"], "kind": document["kind"], "spec": spec}


def apply_defaults(schema, value):
    if isinstance(value, dict):
        for name, child in schema.get("properties", {}).items():
            if "default" in child and name not in value:
                value[name] = copy.deepcopy(child["default"])
            if name in value:
                apply_defaults(child, value[name])
    elif isinstance(value, list):
        for item in value:
            apply_defaults(schema["items"], item)
