"""The lab's objects: built from the manifests, applied, rolled out, and diagnosed when a rollout fails."""
