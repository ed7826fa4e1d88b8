"""The mechanical half of the rules that Berth's CustomResourceDefinitions keep.

check(document, file_name) returns one sentence for each broken rule and never raises for a wrong
schema. Each rule is one function of a (path, schema) pair, listed in SCHEMA_RULES; what concerns a
whole definition is in DEFINITION_RULES. test_rules.py runs them over crds/ and shows that each of
them can fail.
"""

import re

GROUP = "berth.dev"
INTEGER_MAX = 2**53 - 1
DATE_TIME_LENGTH_MAX = 35
NAMED_LIST_KEYS = "x-kubernetes-list-map-keys"
INT_OR_STRING = "x-kubernetes-int-or-string"
CAMEL_CASE = re.compile(r"^[A-Z][A-Za-z0-9]*$")
FIELD_NAME = re.compile(r"^[a-z][a-zA-Z0-9]*$")
UNIT_OF_TIME = re.compile(
    r"(duration|timeout|cooldown|period|grace|window|halfLife|leadTime|notice)$", re.IGNORECASE)
FORBIDDEN_KEYWORDS = ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
                      "nullable")
# A boolean can never become a third thing. Each of these was weighed against a named policy.
BOOLEANS = {
    "spec.resources[].shareable", "status.burstActive", "spec.lendIdle", "spec.preemptible",
    "spec.preemption.enabled", "spec.backfill.enabled", "spec.backfill.useLearnedDurations",
}
CONDITION_REQUIRED = ["type", "status", "lastTransitionTime", "reason", "message"]
CONDITION_LIMITS = {"type": 316, "reason": 1024, "message": 32768}


def check(document, file_name):
    """Every broken rule of one definition, as 'path: sentence'."""
    found = []
    for rule in DEFINITION_RULES:
        found += rule(document, file_name)
    for version in document["spec"].get("versions", []):
        root = version.get("schema", {}).get("openAPIV3Schema", {})
        for path, schema in walk(root):
            for rule in SCHEMA_RULES:
                found += [f"{path or '.'}: {problem}" for problem in rule(path, schema)]
    return found


