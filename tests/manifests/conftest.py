"""One control plane with Berth's definitions and manifests, for all tests of this folder.

What is tested is what the API server does, alone or, where the gate is a webhook, with its answer.
"""

import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/controlplane"))

from berth_controlplane import berth, gate  # noqa: E402
from berth_controlplane.bringup import ClusterOptions, bring_up  # noqa: E402
from berth_controlplane.errors import ApiError  # noqa: E402
from berth_controlplane.waiting import wait_until  # noqa: E402
from world import World, dry_run  # noqa: E402

IN_FORCE_TIMEOUT_SECONDS = 60


@pytest.fixture(scope="session")
def world(request):
    cluster = bring_up(ClusterOptions(f"manifests-{os.getpid()}", nodes=1, with_metrics=False,
                                      with_scheduler=False, tied_to_caller=True))
    try:
        # No program but the one that answers the gate's webhook, where the gate is one.
        binaries = (ROOT if gate.is_policy(cluster.kube)
                    else request.getfixturevalue("programs_folder"))
        berth.up(cluster, berth.BerthOptions(binaries=binaries, programs=()))
        world = World(cluster)
        for name, labels in (("managed", {"berth.dev/managed": "true"}), ("unmanaged", {})):
            world.kube.apply({"apiVersion": "v1", "kind": "Namespace",
                              "metadata": {"name": name, "labels": labels}})
        for namespace in ("managed", "unmanaged", "berth-system", "kube-system"):
            wait_until(lambda: world.kube.find("v1/ServiceAccount", "default", namespace),
                       IN_FORCE_TIMEOUT_SECONDS, f"service account default of {namespace} exists")
        # A policy acts some seconds after it is written: policies are read by an informer.
        wait_until(lambda: gate_acts(world), IN_FORCE_TIMEOUT_SECONDS, "the gate acts")
        wait_until(lambda: guards_act(world), IN_FORCE_TIMEOUT_SECONDS, "the guards act")
        yield world
    finally:
        cluster.down()


def gate_acts(world):
    for metadata in ({"namespace": "managed"},
                     {"namespace": "unmanaged", "labels": {"berth.dev/managed": "true"}}):
        created = dry_run(world.kube, world.pod(**metadata))
        if "schedulingGates" not in created["spec"]:
            return False
    return True


def guards_act(world):
    probes = [world.pod("unmanaged", annotations={"berth.dev/admitted": "forged"}),
              world.pod("managed", {"nodeName": "node-0"}),
              world.pod("unmanaged", {"nodeName": "node-0"}, labels={"berth.dev/managed": "true"})]
    for probe in probes:
        try:
            dry_run(world.kube, probe)
            return False
        except ApiError as error:
            if "must not" not in str(error):
                raise
    return True
