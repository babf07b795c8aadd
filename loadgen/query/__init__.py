"""The only code that speaks to Prometheus: RunRecord → Evidence, and a glance while the run goes on."""
