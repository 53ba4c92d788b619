"""Everything by which a lab that was broken and mended could differ from one that never was."""

import json
import subprocess
from pathlib import Path
from typing import Any

import psutil

from tests.driver import Driver

KINDS = "namespaces,nodes,configmaps,services,deployments.apps,networkpolicies,resourcequotas,limitranges,serviceaccounts"
CHANGES_BY_ITSELF = {
    "resourceVersion", "uid", "generation", "creationTimestamp", "managedFields", "deployment.kubernetes.io/revision",
    "labctl.dev/tried-again",
}
NEVER_THE_SAME = {"logs", "runs"}       # of the state folder: what was logged, and what was measured


def picture(lab: Driver) -> dict[str, Any]:
    return objects(lab) if lab.target == "kind" else processes(lab) | {"files": files(lab)}


def processes(lab: Driver) -> dict[str, Any]:
    """By component, command line and environment of each; a program beside the lab is there under its own name."""
    found = {}
    for process in psutil.process_iter():
        try:
            env = process.environ()
            if lab.name in (env.get("labctl.dev/lab"), env.get("labctl.dev/beside")):
                name = env["labctl.dev/component"]
                found[name] = {"argv": process.cmdline(), "env": env, "stopped": process.status() == psutil.STATUS_STOPPED}
        except psutil.Error:
            continue
    return found


def files(lab: Driver) -> dict[str, str]:
    folder = lab.state / lab.name
    there = (path for path in sorted(folder.rglob("*")) if path.is_file())
    named = {str(path.relative_to(folder)): path for path in there if path.relative_to(folder).parts[0] not in NEVER_THE_SAME}
    return {name: "" if name.startswith("viewer.db") else path.read_text() for name, path in named.items()}


def objects(lab: Driver) -> dict[str, Any]:
    """Each object of the lab's namespace, and the nodes, without what differs between any two labs."""
    kubeconfig = lab.run("kubeconfig").stdout.strip()
    namespace = lab.name
    words = ["kubectl", "--kubeconfig", kubeconfig, "-n", namespace, "get", KINDS, "-o", "json"]
    found = json.loads(subprocess.run(words, capture_output=True, check=True, timeout=60).stdout)["items"]
    own = [item for item in found if ours(item, namespace)]
    return {f"{item['kind']} {item['metadata']['name']}": plain({**item, "status": None}) for item in own}


def ours(item: dict[str, Any], namespace: str) -> bool:
    meta = item["metadata"]
    own_namespace = (item["kind"], meta["name"]) == ("Namespace", namespace)
    return bool(item["kind"] == "Node" or meta.get("namespace") == namespace or own_namespace)


def plain(value: Any) -> Any:
    """Without what changes by itself. What is merged by its names, such as variables, has no order of its own."""
    if isinstance(value, dict):
        return {name: plain(field) for name, field in value.items() if name not in CHANGES_BY_ITSELF}
    if not isinstance(value, list):
        return value
    named = all(isinstance(item, dict) and "name" in item for item in value)
    return [plain(item) for item in (sorted(value, key=lambda item: str(item["name"])) if named else value)]


def path_of_record(lab: Driver) -> Path:
    return lab.state / lab.name / "faults.json"
