"""Every loadtest_* metric: the one list of their names, types, units, labels and bucket edges."""

from loadgen.catalogue.edges import EDGES_VERSION, edges_for, le
from loadgen.catalogue.metrics import METRICS, Metric, metric

__all__ = ["EDGES_VERSION", "METRICS", "Metric", "edges_for", "le", "metric"]
