"""The configuration: one YAML, checked as a whole before anything is done with it."""

from loadgen.config.config import Config, ConfiguredOperation, Scenario
from loadgen.config.load import load_config, read_config
from loadgen.config.problems import ConfigError, Problem
from loadgen.config.terms import Baseline

__all__ = [
    "Baseline",
    "Config",
    "ConfigError",
    "ConfiguredOperation",
    "Problem",
    "Scenario",
    "load_config",
    "read_config",
]
