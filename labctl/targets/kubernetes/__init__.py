"""The lab in any Kubernetes cluster: the API, the workload, the network, logs and usage."""
