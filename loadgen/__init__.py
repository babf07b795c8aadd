"""June load testing: generate load, measure it, and judge it."""

__version__ = "0.1.0"
