"""The switches of `labctl up`: each is a row of a table, and a folder of manifests/switches that can be applied by hand."""
