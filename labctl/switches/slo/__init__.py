"""--slo: service level objectives as data, and the rules of Prometheus that follow from them."""
