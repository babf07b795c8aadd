"""The variables of the dashboards. A name means the same on each, so that links can carry the values along."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort

from grafana.queries import TEST_TYPE, of_run, series

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
"""The data source that the first variable names."""

LABEL_VALUES = 1
"""Grafana's number for a query of the kind `label_values(…)`."""


def datasource() -> DatasourceVariable:
    """Which Prometheus."""
    return DatasourceVariable("datasource").label("Data source").type("prometheus").multi(multi=False)


def run() -> QueryVariable:
    """The run that is shown: those in the range, the newest first. A run_id ends with the time of its start."""
    return _runs("run", "Run")


def other() -> QueryVariable:
    """The run that the first is compared with."""
    return _runs("other", "Other run")


def test_type() -> QueryVariable:
    """Protocols of the run."""
    return _several("test_type", "Test type", f"label_values({of_run('loadtest_users_target')}, test_type)")


def operation() -> QueryVariable:
    """Operations of the chosen test types."""
    chosen = of_run("loadtest_requests_total", test_type=TEST_TYPE)
    return _several("operation", "Operation", f"label_values({chosen}, name)")


def instance(of: str) -> QueryVariable:
    """Scraped endpoints: of the series that `of` selects."""
    return _several("instance", "Instance", f"label_values({of}, instance)")


def _runs(name: str, label: str) -> QueryVariable:
    found = _query(name, label, f"label_values({series('loadtest_run_info')}, run_id)")
    return found.sort(VariableSort.NUMERICAL_DESC).multi(multi=False).include_all(include_all=False)


def _several(name: str, label: str, query: str) -> QueryVariable:
    found = _query(name, label, query).sort(VariableSort.ALPHABETICAL_ASC)
    found = found.multi(multi=True).include_all(include_all=True).all_value(".*")
    return found.current(VariableOption(selected=True, text="All", value="$__all"))


def _query(name: str, label: str, query: str) -> QueryVariable:
    variable = QueryVariable(name).label(label).datasource(DATASOURCE).definition(query)
    variable = variable.query({"query": query, "qryType": LABEL_VALUES, "refId": f"variable-{name}"})
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
