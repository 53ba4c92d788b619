"""The collector receives nothing."""

from typing import Any, Final

from labctl.changes import (
    ConfigurationChange,
    EnvironmentChange,
    NotRunning,
    ObjectAdded,
    ObjectMissing,
    ObjectPatch,
    PatchOperation,
    Suspended,
)
from labctl.faults.catalogue.edits import (
    COLLECTOR_DEPLOYMENT,
    add,
    replaced,
    with_other_host,
    with_other_port,
    with_other_scheme,
)
from labctl.faults.fault import FaultRow, fault

_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SERVICES: Final = (COLLECTOR_DEPLOYMENT, f"{COLLECTOR_DEPLOYMENT}-node-port")
_GRPC: Final = "/receivers/otlp/protocols/grpc"
_DENIED: Final[dict[str, Any]] = {
    "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "otel-collector"},
    "spec": {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": COLLECTOR_DEPLOYMENT}},
        "policyTypes": ["Ingress"], "ingress": [],
    },
}


def _services(change: PatchOperation) -> list[ObjectPatch]:
    return [ObjectPatch("Service", name, (change,)) for name in _SERVICES]


FAULTS: Final = (
    fault("collector-gone", FaultRow.RECEIVE, "what a service does with its telemetry when nobody takes it",
          NotRunning("collector")),
    fault("collector-suspended", FaultRow.RECEIVE, "why a port that accepts connections proves little", Suspended("collector")),
    fault("wrong-port", FaultRow.RECEIVE, "the ports of OTLP, and who says 'connection refused'",
          EnvironmentChange("service", {_ENDPOINT: with_other_port})),
    fault("wrong-scheme", FaultRow.RECEIVE, "what the scheme of an endpoint decides",
          EnvironmentChange("service", {_ENDPOINT: with_other_scheme})),
    fault("wrong-host", FaultRow.RECEIVE, "how a name becomes an address, and what happens when it does not",
          EnvironmentChange("service", {_ENDPOINT: with_other_host})),
    fault("receiver-port", FaultRow.RECEIVE, "that both ends have to agree on a port, and where each end's is set",
          ConfigurationChange("collector", (replaced(f"{_GRPC}/endpoint", "${env:LISTEN_HOST:-127.0.0.1}:14327"),))),
    fault("sender-token", FaultRow.RECEIVE, "how a receiver answers a sender that it does not trust",
          ConfigurationChange("collector", (
              add("/extensions/bearertokenauth", {"token": "d3b07384d113edec"}),
              add(f"{_GRPC}/auth", {"authenticator": "bearertokenauth"}),
              add("/service/extensions/-", "bearertokenauth"),
          ))),
    fault("no-traces-pipeline", FaultRow.RECEIVE, "that a receiver accepts only the signals that have a pipeline",
          ConfigurationChange("collector", (PatchOperation("remove", "/service/pipelines/traces"),))),
    fault("collector-selector", FaultRow.RECEIVE, "how a Service finds its pods, and where to see that it finds none",
          *_services(replaced("/spec/selector", {"app.kubernetes.io/name": "otel-colector"}))),
    fault("target-port", FaultRow.RECEIVE, "the three ports between a client and a container",
          *_services(replaced("/spec/ports/0/targetPort", 4327))),
    fault("no-collector-service", FaultRow.RECEIVE, "why healthy pods alone cannot be reached by name",
          *(ObjectMissing("Service", name) for name in _SERVICES)),
    fault("network-policy", FaultRow.RECEIVE, "how a dropped packet differs from a refused connection",
          ObjectMissing("NetworkPolicy", "otel-collector"), ObjectAdded(_DENIED)),
)
