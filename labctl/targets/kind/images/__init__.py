"""The lab's images: built, delivered to the node, pruned."""
