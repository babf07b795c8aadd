"""alertmanager.yml, as Alertmanager 0.25 and later read it: who is told of which alert, how soon, and what is not said.

The times fit runs of minutes: the first notice of a group waits only for what comes in the same breath.
"""

from __future__ import annotations

from typing import Any

from loadgen.config.notifications import EmailSettings, NotificationSettings, SlackSettings, WebhookSettings
from loadgen.criteria import ACCEPTANCE, BURNING, SAMPLES
from loadgen.resources.selection import HERE
from loadgen.rules.alerts import RESOURCE, VALIDITY
from loadgen.rules.groups import as_yaml

ALERT_LOG = "http://127.0.0.1:9647/alerts"
"""Where the stack's alert log listens."""

NOBODY, LOG, WEBHOOK, PEOPLE, EVERYBODY = "nobody", "log", "webhook", "people", "everybody"
"""Receivers. `people`: Slack and e-mail; `everybody`: all, once, for the verdict, which does not end."""

VERDICT = "verdict"
"""The role of the alert that a run posts itself."""

GROUP_WAIT, GROUP_INTERVAL, REPEAT_INTERVAL = "1s", "5s", "12h"
"""For the first alert of a group, for a further one, for one that still fires; every run is a group of its own."""


def _role(*roles: str) -> str:
    """A matcher of alerts that have one of these roles."""
    return f'role=~"{"|".join(roles)}"' if len(roles) > 1 else f'role="{roles[0]}"'


A_RUN, NO_RUN = 'run_id!=""', 'run_id=""'
THIS_MACHINE = f'subject=~"{HERE}|127[.]0[.]0[.]1:.+"'
"""A host is called by its exporter's endpoint, or `localhost` by a run's own; all on loopback see the same one."""

INHIBITIONS: tuple[dict[str, Any], ...] = (
    {
        "source_matchers": [_role(VALIDITY), A_RUN],
        "target_matchers": [_role(ACCEPTANCE, SAMPLES, BURNING, RESOURCE)],
        "equal": ["run_id"],
    },
    {
        "source_matchers": [_role(ACCEPTANCE), A_RUN],
        "target_matchers": [_role(BURNING)],
        "equal": ["run_id", "criterion"],
    },
    {
        "source_matchers": [_role(RESOURCE), A_RUN],
        "target_matchers": [_role(RESOURCE), NO_RUN],
        "equal": ["alertname", "subject"],
    },
    {
        "source_matchers": [_role(RESOURCE), A_RUN, THIS_MACHINE],
        "target_matchers": [_role(RESOURCE), NO_RUN, THIS_MACHINE],
        "equal": ["alertname"],
    },
)
"""What is not said while its cause is being said; docs/alerting.md has the reasons. Where a label is missing from both,
Alertmanager takes it for equal: hence A_RUN."""

TITLE = (
    "{{ .GroupLabels.alertname }}{{ with .CommonLabels.verdict }} {{ . }}{{ end }}"
    "{{ with .GroupLabels.run_id }} in {{ . }}{{ end }}"
)
TEXT = (
    "{{ range $place, $alert := .Alerts.Firing }}{{ if $place }}\n\n{{ end }}{{ .Annotations.summary }}\n"
    "{{ with .Labels.criterion }}Criterion: {{ . }}\n{{ end }}"
    "{{ with .Labels.check }}Check: {{ . }}\n{{ end }}"
    "{{ with .Labels.subject }}Resource: {{ . }}\n{{ end }}"
    "{{ .Annotations.description }}\n"
    "Runbook: {{ .Annotations.runbook_url }}{{ end }}"
)
"""For people: the run stands in the title, value and bound in the description."""
COLOUR = (
    '{{ if eq .CommonLabels.severity "critical" }}danger{{ else if eq .CommonLabels.severity "info" }}good'
    "{{ else }}warning{{ end }}"
)


