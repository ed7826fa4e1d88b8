"""Runs what the pods of an installed chart would run: no kubelet here does.

A pod becomes a local process with the command, arguments and service account that the API server has for
it, and with the files that its volumes would bring, read from the Secrets and ConfigMaps of the cluster.
Only what cannot be the same is changed: addresses to listen on, where those files lie, and the way to
the API server, which in a pod is its service account's mount.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from chart_under_test import NAMESPACE

from berth_controlplane import gate, manifests
from berth_controlplane.berth import EXTENDER, gate_is_put, health_url
from berth_controlplane.cluster import Cluster
from berth_controlplane.manifests import Document, LocalProgram
from berth_controlplane.ports import HOST, pick_ports
from berth_controlplane.processes import ProcessRecord
from berth_controlplane.waiting import wait_until

KUBE_SCHEDULER = "kube-scheduler"
READY_TIMEOUT_SECONDS = 60
JOB_TIMEOUT_SECONDS = 60
GATE_TIMEOUT_SECONDS = 60
PAUSE_SECONDS = 1
# How long the simulated pod of a Job runs: what it would do is done here meanwhile.
JOB_SECONDS = 8
JOBS_TAKE_THEIR_TIME = ("--set-json",
                        f'jobs.podAnnotations={{"kwok.berth.dev/run-seconds":"{JOB_SECONDS}"}}')


class LocalPods:
    """The local processes of one release; they end with the cluster."""

    def __init__(self, cluster: Cluster, programs: Path, folder: Path) -> None:
        self._cluster = cluster
        self._programs = programs
        self._folder = folder
        self._started: dict[str, LocalProgram] = {}

    def start(self, deployment_name: str, copy: str = "") -> ProcessRecord:
        """One pod of a Deployment; returns when it is ready. `copy` tells several of one apart."""
        deployment = self._cluster.kube.get("apps/v1/Deployment", deployment_name, NAMESPACE)
        volumes = Volumes(self._cluster, deployment["spec"]["template"]["spec"],
                          self._folder / (deployment_name + copy))
        local = manifests.localize(deployment, lambda: pick_ports(1)[0], volumes.file)
        self._started[deployment_name + copy] = local
        kubeconfig = self._cluster.service_account_kubeconfig(NAMESPACE, local.service_account)
        record = self._scheduler(deployment_name + copy, local, volumes, kubeconfig) \
            if local.program == KUBE_SCHEDULER else \
            self._program(deployment_name + copy, local, kubeconfig)
        self._cluster.add(record)
        return record

    def port(self, pod: str, container_port: int) -> int:
        """Where a pod (the Deployment's name and `copy`) listens for what it serves on that port."""
        return self._started[pod].local_port(container_port)

    def answer_gate(self) -> None:
        """Where the installed gate is a webhook, let the API server ask the extender that runs here. It
        reaches Services by their names: the extender's leads to a local port. The certificate is still
        asked for the Service's name."""
        kube = self._cluster.kube
        kind = gate.WEBHOOK
        if kube.find(kind, "berth-gate"):
            wait_until(lambda: all("caBundle" in webhook["clientConfig"] for webhook in
                                   kube.get(kind, "berth-gate")["webhooks"]), GATE_TIMEOUT_SECONDS,
                       "the operator says whom the API server may trust")
            kube.delete("v1/Service", EXTENDER, NAMESPACE)
            wait_until(lambda: not kube.find("v1/Service", EXTENDER, NAMESPACE),
                       GATE_TIMEOUT_SECONDS, "the Service is gone")
            kube.create({"apiVersion": "v1", "kind": "Service",
                         "metadata": {"name": EXTENDER, "namespace": NAMESPACE},
                         "spec": {"type": "ExternalName", "externalName": "localhost"}})
            webhooks = kube.get(kind, "berth-gate")["webhooks"]
            for webhook in webhooks:
                webhook["clientConfig"]["service"]["port"] = self.port(EXTENDER, gate.WEBHOOK_PORT)
            kube.patch(kind, "berth-gate", {"webhooks": webhooks})
        wait_until(lambda: gate_is_put(kube), GATE_TIMEOUT_SECONDS, "the gate is put on pods")

    def secret(self, name: str, folder: Path) -> Path:
        """A Secret's files in a folder, as somebody copies them out of the cluster."""
        folder.mkdir(parents=True)
        for key, text in self._cluster.kube.get("v1/Secret", name, NAMESPACE)["data"].items():
            (folder / key).write_bytes(base64.b64decode(text))
        return folder

    @contextmanager
    def job_runs(self, job: str, attempts: int = 1
                 ) -> Iterator[Future[subprocess.CompletedProcess[str]]]:
        """While Helm waits for a Job: what its pods would do, done as their account. As a Job does,
        it tries again after a failure; the outcome is the last one."""
        with ThreadPoolExecutor(1) as thread:
            yield thread.submit(self._run_job, job, attempts)

    def _run_job(self, job: str, attempts: int) -> subprocess.CompletedProcess[str]:
        kube = self._cluster.kube  # of this thread

        def pods() -> list[Document]:
            return [pod for pod in kube.list("v1/Pod", NAMESPACE, labelSelector=f"job-name={job}")
                    if pod["status"]["phase"] == "Running"]

        wait_until(pods, JOB_TIMEOUT_SECONDS, f"a pod of the Job {job} runs")
        spec = pods()[0]["spec"]
        kubeconfig = self._cluster.service_account_kubeconfig(NAMESPACE,
                                                              spec["serviceAccountName"])
        program, *arguments = spec["containers"][0]["command"]
        for attempt in range(attempts):
            time.sleep(PAUSE_SECONDS if attempt else 0)
            done = subprocess.run(
                [self._programs / program, *map(self._here, arguments)], text=True, check=False,
                capture_output=True, timeout=JOB_TIMEOUT_SECONDS,
                env=os.environ | {"KUBECONFIG": str(kubeconfig)})
            if done.returncode == 0:
                break
        return done

    def _here(self, argument: str) -> str:
        """The local address in place of that of a Service."""
        for name, local in self._started.items():
            for port, local_port in local.ports.items():
                argument = argument.replace(f"{name}.{NAMESPACE}.svc:{port}",
                                            f"{HOST}:{local_port}")
        return argument

    def _program(self, name: str, local: LocalProgram, kubeconfig: Path) -> ProcessRecord:
        return ProcessRecord(
            name, [str(self._programs / local.program), f"--kubeconfig={kubeconfig}",
                   *local.arguments],
            self._log(name), health_url(local), sorted(local.ports.values()), local.environment,
            READY_TIMEOUT_SECONDS)

    def _scheduler(self, name: str, local: LocalProgram, volumes: Volumes,
                   kubeconfig: Path) -> ProcessRecord:
        config = next(Path(word.partition("=")[2]) for word in local.arguments
                      if word.startswith("--config="))
        extender = f"https://{HOST}:{self.port('berth-scheduler-extender', 8443)}"
        volumes.adapt(config, str(kubeconfig), extender)
        port = pick_ports(1)[0]
        return ProcessRecord(
            name, [str(self._cluster.binaries.kubernetes), "scheduler", *local.arguments,
                   f"--authentication-kubeconfig={kubeconfig}",
                   f"--authorization-kubeconfig={kubeconfig}",
                   f"--bind-address={HOST}", f"--secure-port={port}"],
            self._log(name), f"https://{HOST}:{port}/readyz", [port], {}, READY_TIMEOUT_SECONDS)

    def _log(self, name: str) -> str:
        return self._cluster.layout.path("logs", f"{name}.log")


class Volumes:
    """The files of a pod's volumes, as a kubelet would write them, in a folder of their own."""

    def __init__(self, cluster: Cluster, pod: Document, folder: Path) -> None:
        self._kube = cluster.kube
        self._folder = folder
        self.mounts = {mount["mountPath"]: str(folder / mount["name"])
                       for mount in pod["containers"][0].get("volumeMounts", [])}
        for volume in pod.get("volumes", []):
            self._write(volume)

    def file(self, volume: Mapping[str, Any], key: str) -> Path:
        """The local file for a key of a volume."""
        path = self._folder / volume["name"] / key
        assert path.is_file(), f"{volume['name']} has no {key}"
        return path

    def adapt(self, config: Path, kubeconfig: str, extender: str) -> None:
        """Makes a scheduler configuration fit this machine, and changes nothing else in it."""
        text = config.read_text(encoding="utf-8")
        for mount, local in self.mounts.items():
            text = text.replace(f"{mount}/", f"{local}/")
        parsed = yaml.safe_load(text)
        parsed["clientConnection"]["kubeconfig"] = kubeconfig
        parsed["extenders"][0]["urlPrefix"] = extender
        config.write_text(json.dumps(parsed), encoding="utf-8")

    def _write(self, volume: Mapping[str, Any]) -> None:
        folder = self._folder / volume["name"]
        folder.mkdir(parents=True, exist_ok=True)
        for key, content in self._content(volume).items():
            (folder / key).write_bytes(content)

    def _content(self, volume: Mapping[str, Any]) -> dict[str, bytes]:
        if "configMap" in volume:
            found = self._kube.get("v1/ConfigMap", volume["configMap"]["name"], NAMESPACE)
            return {key: text.encode() for key, text in found["data"].items()}
        source = volume["secret"]
        data = self._kube.get("v1/Secret", source["secretName"], NAMESPACE).get("data", {})
        # A kubelet starts no pod whose volume names a key that is not there.
        keys = [item["key"] for item in source.get("items", [])] or list(data)
        return {key: base64.b64decode(data[key]) for key in keys}
