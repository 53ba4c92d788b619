"""What labctl and the images of the lab are made of."""
