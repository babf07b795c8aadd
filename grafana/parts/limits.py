"""Resources in the order in which they came to their limits."""

from __future__ import annotations

from grafana_foundation_sdk.builders import table

from grafana import theme
from grafana.dashboard import RESOURCES, address
from grafana.names import RESOURCE_USE
from grafana.panels import CLOCK, DURATION, NONE, SHARE, Said, below, link, option, rows
from grafana.queries import by, ever, moment, of_run, since, so_far, start_of_load
from loadgen.catalogue.promql import Regex, any_of
from loadgen.model.measured import OWN_GROUPS
from loadgen.resources import RESOURCES as RESOURCE_KINDS
from loadgen.rules.alerts import RESOURCE

AT_LIMIT = tuple(resource.alert for resource in RESOURCE_KINDS.values())
"""The alerts that say of a resource that it stayed at its limit."""

GROUPED = tuple(kind for kind, resource in RESOURCE_KINDS.items() if resource.by == ("groupname",))
OWN = Regex(f"(?:{any_of(OWN_GROUPS).pattern})(?:@.+)?")
"""Kinds of resources that process groups have, and of them those of the instrument, as the rules name them."""


def at_limit() -> table.Panel:
    """Resources in the order in which they gave way."""
    said = Said(
        title="Resources at their limit, by time",
        description="When each resource was found to have stayed at its limit, about ten seconds after it came there; "
        "what was there before the load did not give way to it, and the instrument's own processes are in Generator.",
        unit=NONE,
        width=10,
        height=7,
        empty="No resource stayed at its limit in the time shown.",
    )
    when = f"({_since()} unless on (kind, subject) {_since(kind=any_of(GROUPED), subject=OWN)})"
    there = f"on (kind, subject) {when}"
    use = by("max", "kind, subject", ever(of_run(RESOURCE_USE)))
    limit = by("max", "kind", so_far(of_run("loadtest_resource_limit")))
    panel = rows(
        said,
        moment(f"1000 * {when}"),
        moment(f"({use} / on (kind) group_left () {limit}) and {there}"),
        moment(f"{when} - on () group_left () {start_of_load()}"),
        columns={"#A": "Found", "#C": "Into the load", "kind": "Kind", "subject": "Subject", "#B": "Of its limit"},
        sort="Found",
        widths={"Kind": 160, "Into the load": 110, "Of its limit": 95},
    )
    into = [option("unit", DURATION), option("decimals", 0), option("mappings", [below(0, theme.UNKNOWN, "before it")])]
    panel = panel.override_by_name("Found", [option("unit", CLOCK), option("custom.width", 85)])
    panel = panel.override_by_name("Into the load", into)
    panel = panel.override_by_name("Of its limit", [option("unit", SHARE), option("decimals", 0)])
    return panel.links([link("Resources of this run", address(RESOURCES, run="$run"))])


def _since(**labels: Regex) -> str:
    return by("min", "kind, subject", since(role=RESOURCE, alertname=any_of(AT_LIMIT), **labels))
