"""Counters in shared memory, and the process that shows them to Prometheus."""
