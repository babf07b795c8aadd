"""Exporters for Prometheus, each a process of its own and useful alone: host, gpu, dbpool."""
