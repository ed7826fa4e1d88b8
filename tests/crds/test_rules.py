"""Every definition in crds/ keeps the rules of schema_rules.py, and each rule can fail."""

import copy
import functools
import pathlib

import pytest
import yaml

from schema_rules import DEFINITION_RULES, INT_OR_STRING, SCHEMA_RULES, check, walk

CRDS = sorted((pathlib.Path(__file__).parents[2] / "crds").glob("*.yaml"))
KINDS = {"ResourcePool": "rp", "Quota": "bq", "Reservation": "rsv", "AllocationRequest": "ar",
         "AllocationPolicy": "ap", "ScalingPolicy": "sp", "ScalingRecommendation": "srec"}
CLUSTER_SCOPED = {"ResourcePool", "Quota", "Reservation", "AllocationPolicy"}


@functools.cache
def parsed(path):
    return yaml.safe_load(path.read_text())


def root_of(document):
    return document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


@pytest.mark.parametrize("path", CRDS, ids=lambda path: path.stem)
def test_definition_keeps_every_rule(path):
    assert check(parsed(path), path.name) == []


def test_all_kinds_are_there_with_their_short_names_and_scopes():
    names = [parsed(path)["spec"] for path in CRDS]
    assert {spec["names"]["kind"]: spec["names"]["shortNames"][0] for spec in names} == KINDS
    assert {spec["names"]["kind"] for spec in names if spec["scope"] == "Cluster"} == CLUSTER_SCOPED


def test_same_words_have_the_same_schema_everywhere():
    """An amount, a condition and a selector are one thing: drift between files is a mistake."""
    shapes = {"amount": {}, "conditions": {}, "selector": {}}
    for path in CRDS:
        for place, schema in walk(root_of(parsed(path))):
            shape = yaml.safe_dump(without(schema, "description"))
            if schema.get(INT_OR_STRING):
                shapes["amount"].setdefault(shape, place)
            elif place == "status.conditions":
                shapes["conditions"].setdefault(shape, path.name)
            elif "matchLabels" in schema.get("properties", {}):
                shapes["selector"].setdefault(shape, place)
    assert {word: len(found) for word, found in shapes.items()} == dict.fromkeys(shapes, 1), shapes


def without(schema, *keys):
    return {key: value for key, value in schema.items() if key not in keys}


GOOD_FIELD = {"description": "size is how large it is.", "type": "integer", "format": "int32",
              "minimum": 0, "maximum": 10}
AMOUNT = {"description": "size is how large it is.", "x-kubernetes-int-or-string": True,
          "anyOf": [{"type": "integer"}, {"type": "string"}], "minimum": 0, "maximum": 10,
          "maxLength": 32, "pattern": "^[0-9]+$"}
TEXT = {"description": "size is a word.", "type": "string", "maxLength": 63}
LIST = {"description": "size is a list.", "type": "array", "maxItems": 2,
        "x-kubernetes-list-type": "atomic", "items": {"type": "string", "maxLength": 63}}
OBJECT = {"description": "size is an object.", "type": "object", "properties": {}}
NAMED_OBJECT = {"type": "object", "required": [], "properties": {"name": {
    "description": "name is its name.", "type": "string", "maxLength": 63}}}


def definition(field=None, name="size"):
    """A definition that keeps every rule, with one field under spec."""
    document = copy.deepcopy(parsed(CRDS[0]))
    root_of(document)["properties"]["spec"] = {"description": "spec is a test.", "type": "object",
                                  "properties": {name: copy.deepcopy(field or GOOD_FIELD)}}
    version = document["spec"]["versions"][0]
    version.pop("selectableFields", None)
    version["additionalPrinterColumns"] = [
        {"name": "Ready", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "Size", "jsonPath": f".spec.{name}"},
        {"name": "Age", "jsonPath": ".metadata.creationTimestamp"}]
    return document


def problems(document):
    return "\n".join(check(document, CRDS[0].name))


@pytest.mark.parametrize("field", [GOOD_FIELD, AMOUNT, TEXT, LIST, OBJECT])
def test_checker_accepts_a_good_field(field):
    assert problems(definition(field)) == ""


