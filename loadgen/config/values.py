"""Single values of the YAML: what they may be. Every function raises ValueError with the allowed form."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from loadgen.model.plan import Literal, Secret

FETCH: Final = "fetch"
NO_TOKEN: Final = "none"  # noqa: S105 - what a target is told, no secret
"""What `token:` of a target may say."""

BASELINES: Final = "baselines"
COMPARISONS: Final = "comparisons"
"""Folders that stand beside those of the scenarios; no scenario may be called so."""

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])"
_ENDPOINT = re.compile(rf"{_HOST}:([0-9]{{1,5}})", re.ASCII)
_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,252}", re.ASCII)
_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}", re.ASCII)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_METADATA = re.compile(r"[a-z0-9_.-]{1,100}", re.ASCII)
_ENVIRONMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
_RETENTION = re.compile(r"[1-9][0-9]{0,4}[hdwy]", re.ASCII)
_VISIBLE = re.compile(r"[ -~]{0,1000}", re.ASCII)
_SECRET = re.compile(r"auth|token|secret|passw|api-?key|cookie|credential", re.IGNORECASE)


def folder_name(value: str) -> str:
    """A name that becomes part of paths and run ids."""
    if not _FOLDER_NAME.fullmatch(value):
        raise ValueError("1 to 60 letters, digits, - _ or ., beginning with a letter or digit")
    return value


def scenario_name(value: str) -> str:
    """The name of a scenario: a folder's, and none of those that stand beside the scenarios' folders."""
    if value in (BASELINES, COMPARISONS):
        raise ValueError(f"any but {BASELINES} and {COMPARISONS}, which name folders beside those of the scenarios")
    return folder_name(value)


def sentence(value: str) -> str:
    """Something for people to read."""
    if not 1 <= len(value) <= 300 or not value.isprintable():
        raise ValueError("1 to 300 printable characters in one line")
    return value


def url(value: str, *schemes: str) -> str:
    """A base URL, returned without a slash at its end."""
    form = f"a base URL such as {schemes[0]}://host:8000 ({' or '.join(schemes)}; no user, query or fragment)"
    try:
        parts = urlsplit(value)
        host = re.sub(r":[0-9]+$", "", parts.netloc)
        plain = parts.scheme in schemes and parts.port != 0 and re.fullmatch(_HOST, host, re.ASCII)
    except ValueError:
        raise ValueError(form) from None
    if not plain or re.search(r"[^!-~]|[?#\\]", value):
        raise ValueError(form)
    return value.rstrip("/")


def retention(value: object) -> str:
    """How long Prometheus keeps what it measured, in its own form."""
    if not isinstance(value, str) or not _RETENTION.fullmatch(value):
        raise ValueError("a number with h, d, w or y, such as 90d")
    return value


def rest_url(value: str) -> str:
    """Base URL of the REST API."""
    return url(value, "http", "https")


def websocket_url(value: str) -> str:
    """Base URL of the WebSocket API."""
    return url(value, "ws", "wss")


def endpoint(value: str) -> str:
    """A gRPC endpoint, its host in lower case."""
    match = _ENDPOINT.fullmatch(value)
    if not match or not 1 <= int(match[1]) <= 65535:
        raise ValueError("host:port with a port from 1 to 65535")
    return value.lower()


def allowed_host(value: str) -> str:
    """A host to which load may go, in lower case as URLs have it."""
    if not _HOST_NAME.fullmatch(value) and not _is_address(value):
        raise ValueError("a host name or IP address, without scheme or port")
    return value.lower()


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def header_name(value: str) -> str:
    """The name of an HTTP header."""
    if not _HEADER.fullmatch(value):
        raise ValueError("the name of an HTTP header: letters, digits and -")
    return value


def metadata_name(value: str) -> str:
    """A key of gRPC metadata; binary ones are not offered."""
    if not _METADATA.fullmatch(value) or value.endswith("-bin") or value.startswith("grpc-"):
        raise ValueError("a gRPC metadata key: lower-case letters, digits, - _ and ., not grpc-… and not …-bin")
    return value


def secret_or_text(value: object) -> Secret | Literal:
    """A header's value: a text, or where in the environment the secret stands."""
    form = "a text of printable ASCII, or {env: NAME} with an optional prefix"
    if isinstance(value, Secret | Literal):
        return value
    if isinstance(value, str) and _VISIBLE.fullmatch(value):
        return Literal(text=value)
    if not isinstance(value, dict) or not {"env"} <= value.keys() <= {"env", "prefix"}:
        raise ValueError(form)
    env, prefix = value["env"], value.get("prefix", "")
    environment_name(env)
    if not isinstance(prefix, str) or not _VISIBLE.fullmatch(prefix):
        raise ValueError(form)
    return Secret(env=env, prefix=prefix)


def environment_name(value: object) -> str:
    """The name of an environment variable."""
    if not isinstance(value, str) or not _ENVIRONMENT.fullmatch(value):
        raise ValueError("the name of an environment variable")
    return value


def sounds_secret(name: str) -> bool:
    """True for headers whose value should never stand in a file."""
    return _SECRET.search(name) is not None


def workers(value: object) -> int | None:
    """A number of workers; None for `auto`."""
    if value == "auto":
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 64:
        raise ValueError("auto, or 1 to 64")
    return value
