"""The chart as text: what renders, what is refused, and that manifests/ is what it renders to."""

from __future__ import annotations

import base64
import json
import re
import subprocess

import pytest
import yaml
from chart_under_test import CHART, NAMESPACE, POLICY, ROOT, deployments, rendered

PROGRAMS = {"operator": "berth-operator", "extender": "berth-scheduler-extender",
            "analyzer": "berth-analyzer"}


def refusal(helm, *words):
    done = helm("template", "berth", CHART, "--namespace", NAMESPACE, *words)
    assert done.returncode != 0, "it renders"
    return done.stderr


def test_manifests_are_what_the_chart_renders_to():
    done = subprocess.run([ROOT / "scripts/generate-manifests", "--check"], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_helm_finds_no_fault(helm):
    done = helm("lint", "--strict", CHART, *POLICY)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_value_has_a_line_in_the_schema():
    def keys(values, schema, path=""):
        for key, value in values.items():
            assert key in schema.get("properties", {}), f"{path}{key} is not in values.schema.json"
            properties = schema["properties"][key]
            if isinstance(value, dict) and "properties" in properties:
                keys(value, properties, f"{path}{key}.")

    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    keys(values, schema)


@pytest.mark.parametrize("setting, said", [
    ("operatr.replicas=2", "additional properties 'operatr' not allowed"),
    ("operator.replicas=0", "/operator/replicas"),
    ("operator.replicas=two", "/operator/replicas"),
    ("operator.logLevel=loud", "/operator/logLevel"),
    ("gate.mode=Sometimes", "/gate/mode"),
    ("image.digest=sha256:abc", "/image/digest"),
    ("image.pullPolicy=Maybe", "/image/pullPolicy"),
    ("analyzer.intervalSeconds=5", "/analyzer/intervalSeconds"),
    ("scheduler.percentageOfNodesToScore=101", "/scheduler/percentageOfNodesToScore"),
    ("extender.extraArguments={verbose}", "/extender/extraArguments/0"),
    ("exemptNamespaces={Team_A}", "/exemptNamespaces/0"),
    ("tracing.endpoint=collector:4318", "/tracing/endpoint"),
    ("tracing.ratio=2", "/tracing/ratio"),
    ("tracing.ratio=1.5", "/tracing/ratio"),
    ("certificates.mode=Magic", "/certificates/mode"),
    ("operator.podLabels.app\\.kubernetes\\.io/name=mine", "/operator/podLabels"),
    ("jobs.podLabels.app\\.kubernetes\\.io/part-of=mine", "/jobs/podLabels"),
    ("image.pullSecrets[0].nam=registry", "/image/pullSecrets/0"),
    ("extender.allowedClientNames={a\\,b}", "/extender/allowedClientNames/0"),
    ("extender.clusterIP=None", "/extender/clusterIP"),
])
def test_a_value_that_cannot_be_meant_is_refused_by_its_name(helm, setting, said):
    assert said in refusal(helm, *POLICY, "--set", setting).replace("'/", "/")


def gates(helm, *words):
    """What puts the gate on pods: the objects that the chart makes for it."""
    done = helm("template", "berth", CHART, "--namespace", NAMESPACE, *words)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document
            and document["kind"] in ("MutatingAdmissionPolicy", "MutatingWebhookConfiguration")]


def test_the_gate_is_a_policy_where_the_cluster_serves_it_and_else_a_webhook(helm):
    served = ("--api-versions", "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy")
    policy, = gates(helm, *served)
    assert policy["kind"] == "MutatingAdmissionPolicy"
    webhook, = gates(helm, "--kube-version", "1.35.0")
    assert webhook["kind"] == "MutatingWebhookConfiguration"
    assert gates(helm, "--set", "gate.mode=Webhook", *served) == [webhook]
    assert gates(helm, "--set", "gate.mode=None") == []


