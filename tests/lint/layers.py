"""The layers of the source tree and what each may include or call (docs/design/0001)."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Layer:
    """A folder, what it may include of ours besides itself, and whether it is pure."""

    folder: str
    may_include: tuple[str, ...]
    pure: bool = False


_BASE = ("lib/base",)
_PURE = _BASE + ("lib/resources", "lib/cel", "lib/allocation")
_WORDS = _PURE + ("lib/api",)
_IO = _WORDS + ("lib/async", "lib/http", "lib/telemetry", "lib/kube", "lib/cluster", "lib/program")

LAYERS = (
    Layer("lib/base", ()),
    Layer("lib/pki", _BASE),
    Layer("lib/resources", _BASE, pure=True),
    Layer("lib/cel", _BASE, pure=True),
    Layer("lib/allocation", _BASE + ("lib/resources", "lib/cel"), pure=True),
    Layer("lib/simulator", _PURE, pure=True),
    Layer("analyzer/model", _BASE + ("lib/resources",), pure=True),
    Layer("lib/picture", _BASE),
    Layer("lib/api", _PURE),
    Layer("lib/decision_log", _WORDS),
    Layer("lib/async", _BASE),
    Layer("lib/http", _BASE + ("lib/async",)),
    Layer("lib/outbound", _BASE + ("lib/async", "lib/http")),
    Layer("lib/telemetry", _BASE + ("lib/async", "lib/http")),
    Layer("lib/telemetry/tracing", _BASE + ("lib/async", "lib/http", "lib/outbound", "lib/telemetry")),
    Layer("lib/kube", _WORDS + ("lib/async", "lib/http", "lib/telemetry")),
    Layer("lib/cluster", _WORDS + ("lib/async", "lib/http", "lib/telemetry", "lib/kube")),
    Layer("lib/program", _WORDS + ("lib/async", "lib/http", "lib/telemetry", "lib/kube")),
    Layer("operator", _IO + ("lib/pki", "lib/decision_log", "lib/telemetry/tracing")),
    Layer("scheduler-extender", _IO + ("lib/telemetry/tracing",)),
    Layer("analyzer", _IO + ("analyzer/model", "lib/outbound", "lib/picture")),
    Layer("cli", _IO + ("lib/pki", "lib/simulator", "lib/picture",
                        "lib/decision_log")),
)

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
OURS = ("lib/", "operator/", "scheduler-extender/", "analyzer/", "cli/", "tests/")

# In the pure layers: no I/O, no threads, no clock, no chance, no wire formats.
FORBIDDEN_PURE_INCLUDES = re.compile(
    r"^(boost/|nlohmann/|simdjson|yaml-cpp/|spdlog/|fmt/|openssl/|cpprest/|prometheus/|CLI/"
    r"|mutex$|shared_mutex$|thread$|future$|condition_variable$|random$|fstream$|filesystem$"
    r"|iostream$|sys/|unistd\.h$|ctime$)")
FORBIDDEN_PURE_CALLS = re.compile(
    r"::now\s*\(|\brandom_device\b|\bgetenv\b|\bstd::rand\b|\bsrand\b|\btime\s*\(\s*(NULL|nullptr|0)\s*\)"
    r"|\bstd::thread\b|\bstd::mutex\b|\bprintf\s*\(|\bstd::c(out|err)\b")
# Everywhere but main.cpp: the environment is read at the root only.
FORBIDDEN_BELOW_MAIN = re.compile(r"\bgetenv\s*\(")


def strip_comments(text: str) -> str:
    """The code with comments blanked out, line numbers kept."""
    text = re.sub(r"/\*.*?\*/", lambda found: re.sub(r"[^\n]", " ", found.group()), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def layer_of(path: str) -> Layer | None:
    """The innermost layer that holds the file."""
    holding = [layer for layer in LAYERS if path.startswith(layer.folder + "/")]
    return max(holding, key=lambda layer: len(layer.folder), default=None)


def violations(path: str, text: str) -> list[str]:
    """What the file at `path` (relative to the root) does that its layer may not do."""
    layer = layer_of(path)
    if layer is None:
        return [] if path.startswith("tests/") else [f"{path}: its folder is in no layer"]
    found = []
    for number, line in enumerate(strip_comments(text).splitlines(), start=1):
        where = f"{path}:{number}"
        included = INCLUDE.match(line)
        if included:
            found += _include_violations(layer, where, included.group(1))
        if layer.pure and FORBIDDEN_PURE_CALLS.search(line):
            found.append(f"{where}: the pure layer {layer.folder} calls {line.strip()}")
        if not path.endswith("/main.cpp") and FORBIDDEN_BELOW_MAIN.search(line):
            found.append(f"{where}: the environment is read in main.cpp only")
    return found


def _include_violations(layer: Layer, where: str, included: str) -> list[str]:
    if included.startswith(OURS):
        target = layer_of(included)
        folder = target.folder if target else included
        if folder != layer.folder and folder not in layer.may_include:
            return [f"{where}: {layer.folder} may not include {included}"]
    elif layer.pure and FORBIDDEN_PURE_INCLUDES.match(included):
        return [f"{where}: the pure layer {layer.folder} may not include <{included}>"]
    return []
