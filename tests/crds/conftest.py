"""One API server with Berth's definitions, for all tests of this folder."""

import pathlib
import sys

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/controlplane"))

from berth_controlplane.cluster import Cluster, ClusterOptions  # noqa: E402
from berth_controlplane.waiting import wait_until  # noqa: E402

ESTABLISHED_TIMEOUT_SECONDS = 30


@pytest.fixture(scope="session")
def kube():
    """An administrator's client; only the API server and the garbage collector's peers run."""
    cluster = Cluster.up(ClusterOptions("crds", nodes=0, with_metrics=False, with_scheduler=False,
                                        tied_to_caller=True))
    try:
        client = cluster.kube
        for path in sorted((ROOT / "crds").glob("*.yaml")):
            client.apply(yaml.safe_load(path.read_text()))
        wait_until(lambda: all_established(client), ESTABLISHED_TIMEOUT_SECONDS,
                   "all definitions are established")
        yield client
    finally:
        cluster.down()


def all_established(client):
    definitions = client.list("apiextensions.k8s.io/v1/CustomResourceDefinition")
    ours = [d for d in definitions if d["spec"]["group"] == "berth.dev"]
    return ours and all(
        any(c["type"] == "Established" and c["status"] == "True"
            for c in d.get("status", {}).get("conditions", [])) for d in ours)