def test_the_webhook_touches_managed_pods_only_and_its_absence_stops_nothing(helm):
    webhook, = gates(helm, "--set", "gate.mode=Webhook", "--set", "exemptNamespaces={infra}")
    for entry in webhook["webhooks"]:
        assert entry["failurePolicy"] == "Ignore"
        assert entry["timeoutSeconds"] <= 2
        exempt, *others = entry["namespaceSelector"]["matchExpressions"]
        assert exempt["key"] == "kubernetes.io/metadata.name"
        assert exempt["operator"] == "NotIn"
        assert {"kube-system", NAMESPACE, "infra"} <= set(exempt["values"])
        selected = [selector["matchLabels"] for selector in
                    (entry["namespaceSelector"], entry.get("objectSelector", {}))
                    if "matchLabels" in selector]
        assert selected == [{"berth.dev/managed": "true"}]
        rule, = entry["rules"]
        assert (rule["resources"], rule["operations"]) == (["pods"], ["CREATE"])
        # A pod that asks for it in a managed namespace is the first webhook's alone.
        assert others == ([] if entry["name"].startswith("namespaces") else [
            {"key": "berth.dev/managed", "operator": "NotIn", "values": ["true"]}])
    names = [entry["name"] for entry in webhook["webhooks"]]
    assert names == ["namespaces.gate.berth.dev", "pods.gate.berth.dev"]


def test_only_the_api_servers_reach_the_webhook_where_values_say_who_they_are(helm):
    def rules(*words):
        documents = rendered(helm, "--set", "gate.mode=Webhook", *words)
        policy, = [document for document in documents if document["kind"] == "NetworkPolicy"
                   and document["metadata"]["name"] == "berth-scheduler-extender"]
        return {rule["ports"][0]["port"]: rule.get("from") for rule in policy["spec"]["ingress"]}

    assert rules() == {8443: None, 9443: None}
    assert rules("--set", "networkPolicy.apiServers={10.0.0.0/28,fd00::/64}") == {
        8443: None, 9443: [{"ipBlock": {"cidr": "10.0.0.0/28"}}, {"ipBlock": {"cidr": "fd00::/64"}}]}
    assert "/networkPolicy/apiServers/0" in refusal(
        helm, *POLICY, "--set", "networkPolicy.apiServers={10.0.0.1}").replace("'/", "/")


