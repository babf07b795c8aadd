"""The GPU exporter: what NVIDIA's management library tells of each GPU, in base units."""
