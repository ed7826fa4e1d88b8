"""External metrics as the chart installs them: nothing unless it is asked for, and then all that belongs to it."""

from __future__ import annotations

import base64
import subprocess

import pytest
from chart_under_test import CHART, NAMESPACE, POLICY, deployments, rendered

ENABLED = ("--set", "analyzer.externalMetrics.enabled=true")
API_SERVICE = "v1beta1.external.metrics.k8s.io"
CERTIFICATE_VOLUME = "tls"
METRICS = ["berth-forecast-replicas", "berth-forecast-cpu", "berth-forecast-memory"]


def named(documents):
    return {(document["kind"], document["metadata"]["name"]): document for document in documents}


def refusal(helm, *words):
    done = helm("template", "berth", CHART, "--namespace", NAMESPACE, *POLICY, *words)
    assert done.returncode != 0, "it renders"
    return done.stderr


def test_nothing_of_them_is_there_by_default(helm):
    text = str(rendered(helm))
    for word in ("external-metrics", "external.metrics", "berth-analyzer-tls", "APIService"):
        assert word not in text


def test_the_api_server_reaches_the_analyzer_by_its_service(helm):
    objects = named(rendered(helm, *ENABLED, "--set", "analyzer.externalMetrics.port=10250"))
    spec = objects["APIService", API_SERVICE]["spec"]
    assert (spec["group"], spec["version"]) == ("external.metrics.k8s.io", "v1beta1")
    assert spec["service"] == {"name": "berth-analyzer", "namespace": NAMESPACE, "port": 443}
    assert "insecureSkipTLSVerify" not in spec
    assert "caBundle" not in spec, "the operator fills it in, and an upgrade must not take it away"
    port, = [port for port in objects["Service", "berth-analyzer"]["spec"]["ports"]
             if port["port"] == 443]
    pod = objects["Deployment", "berth-analyzer"]["spec"]["template"]["spec"]
    container, = pod["containers"]
    listened, = [listed["containerPort"] for listed in container["ports"]
                 if listed["name"] == port["targetPort"]]
    assert f"--external-metrics-bind-address=0.0.0.0:{listened}" in container["args"]
    allowed = objects["NetworkPolicy", "berth-analyzer"]["spec"]["ingress"][0]["ports"]
    assert [port["port"] for port in allowed] == [listened] == [10250]


def test_the_operator_keeps_the_certificate_that_the_analyzer_mounts(helm):
    objects = named(rendered(helm, *ENABLED))
    assert "data" not in objects["Secret", "berth-analyzer-tls"]
    pod = objects["Deployment", "berth-analyzer"]["spec"]["template"]["spec"]
    container, = pod["containers"]
    volume, = (volume for volume in pod["volumes"] if volume["name"] == CERTIFICATE_VOLUME)
    assert volume["secret"] == {"secretName": "berth-analyzer-tls", "defaultMode": 0o440}
    mount, = (mount for mount in container["volumeMounts"] if mount["name"] == CERTIFICATE_VOLUME)
    assert f"--external-metrics-tls-cert-file={mount['mountPath']}/tls.crt" in container["args"]
    operator, = objects["Deployment", "berth-operator"]["spec"]["template"]["spec"]["containers"]
    assert f"--external-metrics-api-service={API_SERVICE}" in operator["args"]
    rule, = objects["Role", "berth-operator-certificates"]["rules"]
    assert "berth-analyzer-tls" in rule["resourceNames"]
    rule, = objects["ClusterRole", "berth-operator-external-metrics"]["rules"]
    assert (rule["resourceNames"], rule["verbs"]) == ([API_SERVICE], ["get", "patch"])


def test_the_analyzer_may_ask_about_rights_and_read_of_the_front_proxy_and_no_more(helm):
    objects = named(rendered(helm, *ENABLED))
    rule, = objects["ClusterRole", "berth-analyzer-external-metrics"]["rules"]
    assert rule == {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"],
                    "verbs": ["create"]}
    binding = objects["RoleBinding", "berth-analyzer-authentication-reader"]
    assert binding["metadata"]["namespace"] == "kube-system"
    assert binding["roleRef"]["name"] == "extension-apiserver-authentication-reader"


def test_who_may_view_may_read_each_metric_by_its_name_and_nobody_is_bound(helm):
    objects = named(rendered(helm, *ENABLED))
    role = objects["ClusterRole", "berth-external-metrics-reader"]
    rule, = role["rules"]
    assert rule["resources"] == METRICS
    assert rule["verbs"] == ["get", "list"]
    aggregated = {label for label in role["metadata"]["labels"] if "aggregate-to" in label}
    # Kubernetes' own roles edit and admin take in what view has.
    assert aggregated == {"rbac.authorization.k8s.io/aggregate-to-view"}
    # Kubernetes lets the autoscalers' controller read every external metric.
    assert ("ClusterRoleBinding", "berth-external-metrics-reader") not in objects


def test_others_who_keep_the_certificates_are_told_of_it(helm):
    manager = ("--set", "certificates.mode=CertManager")
    objects = named(rendered(helm, *ENABLED, *manager))
    assert ("Secret", "berth-analyzer-tls") not in objects
    assert ("ClusterRole", "berth-operator-external-metrics") not in objects
    certificate = objects["Certificate", "berth-analyzer"]["spec"]
    assert certificate["secretName"] == "berth-analyzer-tls"
    assert f"berth-analyzer.{NAMESPACE}.svc" in certificate["dnsNames"]
    assert objects["APIService", API_SERVICE]["metadata"]["annotations"] == {
        "cert-manager.io/inject-ca-from": f"{NAMESPACE}/berth-analyzer"}
    own = ("--set", "certificates.mode=Secret", "--set", "analyzer.externalMetrics.tlsSecret=mine")
    assert "analyzer.externalMetrics.caBundle" in refusal(helm, *ENABLED, *own)
    bundle = "-----BEGIN CERTIFICATE-----x"
    objects = named(rendered(helm, *ENABLED, *own, "--set",
                             f"analyzer.externalMetrics.caBundle={bundle}"))
    spec = objects["APIService", API_SERVICE]["spec"]
    assert base64.b64decode(spec["caBundle"]).decode() == bundle


@pytest.mark.parametrize("setting, said", [
    ("analyzer.enabled=false", "analyzer.externalMetrics.enabled"),
    ("analyzer.externalMetrics.tlsSecret=mine", "analyzer.externalMetrics.tlsSecret"),
    ("analyzer.externalMetrics.port=443", "/analyzer/externalMetrics/port"),
    ("analyzer.externalMetrics.port=8081", "/analyzer/externalMetrics/port"),
])
def test_what_cannot_be_meant_is_refused(helm, setting, said):
    assert said in refusal(helm, *ENABLED, "--set", setting).replace("'/", "/")


@pytest.mark.parametrize("name", ["berth-operator", "berth-analyzer"])
def test_the_programs_take_the_flags_that_the_chart_gives(helm, programs_folder, name):
    container, = deployments(rendered(helm, *ENABLED))[name]["template"]["spec"]["containers"]
    done = subprocess.run([programs_folder / name, *container["args"], "--version"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_role_of_them_grants_anything_wholesale(helm):
    for document in rendered(helm, *ENABLED):
        for rule in document.get("rules", []) if document["kind"].endswith("Role") else []:
            assert "*" not in rule["apiGroups"] + rule["resources"] + rule["verbs"]
