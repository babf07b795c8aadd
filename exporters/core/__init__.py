"""What every exporter is built on: collectors, a guard around each, a private registry, a small server."""
