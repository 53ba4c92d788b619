"""The lab's objects: from the manifests to Deployments that are rolled out, and why one is not."""
