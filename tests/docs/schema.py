"""Holds a YAML value against a schema, without an API server: what a reader would be told at once.

Knows the keywords that Berth's definitions and the chart's values.schema.json use, and raises for any
other, so that none is passed over. Conditions in CEL are the API server's to say: the tests that
apply the objects ask it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from markdown import ROOT

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# What says nothing about a value that is written by hand.
SILENT = {"description", "default", "title", "$schema", "x-kubernetes-list-type",
          "x-kubernetes-map-type", "x-kubernetes-validations"}
SPOKEN = {"type", "properties", "required", "additionalProperties", "items", "enum", "const", "not",
          "pattern", "format", "minLength", "maxLength", "minimum", "exclusiveMinimum", "maximum", "minItems", "maxItems",
          "maxProperties", "anyOf", "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys"}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
         "number": (int, float), "null": type(None)}


@cache
def definitions() -> dict[tuple[str, str], dict[str, Any]]:
    """The schema of each kind of crds/, by apiVersion and kind."""
    found = {}
    for path in sorted((ROOT / "crds").glob("*.yaml")):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
        for version in spec["versions"]:
            key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
            found[key] = version["schema"]["openAPIV3Schema"]
    return found


@cache
def chart_values() -> dict[str, Any]:
    """The schema of the chart's values."""
    return json.loads((ROOT / "helm/berth/values.schema.json").read_text(encoding="utf-8"))


def faults(schema: dict[str, Any], value: Any, path: str = "") -> Iterator[str]:
    """What is wrong with the value, each as 'path: sentence'."""
    unknown = schema.keys() - SILENT - SPOKEN
    if unknown:
        raise AssertionError(f"{path}: the checker does not know {', '.join(sorted(unknown))}")
    said = [*of_any_type(schema, value)]
    if isinstance(value, dict):
        said += of_object(schema, value)
    elif isinstance(value, list):
        said += of_list(schema, value)
    elif isinstance(value, str):
        said += of_text(schema, value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        said += of_number(schema, value)
    yield from (f"{path or '.'}: {sentence}" for sentence in said)
    if is_of_type(schema, value):
        yield from below(schema, value, path)


def below(schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    """The faults of fields and entries."""
    if isinstance(value, list) and "items" in schema:
        for number, entry in enumerate(value):
            yield from faults(schema["items"], entry, f"{path}[{number}]")
    if isinstance(value, dict):
        others = schema.get("additionalProperties")
        for name, entry in value.items():
            inner = schema.get("properties", {}).get(name, others)
            if isinstance(inner, dict):
                yield from faults(inner, entry, f"{path}.{name}" if path else str(name))


def is_of_type(schema: dict[str, Any], value: Any) -> bool:
    """Whether the value has the schema's type, or one of its types."""
    if schema.get("x-kubernetes-int-or-string"):
        return isinstance(value, (int, str)) and not isinstance(value, bool)
    wanted = schema.get("type", [])
    names = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(value, bool):
        return not names or "boolean" in names
    return not names or any(isinstance(value, TYPES[name]) for name in names)


def of_any_type(schema: dict[str, Any], value: Any) -> Iterator[str]:
    if not is_of_type(schema, value):
        yield f"must be {schema.get('type', 'an integer or a text')}, not {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"must be one of {', '.join(map(str, schema['enum']))}, not {value!r}"
    if "const" in schema and value != schema["const"]:
        yield f"must be {schema['const']!r}"
    if "not" in schema and not [*faults(schema["not"], value)]:
        yield f"must not be {value!r}"


def of_object(schema: dict[str, Any], value: dict[str, Any]) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"must have {name}"
    # As the API server prunes, and the chart's schema refuses.
    if "properties" in schema and not isinstance(schema.get("additionalProperties"), (dict, bool)) or \
            schema.get("additionalProperties") is False:
        for name in value.keys() - known.keys():
            yield f"has no field {name}"
    if len(value) > schema.get("maxProperties", len(value)):
        yield f"must have at most {schema['maxProperties']} entries"


def of_list(schema: dict[str, Any], value: list[Any]) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"must have {schema.get('minItems', 0)} to {schema.get('maxItems', 'any')} entries"
    keys = schema.get("x-kubernetes-list-map-keys", [])
    names = [tuple(entry.get(key) for key in keys) for entry in value if isinstance(entry, dict)]
    if keys and len(set(names)) != len(names):
        yield f"must have each {' and '.join(keys)} once"


def of_text(schema: dict[str, Any], value: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"must have {schema.get('minLength', 0)} to {schema.get('maxLength', 'any')} characters"
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        yield f"must match {schema['pattern']}, as {value!r} does not"
    if schema.get("format") == "date-time" and TIME.fullmatch(value) is None:
        yield f"must be a time, not {value!r}"


def of_number(schema: dict[str, Any], value: float) -> Iterator[str]:
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"must be {schema.get('minimum')} to {schema.get('maximum')}, not {value}"
    if value <= schema.get("exclusiveMinimum", value - 1):
        yield f"must be above {schema['exclusiveMinimum']}, not {value}"
