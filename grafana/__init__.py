"""The dashboards as code: `python -m grafana` writes grafana/dashboards/ from the boards beside this file."""
