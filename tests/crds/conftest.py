"""One API server with Berth's definitions, for all tests of this folder."""

import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/controlplane"))

from berth_controlplane.berth import established  # noqa: E402
from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.manifests import load  # noqa: E402
from berth_controlplane.waiting import wait_until  # noqa: E402

ESTABLISHED_TIMEOUT_SECONDS = 30


@pytest.fixture(scope="session")
def kube():
    """An administrator's client. There are no nodes and no scheduler."""
    cluster = bring_up(ClusterOptions(f"crds-{os.getpid()}", nodes=0, with_metrics=False,
                                      with_scheduler=False, tied_to_caller=True))
    try:
        client = cluster.kube
        definitions = load((ROOT / "crds",)).definitions
        for definition in definitions:
            client.apply(definition)
        names = [definition["metadata"]["name"] for definition in definitions]
        wait_until(lambda: all(established(client, name) for name in names),
                   ESTABLISHED_TIMEOUT_SECONDS, "all definitions are established")
        yield client
    finally:
        cluster.down()
