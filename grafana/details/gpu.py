"""GPUs: what they do, what they hold, and what slows them down."""

from __future__ import annotations

from grafana.dashboard import Row
from grafana.details.measured import curve, detail, measured
from grafana.panels import BYTES, CELSIUS, SHARE, SHORT, Panel
from grafana.queries import query, rate

EMPTY = "No GPU was seen in the time shown: see measure.gpu of the target."
UNTOLD = "No GPU was seen, or it does not tell this; gpu_metric_missing says why."

DEVICE = "{{uuid}}"


def row() -> Row:
    """The row."""
    return Row("GPU", (*_work(), *_heat(), *_faults()), folded=True)


def _work() -> tuple[Panel, ...]:
    return (
        curve(
            detail("Utilisation", "Share of the time in which any kernel ran; it is no occupancy.", SHARE, UNTOLD),
            query(measured("gpu_utilization_ratio"), f"{DEVICE} compute"),
            query(measured("gpu_memory_copy_utilization_ratio"), f"{DEVICE} memory"),
        ),
        curve(
            detail("Memory", "What programs have taken of the device's memory.", BYTES, EMPTY),
            query(measured("gpu_memory_used_bytes"), DEVICE),
            query(measured("gpu_memory_total_bytes"), f"limit: {DEVICE}"),
        ),
        curve(
            detail("Clocks", "Frequencies of the device's parts.", "hertz", UNTOLD),
            query(measured("gpu_clock_hertz"), f"{DEVICE} {{{{clock}}}}"),
        ),
    )


def _heat() -> tuple[Panel, ...]:
    return (
        curve(
            detail(
                "Temperature", "Of the chip and of its memory; at the limit the device slows down.", CELSIUS, UNTOLD
            ),
            query(measured("gpu_temperature_celsius"), f"{DEVICE} chip"),
            query(measured("gpu_memory_temperature_celsius"), f"{DEVICE} memory"),
            query(measured("gpu_slowdown_temperature_celsius"), f"limit: {DEVICE} slows down"),
        ),
        curve(
            detail("Power", "What the device draws, and the most that it may.", "watt", UNTOLD),
            query(measured("gpu_power_watts"), DEVICE),
            query(measured("gpu_power_limit_watts"), f"limit: {DEVICE}"),
        ),
        curve(
            detail(
                "Why its clocks are low", "1 while the device keeps its clocks down for this reason.", SHORT, UNTOLD
            ),
            query(f"{measured('gpu_throttle_reason')} > 0", f"{DEVICE} {{{{reason}}}}"),
        ),
    )


def _faults() -> tuple[Panel, ...]:
    return (
        curve(
            detail("ECC errors", "Memory errors a second, corrected or not.", "cps", UNTOLD),
            query(rate(measured("gpu_ecc_errors_total")), f"{DEVICE} {{{{type}}}}"),
        ),
        curve(
            detail("XID errors", "Errors a second that the driver reported, by NVIDIA's code.", "cps", UNTOLD),
            query(rate(measured("gpu_xid_errors_by_code_total")), f"{DEVICE} XID {{{{xid}}}}"),
            query(rate(measured("gpu_xid_errors_total")), f"{DEVICE} all"),
        ),
        curve(
            detail("Device answers", "1 while the device answers; a recording that is replayed says so.", SHORT, EMPTY),
            query(measured("gpu_up"), DEVICE),
            query(measured("gpu_replay"), "a recording ({{source}}), not this machine's GPU"),
        ),
    )