def alertmanager_config(notifications: NotificationSettings, heading: str = "") -> str:
    """The text of alertmanager.yml. The secrets' files are named, not read."""
    content = {
        "route": _route(notifications),
        "inhibit_rules": [dict(rule) for rule in INHIBITIONS],
        "receivers": [{"name": NOBODY}, *_receivers(notifications)],
    }
    return as_yaml(content, heading)


def _route(told: NotificationSettings) -> dict[str, Any]:
    """The tree. Everything that matches is told: `continue`; only the last stands alone."""
    everything = [LOG] * told.log + [WEBHOOK] * (told.webhook is not None)
    routes: list[dict[str, Any]] = []
    if everything or _people(told):
        routes.append({"receiver": EVERYBODY, "matchers": [_role(VERDICT)]})
    routes += [{"receiver": receiver, "continue": True} for receiver in everything]
    if _people(told):
        # Two routes of one receiver, of which the first that matches tells: matchers of one route hold all together.
        routes += [
            {"receiver": PEOPLE, "matchers": [_role(ACCEPTANCE, VALIDITY)]},
            {"receiver": PEOPLE, "matchers": ['severity="critical"']},
        ]
    return {
        "receiver": NOBODY,
        "group_by": ["run_id", "alertname"],
        "group_wait": GROUP_WAIT,
        "group_interval": GROUP_INTERVAL,
        "repeat_interval": REPEAT_INTERVAL,
        **({"routes": routes} if routes else {}),
    }


def _people(told: NotificationSettings) -> bool:
    return told.slack is not None or told.email is not None


def _receivers(told: NotificationSettings) -> list[dict[str, Any]]:
    """Those that somebody stands behind; with the one of the verdict, which is told once and takes nothing back."""
    log = [_log(resolved=True)] if told.log else []
    webhook = [_webhook(told.webhook, resolved=True)] if told.webhook else []
    once = [_log(resolved=False)] if told.log else []
    once += [_webhook(told.webhook, resolved=False)] if told.webhook else []
    found = {
        LOG: {"webhook_configs": log},
        WEBHOOK: {"webhook_configs": webhook},
        PEOPLE: _of_people(told),
        EVERYBODY: {"webhook_configs": once, **_of_people(told)},
    }
    sound = {name: {kind: configs for kind, configs in of.items() if configs} for name, of in found.items()}
    return [{"name": name, **of} for name, of in sound.items() if of]


def _of_people(told: NotificationSettings) -> dict[str, list[dict[str, Any]]]:
    return {
        "slack_configs": [_slack(told.slack)] if told.slack else [],
        "email_configs": [_email(told.email)] if told.email else [],
    }


def _log(*, resolved: bool) -> dict[str, Any]:
    return {"url": ALERT_LOG, "send_resolved": resolved}


def _webhook(settings: WebhookSettings, *, resolved: bool) -> dict[str, Any]:
    # Not url_file, which 0.25 does not know.
    secret = {"authorization": {"credentials_file": settings.credentials_file}}
    return {
        "url": settings.url,
        "send_resolved": resolved,
        **({"http_config": secret} if settings.credentials_file else {}),
    }


def _slack(settings: SlackSettings) -> dict[str, Any]:
    return {
        "api_url_file": settings.api_url_file,
        "channel": settings.channel,
        "send_resolved": False,
        "color": COLOUR,
        "title": TITLE,
        "text": TEXT,
        "fallback": TITLE,
    }


def _email(settings: EmailSettings) -> dict[str, Any]:
    secret = {"auth_username": settings.username, "auth_password_file": settings.password_file}
    return {
        "to": ", ".join(settings.to),
        "from": settings.sender,
        "smarthost": settings.smarthost,
        **(secret if settings.username else {}),
        "require_tls": settings.require_tls,
        "send_resolved": False,
        "headers": {"Subject": TITLE},
        "html": "",
        "text": TEXT,
    }
