"""The lab's images: built, handed to the node, removed when they are old."""