def walk(schema, path=""):
    """The schema and all below it, each with its path: spec.pools[].resources[].name."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        if path == "" and name in ("apiVersion", "kind", "metadata"):
            continue
        yield from walk(child, f"{path}.{name}" if path else name)
    if "items" in schema:
        yield from walk(schema["items"], path + "[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from walk(schema["additionalProperties"], path + "{}")


# --- rules of a whole definition ------------------------------------------------------------------


def names_agree(document, file_name):
    spec, names = document["spec"], document["spec"]["names"]
    plural = names.get("plural", "")
    if spec.get("group") != GROUP:
        yield f"group must be {GROUP}"
    if document["metadata"].get("name") != f"{plural}.{GROUP}":
        yield "metadata.name must be <plural>.<group>"
    if file_name != f"{GROUP}_{plural}.yaml":
        yield f"file must be called {GROUP}_{plural}.yaml"
    if not names.get("shortNames"):
        yield "must have a short name"
    if names.get("categories") != ["berth"]:
        yield "must be in the category berth, and only there"


def one_version_is_stored(document, _):
    versions = document["spec"].get("versions", [])
    if sum(bool(version.get("storage")) for version in versions) != 1:
        yield "must have exactly one storage version"
    for version in versions:
        if version.get("subresources", {}).get("status") is None:
            yield f"{version['name']}: must have the subresource status"


def top_level_is_spec_and_status(document, _):
    for version in document["spec"].get("versions", []):
        root = version["schema"]["openAPIV3Schema"]
        if set(root.get("properties", {})) != {"apiVersion", "kind", "metadata", "spec", "status"}:
            yield "must have spec and status at top level, and nothing else"
        if "spec" not in root.get("required", []):
            yield "must require spec"


# Who writes its status writes its spec as well: there is no generation to fall behind.
HAS_ONE_WRITER = {"ScalingRecommendation"}


def status_is_standard(document, _):
    names = document["spec"].get("names", {})
    for version in document["spec"].get("versions", []):
        root = version["schema"]["openAPIV3Schema"]
        status = root.get("properties", {}).get("status", {}).get("properties", {})
        is_observed = names.get("kind") not in HAS_ONE_WRITER
        if is_observed and status.get("observedGeneration", {}).get("format") != "int64":
            yield "status.observedGeneration: must be an int64"
        conditions = status.get("conditions", {})
        if conditions.get(NAMED_LIST_KEYS) != ["type"]:
            yield "status.conditions: must be a list-map by type"
        item = conditions.get("items", {})
        fields = item.get("properties", {})
        if set(fields) != set(CONDITION_REQUIRED) | {"observedGeneration"}:
            yield "status.conditions: must have exactly the standard fields"
            continue
        if item.get("required") != CONDITION_REQUIRED:
            yield f"status.conditions: must require {', '.join(CONDITION_REQUIRED)}"
        if fields["status"].get("enum") != ["True", "False", "Unknown"]:
            yield "status.conditions: status must be True, False or Unknown"
        if fields["reason"].get("pattern") != CAMEL_CASE.pattern:
            yield "status.conditions: reason must be CamelCase by its pattern"
        for name, limit in CONDITION_LIMITS.items():
            if fields[name].get("maxLength") != limit:
                yield f"status.conditions: {name} must be bounded by {limit}"


def columns_say_what_matters(document, _):
    for version in document["spec"].get("versions", []):
        columns = version.get("additionalPrinterColumns", [])
        if not columns or columns[-1].get("jsonPath") != ".metadata.creationTimestamp":
            yield "printer columns: must end with Age"
        if not columns or "status.conditions[" not in columns[0].get("jsonPath", ""):
            yield "printer columns: must begin with the summary condition"
        shown = [column for column in columns if not column.get("priority")]
        if not 3 <= len(shown) <= 8:
            yield "printer columns: must show 3 to 8 columns, details have priority 1"
        root = version["schema"]["openAPIV3Schema"]
        for column in columns[:-1]:
            if field_at(root, column["jsonPath"]) is None:
                yield f"printer column {column['name']}: must name a field of the schema"
        for field in version.get("selectableFields", []):
            if field_at(root, field["jsonPath"]) is None:
                yield f"selectable field {field['jsonPath']}: must be a field of the schema"


def field_at(root, json_path):
    """The schema that a simple JSONPath leads to, or None."""
    schema = root
    for part in re.sub(r"\[\?\([^)]*\)\]", "[]", json_path).strip(".").split("."):
        schema = schema.get("properties", {}).get(part.removesuffix("[]"))
        if schema is not None and part.endswith("[]"):
            schema = schema.get("items")
        if schema is None:
            return None
    return schema


# --- rules of one schema --------------------------------------------------------------------------


def type_is_stated(_, schema):
    if schema.get(INT_OR_STRING):
        if "type" in schema or schema.get("anyOf") != [{"type": "integer"}, {"type": "string"}]:
            yield "an amount must have anyOf integer and string, and no type"
    elif schema.get("type") not in ("object", "array", "string", "integer", "boolean"):
        yield f"must have a type, and not {schema.get('type')}: no floats"


def nothing_escapes_the_schema(_, schema):
    for keyword in FORBIDDEN_KEYWORDS:
        if keyword in schema:
            yield f"must not have {keyword}"


def strings_are_bounded(_, schema):
    if schema.get("type") != "string" or "enum" in schema:
        return
    if "maxLength" not in schema:
        yield "a string must have maxLength"
    elif schema.get("format") == "date-time" and schema["maxLength"] != DATE_TIME_LENGTH_MAX:
        yield f"a time must have maxLength {DATE_TIME_LENGTH_MAX}"


def integers_are_bounded(_, schema):
    if schema.get("type") != "integer":
        return
    if schema.get("format") not in ("int32", "int64"):
        yield "an integer must have the format int32 or int64"
    limit = 2**31 - 1 if schema.get("format") == "int32" else INTEGER_MAX
    if not -limit <= schema.get("minimum", -limit - 1) <= schema.get("maximum", limit + 1) <= limit:
        yield "an integer must have minimum and maximum within its format and 53 bits"


def amounts_are_bounded(_, schema):
    if not schema.get(INT_OR_STRING):
        return
    if "maxLength" not in schema or "pattern" not in schema:
        yield "an amount must have maxLength and pattern"
    if schema.get("minimum") != 0 or not 0 < schema.get("maximum", 0) <= INTEGER_MAX:
        yield "an amount must have minimum 0 and a maximum within 53 bits"


def lists_say_what_they_are(_, schema):
    if schema.get("type") != "array":
        return
    items, kind = schema.get("items", {}), schema.get("x-kubernetes-list-type")
    if "maxItems" not in schema:
        yield "a list must have maxItems"
    if kind not in ("map", "set", "atomic"):
        yield "a list must state its list type"
    if kind == "set" and items.get("type") in ("object", "array"):
        yield "a set must hold scalars"
    keys = schema.get(NAMED_LIST_KEYS, [])
    if kind == "map" and (not keys or not set(keys) <= set(items.get("required", []))):
        yield "a list-map must have keys that its items require"


def maps_are_bounded(_, schema):
    if schema.get("type") != "object":
        return
    if "additionalProperties" in schema:
        if "maxProperties" not in schema:
            yield "a map must have maxProperties"
    elif "properties" not in schema:
        yield "an object must have properties"


def enums_are_camel_case(_, schema):
    for value in schema.get("enum", []):
        if not isinstance(value, str) or not CAMEL_CASE.match(value):
            yield f"the enum value {value} must be a CamelCase string"


def names_tell_the_unit(path, schema):
    name = path.rpartition(".")[2].rstrip("[]{}")
    if name and not FIELD_NAME.match(name):
        yield "a field must be called in camelCase"
    if name == "phase":
        yield "must not be called phase: conditions say it"
    if schema.get("type") == "integer" and UNIT_OF_TIME.search(name):
        yield "a duration must end in its unit, Seconds"
    if schema.get("format") == "duration":
        yield "a duration must be an integer with its unit in the name"


def booleans_are_few(path, schema):
    if schema.get("type") == "boolean" and path not in BOOLEANS:
        yield "must be a named policy, or be weighed and listed in BOOLEANS"


def fields_are_described(path, schema):
    name = path.rpartition(".")[2]
    if not path or name.endswith(("[]", "{}")):
        return
    text = schema.get("description", "")
    if not text.startswith(name + " "):
        yield "the description must start with the field's name"
    if not text.endswith("."):
        yield "the description must end with a full stop"


def messages_say_must(_, schema):
    for validation in schema.get("x-kubernetes-validations", []):
        if not validation.get("message", "").startswith("must "):
            yield f"the message of {validation.get('rule')} must begin with 'must'"


def references_have_a_name(path, schema):
    if path.endswith("Ref") and "name" not in schema.get("required", []):
        yield "a reference must be an object that requires name"
    if path.endswith("Refs") and "name" not in schema.get("items", {}).get("required", []):
        yield "references must be objects that require name"


def defaults_fit(_, schema):
    if "default" not in schema:
        return
    value = schema["default"]
    wanted = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    if not isinstance(value, wanted.get(schema.get("type"), object)):
        yield "the default must be of the field's type"
    elif "enum" in schema and value not in schema["enum"]:
        yield "the default must be one of the enum"
    elif isinstance(value, int) and not isinstance(value, bool):
        if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            yield "the default must lie within minimum and maximum"


DEFINITION_RULES = [names_agree, one_version_is_stored, top_level_is_spec_and_status,
                    status_is_standard, columns_say_what_matters]
SCHEMA_RULES = [type_is_stated, nothing_escapes_the_schema, strings_are_bounded,
                integers_are_bounded, amounts_are_bounded, lists_say_what_they_are,
                maps_are_bounded, enums_are_camel_case, names_tell_the_unit, booleans_are_few,
                fields_are_described, messages_say_must, references_have_a_name, defaults_fit]
