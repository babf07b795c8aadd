"""Groups of processes: the target's and the generator's own."""

from __future__ import annotations

from grafana.dashboard import Row
from grafana.details.measured import curve, detail, measured
from grafana.panels import BYTES, SHARE, SHORT
from grafana.queries import by, query, rate

EMPTY = "No process group was seen in the time shown: see measure.processes of the target."

GROUP = "{{groupname}}"


def row() -> Row:
    """The row."""
    seconds = by("sum", "instance, groupname", rate(measured("namedprocess_namegroup_cpu_seconds_total")))
    restarts = rate(measured("namedprocess_namegroup_restarts_total"))
    switches = by("sum", "instance, groupname", rate(measured("namedprocess_namegroup_context_switches_total")))
    resident = measured("namedprocess_namegroup_memory_bytes", memtype="resident")
    return Row(
        "Process groups",
        (
            curve(
                detail("CPU", "Cores that each group used; 1 is one core all the time.", SHORT, EMPTY),
                query(seconds, GROUP),
            ),
            curve(
                detail("CPU that each may use", "The cores that a group may run on, or its quota.", SHORT, EMPTY),
                query(measured("namedprocess_namegroup_cpu_limit_cores"), GROUP),
            ),
            curve(
                detail("Resident memory", "What each group holds in memory, shared pages counted again.", BYTES, EMPTY),
                query(resident, GROUP),
            ),
            curve(
                detail("Threads", "Threads of each group; what only grows is a leak.", SHORT, EMPTY),
                query(measured("namedprocess_namegroup_num_threads"), GROUP),
            ),
            curve(
                detail("Open descriptors", "Files and sockets that each group has open.", SHORT, EMPTY),
                query(measured("namedprocess_namegroup_open_filedesc"), GROUP),
            ),
            curve(
                detail("Descriptors of the worst", "Of the process nearest to its own limit, the share.", SHARE, EMPTY),
                query(measured("namedprocess_namegroup_worst_fd_ratio"), GROUP),
            ),
            curve(
                detail("Processes", "Processes of each group; 0 is a group that has gone.", SHORT, EMPTY),
                query(measured("namedprocess_namegroup_num_procs"), GROUP),
            ),
            curve(
                detail("Restarts", "Processes that took the place of others, by second.", "cps", EMPTY),
                query(restarts, GROUP),
            ),
            curve(
                detail("Context switches", "How often each group's threads left a core.", "cps", EMPTY),
                query(switches, GROUP),
            ),
        ),
        folded=True,
    )
