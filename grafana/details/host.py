"""The machines: processors, memory, disks, network, pressure."""

from __future__ import annotations

from grafana_foundation_sdk.builders.prometheus import Dataquery

from grafana.dashboard import Row
from grafana.details.measured import curve, detail, measured
from grafana.panels import BYTES, SECONDS, SHARE, SHORT, Panel
from grafana.queries import by, query, rate
from loadgen.catalogue.promql import Regex

EMPTY = "No host exporter was scraped in the time shown: see measure.host of the target."
NO_DISK = "This machine shows no disk, or no host exporter was scraped in the time shown."
NO_PRESSURE = "This machine's kernel shows no pressure (/proc/pressure), or no host exporter was scraped."
NO_QUOTA = "The exporter is in no container with a CPU quota, so nothing can be taken from it."

BYTES_PER_SECOND, PACKETS_PER_SECOND, PER_SECOND = "Bps", "pps", "cps"
BUSY = Regex("user|nice|system|iowait|irq|softirq|steal")


def row() -> Row:
    """The row."""
    return Row("Host", (*_processors(), *_memory(), *_disks(), *_network(), *_kernel()), folded=True)


def _processors() -> tuple[Panel, ...]:
    seconds = "node_cpu_seconds_total"
    modes, cores = by("sum", "instance, mode", _rate(seconds, mode=BUSY)), by("sum", "instance", _rate(seconds))
    return (
        curve(
            detail(
                "CPU by mode", "What the time of all cores went to; idle is what is missing to 100 %.", SHARE, EMPTY
            ),
            _line(f"{modes} / on (instance) group_left () {cores}", "{{mode}}"),
        ),
        curve(
            detail("Load and processes", "Processes that run, wait for a core or wait for a disk.", SHORT, EMPTY),
            _line(measured("node_load1"), "load over a minute"),
            _line(measured("node_procs_running"), "running"),
            _line(measured("node_procs_blocked"), "waiting for a disk"),
            _line(f"count by (instance) ({measured(seconds, mode='idle')})", "limit: cores"),
        ),
    )


def _memory() -> tuple[Panel, ...]:
    total, available = measured("node_memory_MemTotal_bytes"), measured("node_memory_MemAvailable_bytes")
    return (
        curve(
            detail("Memory", "What programs have taken, and the caches that they can have back.", BYTES, EMPTY),
            _line(f"{total} - {available}", "taken"),
            _line(f"{measured('node_memory_Cached_bytes')} + {measured('node_memory_Buffers_bytes')}", "caches"),
            _line(total, "limit: all memory"),
        ),
        curve(
            detail(
                "Paging", "Pages fetched from disk and swapped: where there are many, memory is short.", "cps", EMPTY
            ),
            _line(_rate("node_vmstat_pgmajfault"), "major faults"),
            _line(_rate("node_vmstat_pswpin"), "swapped in"),
            _line(_rate("node_vmstat_pswpout"), "swapped out"),
        ),
    )


def _disks() -> tuple[Panel, ...]:
    size, free = measured("node_filesystem_size_bytes"), measured("node_filesystem_avail_bytes")
    return (
        curve(
            detail("Disk throughput", "Bytes a second by device.", BYTES_PER_SECOND, NO_DISK),
            _line(_rate("node_disk_read_bytes_total"), "{{device}} read"),
            _line(_rate("node_disk_written_bytes_total"), "{{device}} written"),
        ),
        curve(
            detail("Disk busy", "Share of the time in which a device had something to do.", SHARE, NO_DISK),
            _line(_rate("node_disk_io_time_seconds_total"), "{{device}}"),
        ),
        curve(
            detail(
                "File systems", "Share of each file system that is taken; at 100 % Prometheus loses data.", SHARE, EMPTY
            ),
            _line(f"1 - {free} / {size}", "{{mountpoint}}"),
        ),
    )


def _network() -> tuple[Panel, ...]:
    lost = (
        "node_network_receive_errs_total",
        "node_network_receive_drop_total",
        "node_network_transmit_errs_total",
        "node_network_transmit_drop_total",
    )
    legends = ("received with errors", "dropped on arrival", "sent with errors", "dropped on sending")
    return (
        curve(
            detail(
                "Network", "Bytes a second by device; the loopback carries what stays here.", BYTES_PER_SECOND, EMPTY
            ),
            _line(_rate("node_network_receive_bytes_total"), "{{device}} received"),
            _line(_rate("node_network_transmit_bytes_total"), "{{device}} sent"),
        ),
        curve(
            detail("Lost packets", "Errors and drops of all devices together.", PACKETS_PER_SECOND, EMPTY),
            *(_line(by("sum", "instance", _rate(name)), says) for name, says in zip(lost, legends, strict=True)),
        ),
        curve(
            detail("TCP trouble", "Segments sent again, and connections that nobody took in time.", PER_SECOND, EMPTY),
            _line(_rate("node_netstat_Tcp_RetransSegs"), "sent again"),
            _line(_rate("node_netstat_TcpExt_ListenOverflows"), "full accept queue"),
            _line(_rate("node_netstat_TcpExt_ListenDrops"), "dropped while listening"),
        ),
        curve(
            detail("Connections", "TCP connections that are open, and those waiting to be forgotten.", SHORT, EMPTY),
            _line(measured("node_netstat_Tcp_CurrEstab"), "established"),
            _line(measured("node_sockstat_TCP_tw"), "time-wait"),
        ),
    )


def _kernel() -> tuple[Panel, ...]:
    waits = {kind: _rate(f"node_pressure_{kind}_waiting_seconds_total") for kind in ("cpu", "memory", "io")}
    return (
        curve(
            detail("Pressure", "Share of the time in which some task waited for it (PSI).", SHARE, NO_PRESSURE),
            *(_line(expression, f"waiting for {kind}") for kind, expression in waits.items()),
        ),
        curve(
            detail("Context switches", "How often the cores went from one task to another.", PER_SECOND, EMPTY),
            _line(_rate("node_context_switches_total"), "context switches"),
        ),
        curve(
            detail("File descriptors", "Open descriptors of the whole machine, as a share of its limit.", SHARE, EMPTY),
            _line(f"{measured('node_filefd_allocated')} / {measured('node_filefd_maximum')}", "open"),
        ),
        curve(
            detail("Taken by the CPU quota", "Seconds a second that the container had to wait.", SECONDS, NO_QUOTA),
            _line(_rate("container_cpu_cfs_throttled_seconds_total"), "throttled"),
        ),
    )


def _rate(name: str, **labels: str | Regex) -> str:
    return rate(measured(name, **labels))


def _line(expression: str, legend: str) -> Dataquery:
    """There may be several machines, so each line says whose it is."""
    return query(expression, f"{legend} ({{{{instance}}}})")