BAD_FIELDS = [
    (GOOD_FIELD | {"type": "number"}, "size", "no floats"),
    (without(GOOD_FIELD, "type"), "size", "must have a type"),
    (without(GOOD_FIELD, "format"), "size", "must have the format int32 or int64"),
    (without(GOOD_FIELD, "maximum"), "size", "must have minimum and maximum"),
    (GOOD_FIELD | {"maximum": 2**31}, "size", "must have minimum and maximum"),
    (GOOD_FIELD | {"format": "int64", "maximum": 2**53}, "size", "must have minimum and maximum"),
    (GOOD_FIELD | {"description": "Size is how large it is."}, "size", "start with the field's"),
    (GOOD_FIELD | {"description": "size is how large it is"}, "size", "end with a full stop"),
    (GOOD_FIELD | {"default": 11}, "size", "default must lie within"),
    (GOOD_FIELD | {"default": "1"}, "size", "default must be of the field's type"),
    (GOOD_FIELD | {"nullable": True}, "size", "must not have nullable"),
    (OBJECT | {"x-kubernetes-preserve-unknown-fields": True}, "size", "have x-kubernetes-pre"),
    (GOOD_FIELD | {"description": "timeout is a time."}, "timeout", "must end in its unit"),
    (GOOD_FIELD | {"description": "phase is a phase."}, "phase", "must not be called phase"),
    (GOOD_FIELD | {"description": "Size is a size."}, "Size", "must be called in camelCase"),
    (AMOUNT | {"type": "string"}, "size", "anyOf integer and string, and no type"),
    (without(AMOUNT, "pattern"), "size", "an amount must have maxLength and pattern"),
    (without(AMOUNT, "minimum"), "size", "an amount must have minimum 0"),
    (without(TEXT, "maxLength"), "size", "a string must have maxLength"),
    (TEXT | {"format": "date-time"}, "size", "a time must have maxLength 35"),
    (TEXT | {"format": "duration"}, "size", "an integer with its unit in the name"),
    (TEXT | {"enum": ["lower"]}, "size", "must be a CamelCase string"),
    (TEXT | {"enum": ["Upper"], "default": "Other"}, "size", "default must be one of the enum"),
    (without(LIST, "maxItems"), "size", "a list must have maxItems"),
    (without(LIST, "x-kubernetes-list-type"), "size", "must state its list type"),
    (LIST | {"x-kubernetes-list-type": "set", "items": NAMED_OBJECT}, "size", "must hold scalars"),
    (LIST | {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
             "items": NAMED_OBJECT}, "size", "keys that its items require"),
    (LIST | {"items": {"type": "string"}}, "size", "size[]: a string must have maxLength"),
    (without(OBJECT, "properties"), "size", "an object must have properties"),
    (without(OBJECT, "properties") | {"additionalProperties": TEXT}, "size", "have maxProperties"),
    ({"description": "size is a switch.", "type": "boolean"}, "size", "must be a named policy"),
    (GOOD_FIELD | {"x-kubernetes-validations": [{"rule": "self > 0", "message": "Bad value"}]},
     "size", "must begin with 'must'"),
    (TEXT | {"description": "poolRef is a reference."}, "poolRef", "an object that requires name"),
    (LIST | {"description": "poolRefs are references."}, "poolRefs", "objects that require name"),
]


@pytest.mark.parametrize("field, name, sentence", BAD_FIELDS, ids=[row[2] for row in BAD_FIELDS])
def test_checker_refuses_a_bad_field(field, name, sentence):
    assert sentence in problems(definition(field, name))


def status_of(document):
    return root_of(document)["properties"]["status"]["properties"]


def condition_of(document):
    return status_of(document)["conditions"]["items"]


def columns_of(document):
    return document["spec"]["versions"][0]["additionalPrinterColumns"]


BAD_DEFINITIONS = [
    (lambda d: d["spec"].update(group="example.com"), "group must be"),
    (lambda d: d["metadata"].update(name="things.berth.dev"), "<plural>.<group>"),
    (lambda d: d["spec"]["names"].update(plural="things"), "file must be called"),
    (lambda d: d["spec"]["names"].pop("shortNames"), "must have a short name"),
    (lambda d: d["spec"]["names"].update(categories=["all"]), "category berth"),
    (lambda d: d["spec"]["versions"][0].update(storage=False), "exactly one storage version"),
    (lambda d: d["spec"]["versions"][0].pop("subresources"), "must have the subresource status"),
    (lambda d: root_of(d)["properties"].update(data={}), "nothing else"),
    (lambda d: root_of(d).pop("required"), "require spec"),
    (lambda d: status_of(d).pop("observedGeneration"), "observedGeneration: must be an int64"),
    (lambda d: status_of(d)["conditions"].pop("x-kubernetes-list-map-keys"), "list-map by type"),
    (lambda d: condition_of(d)["properties"].pop("reason"), "standard fields"),
    (lambda d: condition_of(d)["required"].remove("reason"), "must require type"),
    (lambda d: condition_of(d)["properties"]["reason"].pop("pattern"),
     "reason must be CamelCase"),
    (lambda d: condition_of(d)["properties"]["message"].update(maxLength=10),
     "message must be bounded by 32768"),
    (lambda d: condition_of(d)["properties"]["status"].update(enum=["Yes"]),
     "status must be True, False or Unknown"),
    (lambda d: columns_of(d).pop(), "must end with Age"),
    (lambda d: columns_of(d).pop(0), "must begin with the summary condition"),
    (lambda d: columns_of(d)[1].update(priority=1), "must show 3 to 8 columns"),
    (lambda d: columns_of(d)[1].update(jsonPath=".spec.none"), "Size: must name a field"),
    (lambda d: d["spec"]["versions"][0].update(selectableFields=[{"jsonPath": ".spec.none"}]),
     "must be a field of the schema"),
]


@pytest.mark.parametrize("spoil, sentence", BAD_DEFINITIONS,
                         ids=[row[1] for row in BAD_DEFINITIONS])
def test_checker_refuses_a_bad_definition(spoil, sentence):
    document = definition()
    spoil(document)
    assert sentence in problems(document)


def test_every_rule_has_been_seen_to_fail():
    """Otherwise a rule that always agrees would look like one that is kept."""
    failing = set()
    for field, name, _ in BAD_FIELDS:
        failing |= {rule for rule in SCHEMA_RULES if list(rule(f"spec.{name}", field))}
    for spoil, _ in BAD_DEFINITIONS:
        document = definition()
        spoil(document)
        failing |= {rule for rule in DEFINITION_RULES if list(rule(document, CRDS[0].name))}
    assert failing == set(SCHEMA_RULES) | set(DEFINITION_RULES)
