"""Why a pod does not become ready, from its admission to its probes."""
