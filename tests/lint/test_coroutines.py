"""No coroutine is written in a way that g++ 12 compiles wrongly (lib/async/task.hpp)."""

import re
import subprocess

import pytest

from layers import ROOT, strip_comments

# The condition of a while or a do-while, and the second and third part of a for.
AWAIT_IN_CONDITION = re.compile(r"\bwhile \((?:[^;{}()]|\([^;{}()]*\))*\bco_await\b"
                                r"|\bfor \([^;{}\n]*;[^;{}\n]*\bco_await\b")
# A type's name and a brace, or a bare braced list, among what is awaited. Durations are trivial:
# destroying one twice does nothing.
TRIVIAL = r"(?<!Duration)(?<!milliseconds)(?<!seconds)(?<!minutes)(?<!hours)"
BRACED_TEMPORARY = re.compile(r"\bco_await\b[^;{}]*(?:\w" + TRIVIAL + r"|>|[(,] ?)\{")


def awaits_in_condition(text: str) -> list[int]:
    """The lines on which the condition of a loop awaits."""
    code = strip_comments(text)
    return [code.count("\n", 0, found.start()) + 1 for found in AWAIT_IN_CONDITION.finditer(code)]


def braced_temporaries(text: str) -> list[int]:
    """The lines on which an awaited expression makes a braced temporary."""
    code = strip_comments(text)
    return [code.count("\n", 0, found.end()) + 1 for found in BRACED_TEMPORARY.finditer(code)]


def sources() -> list[str]:
    """Every C++ file of the project."""
    return subprocess.run(["git", "ls-files", "*.cpp", "*.hpp"], cwd=ROOT, check=True,
                          capture_output=True, text=True).stdout.split()


def test_no_awaited_expression_makes_a_braced_temporary():
    found = [f"{name}:{line}" for name in sources()
             for line in braced_temporaries((ROOT / name).read_text())]
    assert not found, "name it first: " + ", ".join(found)


@pytest.mark.parametrize("text, lines", [
    ("co_await client.patch(key, body, WriteOptions{});", [1]),
    ("auto x = co_await f({1, 2});", [1]),
    ("co_await send(transport,\n  Request{}, stop);", [2]),
    ("co_await sleep_for(executor, std::chrono::seconds{1}, stop);", []),
    ("const Request request{a};\nco_await send(request);", []),
    ("if (!co_await ready()) {\n  return;\n}", []),
])
def test_braced_temporaries_are_found(text, lines):
    assert braced_temporaries(text) == lines


def test_no_condition_of_a_loop_awaits():
    found = [f"{name}:{line}" for name in sources()
             for line in awaits_in_condition((ROOT / name).read_text())]
    assert not found, "await inside the body instead: " + ", ".join(found)


@pytest.mark.parametrize("text, lines", [
    ("while (co_await sleep_for(e, d, stop)) {\n}", [1]),
    ("do {\n} while (co_await next());", [2]),
    ("for (int i = 0; co_await more(i);)\n  use(i);", [1]),
    ("for (;;) {\n  const bool due = co_await sleep_for(e, d, stop);\n}", []),
    ("while (true) { co_await step(); }", []),
])
def test_awaiting_conditions_are_found(text, lines):
    assert awaits_in_condition(text) == lines
