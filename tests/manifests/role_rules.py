"""What no role of Berth may grant, whatever the chart's values say."""

# Verbs that turn a small right into a large one.
STEPPING_STONES = {"escalate", "bind", "impersonate"}
# What lets its reader or writer become somebody else.
NEVER = {"secrets", "serviceaccounts", "serviceaccounts/token", "pods/exec", "pods/attach",
         "pods/ephemeralcontainers", "nodes/proxy", "roles", "clusterroles", "rolebindings",
         "clusterrolebindings", "mutatingwebhookconfigurations", "validatingwebhookconfigurations",
         "mutatingadmissionpolicies", "validatingadmissionpolicies"}


def grants(role):
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield group, resource, verb, rule.get("resourceNames")


def problems(role):
    for rule in role["rules"]:
        if "nonResourceURLs" in rule:
            yield "nonResourceURLs are not needed"
    for group, resource, verb, names in grants(role):
        if "*" in group + resource + verb:
            yield f"wildcard: {group}/{resource} {verb}"
        is_own_secret = resource == "secrets" and verb in ("get", "patch") and \
            names and all(name.startswith("berth-") for name in names)
        # The operator keeps the certificate that the gate's webhook is trusted by.
        is_own_gate = resource == "mutatingwebhookconfigurations" and verb in ("get", "patch") and \
            names == ["berth-gate"]
        if verb in STEPPING_STONES or (resource in NEVER and not is_own_secret and not is_own_gate):
            yield f"never: {verb} {resource}"
        if resource == "leases" and verb != "create" and not names:
            yield f"leases must be named: {verb}"
        if names and verb in ("create", "list", "watch", "deletecollection"):
            yield f"a name does not narrow {verb} {resource}"
        if resource == "pods" and verb in ("create", "update"):
            yield f"pods are neither created nor replaced: {verb}"
        if resource == "nodes" and verb not in ("get", "list", "watch"):
            yield f"nodes are read only: {verb}"