def test_metrics_are_read_by_whom_the_values_say(helm):
    def rule(*words):
        policy, = [document for document in rendered(helm, *words)
                   if document["kind"] == "NetworkPolicy"
                   and document["metadata"]["name"] == "berth-metrics"]
        only, = policy["spec"]["ingress"]
        return only

    assert "from" not in rule()
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    peers = [monitoring, {"ipBlock": {"cidr": "10.0.0.0/28", "except": ["10.0.0.1/32"]}}]
    narrowed = rule("--set-json", f"networkPolicy.metricsFrom={json.dumps(peers)}")
    assert narrowed["ports"] == [{"protocol": "TCP", "port": 8081}]
    own, *others = narrowed["from"]
    assert own == {"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "berth"}}}
    assert others == peers
    for wrong in ("[{}]", '["monitoring"]', '[{"cidr": "10.0.0.0/8"}]',
                  '[{"ipBlock": {"cidr": "10.0.0.1"}}]'):
        assert "networkPolicy/metricsFrom/0" in refusal(
            helm, *POLICY, "--set-json", f"networkPolicy.metricsFrom={wrong}").replace("'/", "/")


def test_the_webhook_reaches_the_extender_and_is_trusted_by_who_keeps_the_certificates(helm):
    mode = ("--set", "gate.mode=Webhook")
    done = helm("template", "berth", CHART, "--namespace", NAMESPACE, *mode, "--set",
                "scheduler.deploy=true")
    documents = [document for document in yaml.safe_load_all(done.stdout) if document]
    named = {(document["kind"], document["metadata"]["name"]): document for document in documents}
    webhook = named["MutatingWebhookConfiguration", "berth-gate"]
    called, = {json.dumps(entry["clientConfig"]["service"]) for entry in webhook["webhooks"]}
    service = named["Service", "berth-scheduler-extender"]
    assert json.loads(called) == {"name": "berth-scheduler-extender", "namespace": NAMESPACE,
                                  "path": "/gate", "port": 9443}
    assert 9443 in [port["port"] for port in service["spec"]["ports"]]
    allowed = named["NetworkPolicy", "berth-scheduler-extender"]["spec"]["ingress"]
    assert 9443 in [port["port"] for rule in allowed for port in rule["ports"]]
    specs = deployments(documents)
    extender, = specs["berth-scheduler-extender"]["template"]["spec"]["containers"]
    assert {"--gate-bind-address=0.0.0.0:9443", "--gate-scheduler-name=berth"} <= \
        set(extender["args"])
    operator, = specs["berth-operator"]["template"]["spec"]["containers"]
    assert "--gate-webhook=berth-gate" in operator["args"]
    rule, = named["ClusterRole", "berth-operator-gate"]["rules"]
    assert rule["resourceNames"] == ["berth-gate"]


def test_others_who_keep_the_certificates_are_told_of_the_webhook(helm):
    mode = ("--set", "gate.mode=Webhook")
    by_manager, = gates(helm, *mode, "--set", "certificates.mode=CertManager")
    assert by_manager["metadata"]["annotations"] == {
        "cert-manager.io/inject-ca-from": f"{NAMESPACE}/berth-scheduler-extender"}
    own = ("--set", "certificates.mode=Secret")
    assert "gate.caBundle" in refusal(helm, *mode, *own)
    given, = gates(helm, *mode, *own, "--set", "gate.caBundle=-----BEGIN CERTIFICATE-----x")
    for entry in given["webhooks"]:
        assert base64.b64decode(entry["clientConfig"]["caBundle"]) == b"-----BEGIN CERTIFICATE-----x"


def test_a_cluster_that_is_too_old_is_refused(helm):
    assert "1.33" in refusal(helm, *POLICY, "--kube-version", "1.32.0")


def test_the_image_is_the_digest_if_there_is_one(helm):
    digest = "sha256:" + "0" * 64
    documents = rendered(helm, "--set", f"image.digest={digest}", "--set",
                         "image.repository=registry.example.com/berth")
    for spec in deployments(documents).values():
        container, = spec["template"]["spec"]["containers"]
        assert container["image"] == f"registry.example.com/berth@{digest}"


@pytest.mark.parametrize("values", PROGRAMS)
def test_each_program_takes_what_its_values_say(helm, tmp_path, values):
    chosen = {"replicas": 3, "logLevel": "debug", "extraArguments": ["--kube-api-qps=50"],
              "priorityClassName": "mine", "nodeSelector": {"role": "infra"},
              "tolerations": [{"key": "infra", "operator": "Exists"}],
              "podLabels": {"team": "platform"}, "podAnnotations": {"note": "x"},
              "resources": {"requests": {"cpu": "1", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"}}}
    file = tmp_path / "values.yaml"
    file.write_text(json.dumps({values: chosen}), encoding="utf-8")
    documents = rendered(helm, "--values", file)
    spec = deployments(documents)[PROGRAMS[values]]
    pod, metadata = spec["template"]["spec"], spec["template"]["metadata"]
    container, = pod["containers"]
    assert spec["replicas"] == 3
    assert "--kube-api-qps=50" in container["args"]
    assert container["resources"] == chosen["resources"]
    assert pod["priorityClassName"] == "mine"
    assert pod["nodeSelector"] == chosen["nodeSelector"]
    assert pod["tolerations"] == chosen["tolerations"]
    assert metadata["labels"]["team"] == "platform"
    assert metadata["annotations"] == {"note": "x"}
    assert "podAntiAffinity" in pod["affinity"]
    budgets = [document["metadata"]["name"] for document in documents
               if document["kind"] == "PodDisruptionBudget"]
    assert PROGRAMS[values] in budgets


def log_level_of(documents, values):
    """What the file holds that the program is told to read its log level from."""
    pod = deployments(documents)[PROGRAMS[values]]["template"]["spec"]
    container, = pod["containers"]
    file, = [flag.partition("=")[2] for flag in container["args"] if "log-level" in flag]
    mount, = [mount for mount in container["volumeMounts"]
              if mount["mountPath"] == file.rpartition("/")[0]]
    volume, = [volume for volume in pod["volumes"] if volume["name"] == mount["name"]]
    config, = [document for document in documents if document["kind"] == "ConfigMap"
               and document["metadata"]["name"] == volume["configMap"]["name"]]
    return config["data"][file.rpartition("/")[2]]


@pytest.mark.parametrize("values", PROGRAMS)
def test_a_log_level_is_in_a_file_so_that_a_change_restarts_no_pod(helm, values):
    before = rendered(helm)
    after = rendered(helm, "--set", f"{values}.logLevel=debug")
    assert [log_level_of(before, name) for name in PROGRAMS] == ["info"] * 3
    assert [log_level_of(after, name) for name in PROGRAMS] == [
        "debug" if name == values else "info" for name in PROGRAMS]
    assert deployments(before) == deployments(after)


def test_traces_go_where_the_values_say_and_their_token_comes_from_a_secret(helm):
    def told(*words):
        """The flag of each program, and its variables."""
        containers = {name: spec["template"]["spec"]["containers"][0]
                      for name, spec in deployments(rendered(helm, *words)).items()}
        return {name: ([flag for flag in container["args"] if "otlp" in flag],
                       {entry["name"]: entry.get("value", entry.get("valueFrom"))
                        for entry in container.get("env", [])})
                for name, container in containers.items()}

    assert set(map(str, told().values())) == {"([], {})"}
    url = "http://collector.monitoring.svc:4318"
    all_told = told("--set", f"tracing.endpoint={url},tracing.ratio=0.05,tracing.headersSecret=t")
    assert all_told.pop("berth-analyzer") == ([], {})
    for flags, variables in all_told.values():
        assert flags == [f"--otlp-endpoint={url}"]
        assert variables == {
            "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.05",
            "OTEL_EXPORTER_OTLP_HEADERS": {
                "secretKeyRef": {"name": "t", "key": "headers", "optional": True}}}


def test_the_authority_of_the_collector_comes_from_a_secret_that_no_pod_waits_for(helm):
    chosen = ("--set", "tracing.endpoint=https://collector:4318,tracing.caSecret=c")
    for name, spec in deployments(rendered(helm, *chosen)).items():
        pod = spec["template"]["spec"]
        container, = pod["containers"]
        secrets = {volume["name"]: volume["secret"] for volume in pod["volumes"]
                   if volume.get("secret", {}).get("secretName") == "c"}
        if name == "berth-analyzer":
            assert not secrets
            continue
        (volume, secret), = secrets.items()
        assert secret == {"secretName": "c", "defaultMode": 0o440, "optional": True}
        mount, = [mount for mount in container["volumeMounts"] if mount["name"] == volume]
        file, = [entry["value"] for entry in container["env"]
                 if entry["name"] == "OTEL_EXPORTER_OTLP_CERTIFICATE"]
        assert file == mount["mountPath"] + "/ca.crt"
    without_endpoint = str(rendered(helm, "--set", "tracing.caSecret=c"))
    assert "tracing-ca" not in without_endpoint


def own_volumes(pod):
    """The volumes of a pod beside that of its log level."""
    return [volume for volume in pod["volumes"] if volume["name"] != "log-levels"]


def own_mounts(container):
    return [mount for mount in container["volumeMounts"] if mount["name"] != "log-levels"]


@pytest.mark.parametrize("words, volume", [
    ((), {"emptyDir": {}}),
    (("--set", "operator.decisionLog.volume.persistentVolumeClaim.claimName=kept"),
     {"persistentVolumeClaim": {"claimName": "kept"}}),
])
def test_the_decision_log_is_kept_on_a_volume_if_it_is_asked_for(helm, words, volume):
    pod = deployments(rendered(helm))["berth-operator"]["template"]["spec"]
    assert own_volumes(pod) == []
    documents = rendered(helm, "--set", "operator.decisionLog.enabled=true", *words)
    pod = deployments(documents)["berth-operator"]["template"]["spec"]
    container, = pod["containers"]
    mount, = own_mounts(container)
    assert f"--decision-log={mount['mountPath']}" in container["args"]
    assert "--decision-log-max-bytes=268435456" in container["args"]
    assert own_volumes(pod) == [{"name": mount["name"], **volume}]


def test_a_single_replica_has_no_budget_that_would_block_a_drain(helm):
    documents = rendered(helm, "--set", "operator.replicas=1", "--set", "extender.replicas=1")
    assert not [document for document in documents if document["kind"] == "PodDisruptionBudget"]


def test_another_namespace_is_named_everywhere(helm):
    done = helm("template", "berth", CHART, "--namespace", "elsewhere", *POLICY)
    text = re.sub(r"^\s*#.*$", "", done.stdout, flags=re.MULTILINE)
    assert "system:serviceaccount:elsewhere:berth-operator" in text
    definitions = [document["metadata"]["name"] for document in yaml.safe_load_all(text)
                   if document and document["kind"] != "CustomResourceDefinition"
                   and NAMESPACE in json.dumps(document)]
    assert definitions == []


@pytest.mark.parametrize("setting, kinds", [
    ("guard.enabled=false", {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}),
    ("gate.mode=None", {"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"}),
    ("priorityClasses.create=false", {"PriorityClass"}),
    ("networkPolicy.enabled=false", {"NetworkPolicy"}),
    ("crds.install=false", {"CustomResourceDefinition"}),
    ("criticalPodsQuota=false", {"ResourceQuota"}),
])
def test_a_part_that_is_switched_off_is_not_there_and_all_else_is(helm, setting, kinds):
    everything = {document["kind"] for document in rendered(helm)}
    assert {document["kind"] for document in rendered(helm, "--set", setting)} == everything - kinds


def test_names_that_look_like_numbers_or_words_stay_names(helm):
    documents = rendered(helm, "--set-json", 'exemptNamespaces=["123","true","1e3"]', "--set-json",
                         'extender.priorityClassName="100"', "--set", "scheduler.deploy=true",
                         "--set-string", "scheduler.name=007", "--set-json",
                         'extender.allowedClientNames=["CN #1"]')
    selectors = [document["spec"]["matchConstraints"].get("namespaceSelector")
                 for document in documents if document["kind"].endswith("AdmissionPolicy")]
    values = [selector["matchExpressions"][0]["values"] for selector in selectors if selector]
    assert len(values) > 2
    assert all(names[-3:] == ["123", "true", "1e3"] for names in values)
    own, = [yaml.safe_load(document["data"]["config.yaml"]) for document in documents
            if (document["kind"], document["metadata"]["name"]) == ("ConfigMap", "berth-scheduler")]
    assert [profile["schedulerName"] for profile in own["profiles"]] == ["007"]
    pod = deployments(documents)["berth-scheduler-extender"]["template"]["spec"]
    assert pod["priorityClassName"] == "100"
    assert "--allowed-client-names=CN #1" in pod["containers"][0]["args"]


def test_in_kube_system_the_clusters_own_critical_pods_are_not_bounded(helm):
    done = helm("template", "berth", CHART, "--namespace", "kube-system", *POLICY)
    assert done.returncode == 0, done.stderr
    kinds = {document["kind"] for document in yaml.safe_load_all(done.stdout) if document}
    assert "Deployment" in kinds
    assert "ResourceQuota" not in kinds


@pytest.mark.parametrize("words, volume", [
    ((), {"emptyDir": {}}),
    (("--set", "analyzer.history.volume.persistentVolumeClaim.claimName=kept"),
     {"persistentVolumeClaim": {"claimName": "kept"}}),
])
def test_the_analyzers_history_is_kept_on_a_volume_if_it_is_asked_for(helm, words, volume):
    pod = deployments(rendered(helm))["berth-analyzer"]["template"]["spec"]
    assert own_volumes(pod) == []
    documents = rendered(helm, "--set", "analyzer.history.enabled=true", *words)
    pod = deployments(documents)["berth-analyzer"]["template"]["spec"]
    container, = pod["containers"]
    mount, = own_mounts(container)
    file, = [flag.partition("=")[2] for flag in container["args"] if "history-file" in flag]
    assert file.rpartition("/")[0] == mount["mountPath"]
    assert own_volumes(pod) == [{"name": mount["name"], **volume}]


def test_the_analyzer_acts_only_if_it_is_asked_for_and_only_then_has_the_rights_for_it(helm):
    def acting(*words):
        documents = rendered(helm, *words)
        role, = [document for document in documents if document["kind"] == "ClusterRole"
                 and document["metadata"]["name"] == "berth-analyzer"]
        resources = {name for rule in role["rules"] for name in rule["resources"]}
        container, = deployments(documents)["berth-analyzer"]["template"]["spec"]["containers"]
        patched = {name for rule in role["rules"] for name in rule["resources"]
                   if "patch" in rule["verbs"]} & {"resourcepools"}
        return resources & {"deployments/scale", "statefulsets/scale", "pods/resize"} \
            | patched, "--act=true" in container["args"]
    assert acting() == (set(), False)
    assert acting("--set", "analyzer.act=true") == (
        {"deployments/scale", "statefulsets/scale", "pods/resize", "resourcepools"}, True)


def test_the_analyzer_may_always_tell_of_what_it_notices_and_looks_for_it_as_asked(helm):
    def arguments(*words):
        container, = deployments(rendered(helm, *words))["berth-analyzer"]["template"]["spec"][
            "containers"]
        return [flag for flag in container["args"] if "anomaly" in flag or "z-score" in flag]
    assert rights_of_the_analyzer(helm)["events.k8s.io/events"] == ["create", "patch"]
    assert arguments() == ["--anomaly-detector=Novelty"]
    assert arguments("--set", "analyzer.anomalies.detector=ZScore") == [
        "--anomaly-detector=ZScore", "--z-score-threshold=2.5"]


def rights_of_the_analyzer(helm, *words):
    """Of each resource that a rule of its ClusterRole names, what may be done to it."""
    role, = [document for document in rendered(helm, *words) if document["kind"] == "ClusterRole"
             and document["metadata"]["name"] == "berth-analyzer"]
    return {f"{group}/{resource}": rule["verbs"] for rule in role["rules"]
            for group in rule["apiGroups"] for resource in rule["resources"]}


def test_the_analyzer_may_scale_machines_only_if_it_is_asked_for_and_acts(helm):
    words = ("--set", "analyzer.poolProviders.clusterAPI=true")
    assert "analyzer.act" in refusal(helm, *POLICY, *words)
    act = ("--set", "analyzer.act=true")
    assert not [name for name in rights_of_the_analyzer(helm, *act) if "machine" in name]
    rights = rights_of_the_analyzer(helm, *act, *words)
    assert {name: verbs for name, verbs in rights.items() if "machine" in name} == {
        "cluster.x-k8s.io/machinedeployments": ["get"],
        "cluster.x-k8s.io/machinepools": ["get"],
        "cluster.x-k8s.io/machinedeployments/scale": ["patch"],
        "cluster.x-k8s.io/machinepools/scale": ["patch"]}


def test_the_analyzer_may_change_node_pools_only_if_it_is_asked_for_and_acts(helm):
    words = ("--set", "analyzer.poolProviders.karpenter=true")
    assert "analyzer.act" in refusal(helm, *POLICY, *words)
    act = ("--set", "analyzer.act=true")
    assert "karpenter.sh/nodepools" not in rights_of_the_analyzer(helm, *act)
    rights = rights_of_the_analyzer(helm, *act, *words)
    assert rights["karpenter.sh/nodepools"] == ["get", "patch"]
    assert not [name for name in rights if "machine" in name]


def test_the_analyzer_is_told_of_a_webhook_with_what_is_secret_from_secrets(helm):
    value = "analyzer.poolProviders.webhook"
    url = ("--set", f"{value}.url=https://sizer.example.com/pools")
    secrets = ("--set", f"{value}.secret=s,{value}.caSecret=c")
    act = ("--set", "analyzer.act=true")
    assert "analyzer.act" in refusal(helm, *POLICY, *url, *secrets)
    for incomplete in (url, secrets, ("--set", f"{value}.caSecret=c")):
        assert value in refusal(helm, *POLICY, *act, *incomplete)
    assert "url" in refusal(helm, *POLICY, *act, *secrets, "--set", f"{value}.url=http://a.example")
    pod = deployments(rendered(helm, *act, *url, *secrets))["berth-analyzer"]["template"]["spec"]
    container, = pod["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in own_mounts(container)}
    assert mounts == {"pool-webhook": "/etc/berth/pool-webhook",
                      "pool-webhook-ca": "/etc/berth/pool-webhook-ca"}
    assert {"--pool-webhook-url=https://sizer.example.com/pools",
            "--pool-webhook-secret-file=/etc/berth/pool-webhook/secret",
            "--pool-webhook-ca-file=/etc/berth/pool-webhook-ca/ca.crt"} < set(container["args"])
    assert {volume["name"]: volume["secret"]["secretName"] for volume in own_volumes(pod)} == {
        "pool-webhook": "s", "pool-webhook-ca": "c"}


def test_the_analyzer_is_told_of_a_prometheus_with_what_is_secret_from_secrets(helm):
    url = "https://prometheus.monitoring.svc:9090"
    said = refusal(helm, *POLICY, "--set", "analyzer.prometheus.tokenSecret=t")
    assert "analyzer.prometheus" in said
    documents = rendered(helm, "--set", f"analyzer.prometheus.url={url}", "--set",
                         "analyzer.prometheus.tokenSecret=t,analyzer.prometheus.caSecret=c",
                         "--set", "analyzer.history.enabled=true")
    pod = deployments(documents)["berth-analyzer"]["template"]["spec"]
    container, = pod["containers"]
    assert f"--prometheus-url={url}" in container["args"]
    mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for flag, secret in (("token", "t"), ("ca", "c")):
        file, = [argument.partition("=")[2] for argument in container["args"]
                 if argument.startswith(f"--prometheus-{flag}-file=")]
        found = volumes[mounted[file.rpartition("/")[0]]]["secret"]
        assert found == {"secretName": secret, "defaultMode": 0o440}
    assert len(own_volumes(pod)) == 3


def notes(helm, *words):
    done = helm("install", "berth", CHART, "--namespace", NAMESPACE, "--dry-run=client", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("NOTES:")[2]


def test_the_notes_say_of_the_gate_only_what_it_does(helm):
    deployed = ("--set", "scheduler.deploy=true")
    assigned = "managed pods that name no scheduler get it"
    assert assigned in notes(helm, *POLICY, *deployed)
    assert assigned not in notes(helm, *POLICY, *deployed, "--set", "scheduler.assign=false")
    without_gate = notes(helm, *deployed, "--set", "gate.mode=None")
    assert assigned not in without_gate
    assert "Nothing adds the scheduling gate" in without_gate


def test_the_notes_name_the_secrets_that_are_yours_to_make(helm):
    own = ("--set", "certificates.mode=Secret", "--set", "extender.tlsSecret=mine")
    text = notes(helm, *POLICY, *own, "--set", "scheduler.deploy=true")
    assert "Secret mine: tls.crt" in text
    assert "Secret berth-scheduler-client-tls" in text
    assert "before you have made them" not in notes(helm, *POLICY)


def test_the_notes_warn_of_a_scheduler_that_could_not_place_the_extender(helm):
    strict = ("--set", "scheduler.ignorable=false")
    trap = "schedules nothing, a new extender neither"
    assert trap in notes(helm, *POLICY, *strict)
    assert trap not in notes(helm, *POLICY)
    assert trap not in notes(helm, *POLICY, *strict, "--set", "scheduler.deploy=true")


def test_the_pages_ask_for_the_kubernetes_that_the_chart_asks_for(helm):
    facts = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    oldest = re.fullmatch(r">=(1\.\d+)\.0-0", facts["kubeVersion"])[1]
    for page in ("README.md", "docs/tasks/install.md"):
        assert f"Kubernetes {oldest}" in (ROOT / page).read_text(encoding="utf-8"), page
    rendered(helm, "--kube-version", f"{oldest}.0")


def test_what_others_rest_on_is_kept_when_the_release_goes(helm):
    kept = {document["kind"] for document in rendered(helm)
            if (document["metadata"].get("annotations") or {}).get("helm.sh/resource-policy")
            == "keep"}
    assert kept == {"CustomResourceDefinition", "Secret", "PriorityClass"}
    for document in rendered(helm):
        if document["kind"] in kept:
            assert document["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_no_policy_isolates_pods_that_are_not_berths(helm):
    for document in rendered(helm):
        if document["kind"] == "NetworkPolicy":
            assert document["spec"]["podSelector"].get("matchLabels"), document["metadata"]["name"]


@pytest.mark.parametrize("address, host", [("10.96.0.77", "10.96.0.77"),
                                           ("fd00:10:96::a", "[fd00:10:96::a]")])
def test_a_cluster_ip_is_what_the_scheduler_is_told(helm, address, host):
    documents = rendered(helm, "--set", f"extender.clusterIP={address}")
    config, = [yaml.safe_load(document["data"]["config.yaml"]) for document in documents
               if document["metadata"]["name"] == "berth-scheduler-config"]
    extender, = config["extenders"]
    assert extender["urlPrefix"] == f"https://{host}:8443"
    assert extender["tlsConfig"]["serverName"] == "berth-scheduler-extender.berth-system.svc"


def test_a_secret_that_nobody_would_fill_is_refused(helm):
    said = refusal(helm, *POLICY, "--set", "extender.tlsSecret=mine")
    assert "extender.tlsSecret" in said
    rendered(helm, "--set", "extender.tlsSecret=mine", "--set", "certificates.mode=Secret")


@pytest.mark.parametrize("name", PROGRAMS.values())
def test_the_programs_take_the_flags_that_the_chart_gives(helm, programs_folder, name):
    container, = deployments(rendered(helm))[name]["template"]["spec"]["containers"]
    done = subprocess.run([programs_folder / name, *container["args"], "--version"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len({flag.partition("=")[0] for flag in container["args"]}) == len(container["args"])


@pytest.mark.parametrize("mode, kinds", [
    ("SelfManaged", {"Secret"}), ("CertManager", {"Issuer", "Certificate"}), ("Secret", set())])
def test_certificates_come_from_one_place_only(helm, mode, kinds):
    documents = rendered(helm, "--set", f"certificates.mode={mode}")
    found = {document["kind"] for document in documents}
    assert found & {"Secret", "Issuer", "Certificate"} == kinds
    operator, = deployments(documents)["berth-operator"]["template"]["spec"]["containers"]
    assert ("--manage-certificates=true" in operator["args"]) == (mode == "SelfManaged")
    roles = [document["metadata"]["name"] for document in documents if document["kind"] == "Role"]
    assert ("berth-operator-certificates" in roles) == (mode == "SelfManaged")


def test_an_issuer_of_the_cluster_signs_if_one_is_named(helm):
    documents = rendered(helm, "--set", "certificates.mode=CertManager", "--set-json",
                         'certificates.certManager.issuerRef={"kind":"ClusterIssuer","name":"ours"}')
    certificates = [document for document in documents if document["kind"] == "Certificate"]
    assert {document["spec"]["issuerRef"]["name"] for document in certificates} == {"ours"}
    assert not [document for document in documents if document["kind"] == "Issuer"]


def test_the_analyzer_can_be_left_out(helm):
    documents = rendered(helm, "--set", "analyzer.enabled=false")
    assert not [document for document in documents
                if document["metadata"]["name"] == "berth-analyzer"]


def role_of(documents, name):
    """What a ClusterRole allows: pairs of resource and verb."""
    role, = [document for document in documents
             if (document["kind"], document["metadata"]["name"]) == ("ClusterRole", name)]
    return {(resource, verb) for rule in role["rules"] for resource in rule["resources"]
            for verb in rule["verbs"]}


def test_the_extender_may_bind_only_if_it_is_asked_to(helm):
    name = "berth-scheduler-extender"
    reads = role_of(rendered(helm), name)
    assert {verb for _, verb in reads} == {"get", "list", "watch"}
    strict = role_of(rendered(helm, "--set", "scheduler.ignorable=false"), name)
    assert strict - reads == {("pods/binding", "create")}


def test_who_reads_quotas_can_be_chosen(helm):
    def bound_to_everyone(*words):
        return [document["metadata"]["name"] for document in rendered(helm, *words)
                if document["kind"] == "ClusterRoleBinding"
                and document["subjects"][0]["name"] == "system:authenticated"]

    assert bound_to_everyone() == ["berth-cluster-view"]
    closed = ("--set", "users.everyoneReadsQuotas=false")
    assert bound_to_everyone(*closed) == []
    assert role_of(rendered(helm, *closed), "berth-cluster-view"), "it can be bound to others"


@pytest.mark.parametrize("words, classes", [
    ((), ["system-cluster-critical"]),
    (("--set", "operator.priorityClassName=system-node-critical"),
     ["system-cluster-critical", "system-node-critical"]),
    (("--set", "operator.priorityClassName=mine", "--set", "extender.priorityClassName=mine"), None),
    (("--set", "operator.priorityClassName=mine", "--set", "extender.priorityClassName=mine",
      "--set", "scheduler.deploy=true"), ["system-cluster-critical"])])
def test_a_quota_allows_the_critical_classes_that_are_used(helm, words, classes):
    found = [document["spec"]["scopeSelector"]["matchExpressions"][0]["values"]
             for document in rendered(helm, *words) if document["kind"] == "ResourceQuota"]
    assert found == ([classes] if classes else [])


def test_strict_isolation_binds_through_the_extender(helm):
    documents = rendered(helm, "--set", "scheduler.ignorable=false")
    config, = [yaml.safe_load(document["data"]["config.yaml"]) for document in documents
               if document["metadata"]["name"] == "berth-scheduler-config"]
    extender, = config["extenders"]
    assert extender["ignorable"] is False
    assert extender["bindVerb"] == "bind"
