"""Who is told of alerts and of the verdict: the block `notifications:`. A secret is named by its file."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from loadgen.config import values
from loadgen.model.settings import Settings

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`|~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}", re.ASCII)
_CHANNEL = re.compile(r"[#@]?[^\s#@{}<>]{1,80}")
_FILE = re.compile(r"/[A-Za-z0-9][A-Za-z0-9_./+-]{0,4094}", re.ASCII)


def _secret_file(value: str) -> str:
    """Alertmanager reads the file, perhaps in a container, so nothing can be beside it; the secret is not the path."""
    if not _FILE.fullmatch(value) or "//" in value or ".." in value:
        raise ValueError("the absolute path of a file that holds the secret, such as /run/secrets/june_slack")
    return value


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("a mail address such as oncall@example.org")
    return value


def _channel(value: str) -> str:
    if not _CHANNEL.fullmatch(value):
        raise ValueError("a channel such as '#load-tests', in quotes")
    return value


def _username(value: str) -> str:
    if not 1 <= len(value) <= 200 or not value.isprintable() or "{{" in value:
        raise ValueError("1 to 200 printable characters")
    return value


def _webhook_url(value: str) -> str:
    try:
        return values.rest_url(value)
    except ValueError:
        raise ValueError(
            "a URL such as http://host:8000/alerts (http or https; no user, query or fragment, for a secret stands "
            "in the credentials_file)"
        ) from None


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


SecretFile = Annotated[str, AfterValidator(_secret_file)]
Address = Annotated[str, AfterValidator(_address)]


class WebhookSettings(Settings):
    """A program that is told of every alert, as Alertmanager's webhook has it."""

    url: Annotated[str, AfterValidator(_webhook_url)]
    credentials_file: SecretFile | None = None
    """Holds a token, sent as `Authorization: Bearer …`."""


class SlackSettings(Settings):
    """A channel that is told of what a person must act on."""

    api_url_file: SecretFile
    """Holds the URL of an incoming webhook: whoever knows it may post."""
    channel: Annotated[str, AfterValidator(_channel)]


class EmailSettings(Settings):
    """Mail to those who must act. `smarthost`: `host:port` of the server that takes it."""

    to: Annotated[tuple[Address, ...], Field(strict=False, min_length=1, max_length=50), BeforeValidator(_one_or_more)]
    sender: Annotated[Address, Field(alias="from")]
    smarthost: Annotated[str, AfterValidator(values.endpoint)]
    username: Annotated[str, AfterValidator(_username)] | None = None
    password_file: SecretFile | None = None
    require_tls: bool = True

    @model_validator(mode="after")
    def _pair(self) -> EmailSettings:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file together, or neither")
        return self


class NotificationSettings(Settings):
    """Who is told. `log`: the alert log of the stack, a line for each alert."""

    log: bool = True
    webhook: WebhookSettings | None = None
    slack: SlackSettings | None = None
    email: EmailSettings | None = None
