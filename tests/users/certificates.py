"""Certificates for tests, made with the openssl command."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from msgspec import Struct

_CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = DNS:{name}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Certificate(Struct, frozen=True, kw_only=True):
    """A certificate and its key, PEM files."""

    cert: Path
    key: Path


class Authority(Struct, frozen=True, kw_only=True):
    """A private authority with what it has signed."""

    ca: Certificate
    server: Certificate
    client: Certificate

    def context(self, *, mutual: bool = False) -> ssl.SSLContext:
        """What a server with this authority's certificate says; `mutual`: and asks of its clients."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.cert, self.server.key)
        context.set_alpn_protocols(["h2", "http/1.1"])
        if mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca.cert)
        return context


def authority(folder: Path, host: str) -> Authority:
    """A new authority, a certificate for that host name and one for a client. Skips the test without openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl command to make certificates with")
    folder.mkdir(parents=True)
    ca = _certificate(folder, "ca.test", "authority")
    return Authority(
        ca=ca, server=_certificate(folder, host, "leaf", ca), client=_certificate(folder, "client.test", "leaf", ca)
    )


def _certificate(folder: Path, name: str, kind: str, ca: Certificate | None = None) -> Certificate:
    made = Certificate(cert=folder / f"{name}.pem", key=folder / f"{name}.key")
    config = folder / f"{name}.cnf"
    config.write_text(_CONFIG.format(name=name))
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(made.key)]
    signed = [] if ca is None else ["-CA", str(ca.cert), "-CAkey", str(ca.key)]
    subprocess.run(
        ["openssl", "req", "-x509", "-config", str(config), "-extensions", kind, "-days", "2", *key, *signed,
         "-out", str(made.cert)],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return made
