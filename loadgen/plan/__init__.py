"""Config → Plan: stages, phases, operations and criteria of one run, decided before the first request."""

from loadgen.plan.compile import compile_plan
from loadgen.plan.describe import describe
from loadgen.plan.request import Endpoints, ExporterPorts, NothingOffered, Offer, RunRequest

__all__ = ["Endpoints", "ExporterPorts", "NothingOffered", "Offer", "RunRequest", "compile_plan", "describe"]
