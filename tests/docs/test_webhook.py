"""What the documentation says of the webhook for pools is what the analyzer sends."""

from __future__ import annotations

import json
import re

import pytest

from markdown import ROOT, blocks

PAGE = "docs/tasks/grow-a-pool.md"
# What tests/unit/analyzer/pool_webhook_test.cpp has the analyzer sign, and how.
SECRET = b"a-secret-of-32-bytes-or-still-more"
BODY = (b'{"current":10,"desired":14,"idempotencyKey":"workers-growpool-0123456789-1772409600",'
        b'"pool":"workers","reason":"cpu is at 90 % of 10 nodes",'
        b'"recommendation":"berth-system/workers-growpool-0123456789"}')
SECONDS = 1772409600
HMAC = "0be5d60d61651cc1476a340a6ff3a9cfe9b94ea8c82101ae631cd7f2e5818c1c"
SIGNATURE = f"t={SECONDS},v1={HMAC}"


@pytest.fixture(scope="module")
def is_from_berth():
    """The function of the page."""
    block, = [block for block in blocks(PAGE) if block.language == "python"]
    names: dict = {}
    exec(compile(block.text, PAGE, "exec"), names)
    return names["is_from_berth"]


def test_the_check_of_the_page_accepts_what_the_analyzer_signs(is_from_berth):
    source = (ROOT / "tests/unit/analyzer/pool_webhook_test.cpp").read_text(encoding="utf-8")
    assert HMAC in source and SECRET.decode() in source
    assert is_from_berth(SECRET, SIGNATURE, BODY, SECONDS + 10)


@pytest.mark.parametrize("secret, signature, body, now", [
    (SECRET + b".", SIGNATURE, BODY, SECONDS),
    (SECRET, SIGNATURE, BODY.replace(b"14", b"15"), SECONDS),
    (SECRET, SIGNATURE.replace(str(SECONDS), str(SECONDS + 600)), BODY, SECONDS + 600),
    (SECRET, SIGNATURE, BODY, SECONDS + 600),
    (SECRET, "", BODY, SECONDS),
    (SECRET, "v1,t", BODY, SECONDS),
    (SECRET, f"t={SECONDS},v1=\u00e9", BODY, SECONDS)])
def test_the_check_of_the_page_refuses_all_else(is_from_berth, secret, signature, body, now):
    assert not is_from_berth(secret, signature, body, now)


def test_the_order_of_the_page_has_the_fields_that_are_sent():
    block, = [block for block in blocks(PAGE) if block.language == "json"]
    source = (ROOT / "analyzer/advise/pool_order.cpp").read_text(encoding="utf-8")
    assert set(json.loads(block.text)) == set(re.findall(r'\{"(\w+)", ', source))
