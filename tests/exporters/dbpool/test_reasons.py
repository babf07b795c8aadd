"""Why a server cannot be asked, from what PostgreSQL, PgBouncer and libpq say."""

from __future__ import annotations

import pytest

from exporters.dbpool.reasons import reason

AT = 'connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    "text, expected",
    [
        (f"{AT}FATAL:  sorry, too many clients already", "too_many_connections"),
        (
            f"{AT}FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "too_many_connections",
        ),
        (
            f"{AT}FATAL:  remaining connection slots are reserved for non-replication superuser connections",
            "too_many_connections",
        ),
        (f'{AT}FATAL:  too many connections for role "june_monitor"', "too_many_connections"),
        (f"{AT}FATAL:  no more connections allowed (max_client_conn)", "too_many_connections"),
        (f"{AT}FATAL:  the database system is starting up", "starting_or_stopping"),
        (f"{AT}FATAL:  the database system is not yet accepting connections", "starting_or_stopping"),
        (f'{AT}FATAL:  password authentication failed for user "me"', "login_refused"),
        (f'{AT}FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "me", database "june"', "login_refused"),
        (f'{AT}FATAL:  role "me" does not exist', "login_refused"),
        (f'{AT}FATAL:  database "june" does not exist', "login_refused"),
        (f"{AT}fe_sendauth: no password supplied", "login_refused"),
        ("it did not answer in time", "timeout"),
        (f"{AT}Connection refused\n\tIs the server running on that host?", "unreachable"),
        ('could not translate host name "db" to address: Name or service not known', "unreachable"),
        (f"{AT}FATAL:  la base de datos no está de humor", "other"),
    ],
)
def test_a_reason_is_told_by_the_words_and_by_nothing_else(text: str, expected: str):
    assert reason(text) == expected
