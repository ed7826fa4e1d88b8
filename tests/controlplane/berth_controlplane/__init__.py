"""A real Kubernetes control plane on localhost, for the demo, integration tests and benchmarks.

binaries      the programs: built from Go modules, cached by content
cluster       one running cluster: up, down, start, stop, restart, kill
kwok, nodes   simulated nodes that run pods; metrics: real metrics.k8s.io values from them
berth         Berth inside a cluster: manifests applied, its programs as local processes
api           a small Kubernetes client; cli: the `controlplane` command

Python 3.11, its standard library and python3-yaml; nothing else.
"""
