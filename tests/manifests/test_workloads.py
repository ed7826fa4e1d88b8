"""The Deployments, priorities and scheduler configuration in manifests/, on the real thing."""

import copy

import pytest
import yaml
from berth_controlplane import scheduler_config
from berth_controlplane.errors import ComponentFailed
from world import ROOT, dry_run, manifests

DEPLOYMENTS = [d for d in manifests() if d["kind"] == "Deployment"]
BY_KIND_AND_NAME = {(d["kind"], d["metadata"]["name"]): d for d in manifests()}
SCHEDULER_CONFIG = ROOT / "manifests/scheduler-config.yaml"


def name_of(document):
    return document["metadata"]["name"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name_of)
def test_pods_pass_the_restricted_profile(world, deployment):
    template = deployment["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": template["spec"],
           "metadata": template["metadata"] | {"name": "try", "namespace": "berth-system"}}
    dry_run(world.kube, pod)


def test_restricted_profile_is_enforced(world):
    with pytest.raises(Exception, match="violates PodSecurity"):
        dry_run(world.kube, world.pod("berth-system"))


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name_of)
def test_container_is_probed_bounded_and_cannot_write(deployment):
    container, = deployment["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert "memory" in container["resources"]["limits"]
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert "--health-bind-address=0.0.0.0:8081" in container["args"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name_of)
def test_selectors_agree(deployment):
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    wanted = deployment["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= labels.items()
    assert BY_KIND_AND_NAME["Service", name_of(deployment)]["spec"]["selector"] == wanted


@pytest.mark.parametrize("name", ["berth-operator", "berth-scheduler-extender"])
def test_what_scheduling_needs_survives_the_loss_of_a_node(name):
    spec = BY_KIND_AND_NAME["Deployment", name]["spec"]
    selector = spec["selector"]
    term, = spec["template"]["spec"]["affinity"]["podAntiAffinity"][
        "preferredDuringSchedulingIgnoredDuringExecution"]
    assert spec["replicas"] == 2
    assert term["podAffinityTerm"]["labelSelector"] == selector
    assert BY_KIND_AND_NAME["PodDisruptionBudget", name]["spec"]["selector"] == selector


def test_priorities_are_on_the_scale_and_collide_with_nothing(world):
    ours = {name_of(d): d["value"] for d in manifests() if d["kind"] == "PriorityClass"}
    assert ours == {"berth-critical": 10 * 100000, "berth-high": 8 * 100000,
                    "berth-medium": 5 * 100000, "berth-low": 2 * 100000}
    served = world.kube.list("scheduling.k8s.io/v1/PriorityClass")
    others = {name_of(d): d["value"] for d in served if name_of(d) not in ours}
    assert others.keys() == {"system-cluster-critical", "system-node-critical"}
    assert max(ours.values()) < min(others.values())


def local_configuration(world):
    """The shipped configuration, with certificates of this cluster in place of those of a node."""
    config = scheduler_config.load(SCHEDULER_CONFIG)
    client = world.cluster.client_certificate("scheduler-test", "kube-scheduler", "extender-ca")
    tls = config["extenders"][0]["tlsConfig"]
    tls |= {"caFile": world.cluster.layout.pki("extender-ca.crt"),
            "certFile": str(client.certificate), "keyFile": str(client.key)}
    return config


def test_scheduler_starts_with_the_configuration(world):
    world.cluster.configure_scheduler(local_configuration(world))
    world.cluster.remove("scheduler")


@pytest.mark.parametrize("field, value", [("weight", 0), ("filterVerbs", "filter")])
def test_scheduler_refuses_a_spoilt_configuration(world, field, value):
    """So that the test above would notice a mistake."""
    config = local_configuration(world)
    config["extenders"][0][field] = value
    with pytest.raises(ComponentFailed):
        world.cluster.configure_scheduler(config)
    world.cluster.remove("scheduler")


def test_scheduler_and_extender_mean_the_same_endpoint():
    extender, = scheduler_config.load(SCHEDULER_CONFIG)["extenders"]
    service = BY_KIND_AND_NAME["Service", "berth-scheduler-extender"]
    port = {port["name"]: port["port"] for port in service["spec"]["ports"]}["https"]
    host = f"{name_of(service)}.{service['metadata']['namespace']}.svc"
    assert extender["urlPrefix"] == f"https://{host}:{port}"
    assert extender["tlsConfig"]["serverName"] == host
    assert extender["enableHTTPS"] and extender["nodeCacheCapable"]


def test_extender_reads_the_certificates_that_are_mounted():
    spec = copy.deepcopy(BY_KIND_AND_NAME["Deployment", "berth-scheduler-extender"])
    pod = spec["spec"]["template"]["spec"]
    container, = pod["containers"]
    volume, = [each for each in pod["volumes"] if "secret" in each]
    mount, = [each for each in container["volumeMounts"] if each["name"] == volume["name"]]
    files = [argument.partition("=")[2] for argument in container["args"]
             if "file" in argument and "log-level" not in argument]
    assert [path.rpartition("/")[0] for path in files] == [mount["mountPath"]] * 3
    # The Secret's files are root's and readable by the group, so the group must be the program's.
    assert volume["secret"]["defaultMode"] == 0o440
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]


def test_every_image_is_the_same_release():
    images = {d["spec"]["template"]["spec"]["containers"][0]["image"] for d in DEPLOYMENTS}
    assert len(images) == 1 and not images.pop().endswith(":latest")


def test_manifests_are_one_document_per_object():
    seen = [(d["kind"], d["metadata"].get("namespace"), name_of(d)) for d in manifests()]
    assert len(seen) == len(set(seen)) and yaml.safe_dump(seen)
