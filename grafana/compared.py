"""Queries over two runs: each over the seconds since its own start, and each as a whole, whenever it was.

The page's time lies on the chosen run. A hidden variable holds by how many milliseconds the other began earlier, and
the other's queries are shifted by it.
"""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableHide, VariableRefresh, VariableSort

from grafana.names import known
from grafana.queries import OF_A_RUN, OTHER, RUN, START, picked
from grafana.variables import DATASOURCE
from loadgen.catalogue.promql import Regex

EVER = "[180d] offset -90d"
"""From 90 days before to 90 days after the end of the time shown: a run has its name to itself, so any will do."""

QUERY_RESULT = 3
"""Grafana's number of a variable that takes the result of a query."""

RUN_NAME, NUMBER = '/run_id="([^"]+)"/', r"/\} (-?[0-9.]+) /"
"""Of a result as Grafana writes it, `{run_id="smoke-1"} 42 1700000000000`: the run, the value."""


BOTH = Regex(f"{RUN}|{OTHER}")
"""The two runs."""


def ever(name: str, run: str | Regex, /, **labels: str | Regex) -> str:
    """The last value of a run's series, whenever the run was. `run`: RUN, OTHER or BOTH. Raises UnknownName."""
    return f"last_over_time({picked(known(name), run, **labels)}{EVER})"


def highest(name: str, run: str | Regex, /, **labels: str | Regex) -> str:
    """The highest value of a run's series, whenever the run was. Raises UnknownName."""
    return f"max_over_time({picked(known(name), run, **labels)}{EVER})"


def shifted(selected: str) -> str:
    """The other run's series at the same second of it."""
    return f"{selected} offset ${{shift}}ms"


def since_start() -> str:
    """Seconds since the start of the chosen run: what the axis of a comparison shows."""
    return "vector(time() - ${start})"


def other() -> QueryVariable:
    """A run beside the chosen one, whatever time is shown; the newest first."""
    return _any_run(f'{known(START)}{{run_id!="{RUN}",{OF_A_RUN}}}')


def any_run() -> QueryVariable:
    """The run that others are to be compared with, whatever time is shown; the newest first."""
    return _any_run(known(START))


def _any_run(selected: str) -> QueryVariable:
    variable = _result("other", f"max by (run_id) (last_over_time({selected}{EVER}))", RUN_NAME).label("Other run")
    return variable.sort(VariableSort.NUMERICAL_DESC)


def start() -> QueryVariable:
    """Unix seconds at which the chosen run began; 0 where nobody knows."""
    return _computed("start", f"max({ever(START, RUN)}) or vector(0)")


def shift() -> QueryVariable:
    """Milliseconds by which the other run began earlier; 1 where that is 0 or nobody knows, for 0 is no duration."""
    apart = f"round(1000 * (max({ever(START, RUN)}) - max({ever(START, OTHER)})))"
    return _computed("shift", f"({apart} != 0) or vector(1)")


def _computed(name: str, expression: str) -> QueryVariable:
    """A hidden variable, which no address carries: an old one's value would be taken for that of other runs."""
    variable = _result(name, expression, NUMBER).hide(VariableHide.HIDE_VARIABLE)
    variable.build().skip_url_sync = True
    return variable.allow_custom_value(allow_custom_value=False)


def _result(name: str, expression: str, pattern: str) -> QueryVariable:
    query = f"query_result({expression})"
    variable = QueryVariable(name).datasource(DATASOURCE).definition(query).regex(pattern)
    variable = variable.query({"query": query, "qryType": QUERY_RESULT, "refId": f"variable-{name}"})
    variable = variable.multi(multi=False).include_all(include_all=False)
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
