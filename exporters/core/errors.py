"""Why an exporter does not start; each ends the process with its own exit code and one line."""

from __future__ import annotations

EXIT_USAGE, EXIT_ENVIRONMENT = 3, 4


class UsageFault(Exception):
    """What was asked for cannot be: an unknown name, a pattern that does not compile. The text says what and why."""

    code = EXIT_USAGE


class EnvironmentFault(Exception):
    """The surroundings do not allow it: a port that is taken, a file that cannot be read."""

    code = EXIT_ENVIRONMENT
