"""Why a server cannot be asked, as one of a few words: they become a label.

libpq tells of a login that failed only its text and no code, so the text is what there is. The server writes it: in
another language than English, most reasons are OTHER.
"""

from __future__ import annotations

import re

NO_DSN, REFUSES, OTHER = "connection_string", "refuses_queries", "other"
"""It can no longer be read; a server that is up and refuses every question; anything that is not known here."""

_WORDS = {
    "too_many_connections": (
        "too many clients already|remaining connection slots are reserved|too many connections for (role|database)"
        r"|no more connections allowed"
    ),
    "starting_or_stopping": "the database system is |terminating connection due to admin|server is shutting down",
    "login_refused": (
        "authentication failed|no pg_hba.conf entry|no password supplied|is not permitted to log in"
        r'|(role|database) ".*" does not exist|no such (user|database)|not allowed'
    ),
    "timeout": "did not answer in time|timed out|timeout expired",
    "unreachable": (
        "Connection refused|No such file or directory|No route to host|Network is unreachable"
        "|could not translate host name|server closed the connection unexpectedly|Connection reset by peer"
    ),
}
"""Reason → what stands in the text of PostgreSQL, PgBouncer or libpq. The first that is found holds."""

REASONS = (*_WORDS, NO_DSN, REFUSES, OTHER)


def reason(text: str) -> str:
    """The reason that a text tells, as it came: with the values of the connection string in it."""
    return next((each for each, words in _WORDS.items() if re.search(words, text)), OTHER)
