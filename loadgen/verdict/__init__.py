"""Evidence → Verdict: whether the run may be believed, and whether every criterion held."""

from __future__ import annotations

from loadgen.verdict.judge import judge
from loadgen.verdict.text import summary

__all__ = ["judge", "summary"]
