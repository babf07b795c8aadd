"""Reads the targets."""

from __future__ import annotations

from pathlib import Path

from loadgen.config import problems, values
from loadgen.config.measure_checks import checked_measure
from loadgen.config.problems import shown
from loadgen.config.reader import Fields, Reader
from loadgen.config.schema import TargetSettings, TlsSettings
from loadgen.config.stand_in import SimOptions

_ADDRESSES = ("rest", "websocket", "grpc")
_FILES = ("ca_file", "cert_file", "key_file")


def read_targets(reader: Reader, data: object, folder: Path) -> dict[str, TargetSettings]:
    """Every target that is right; what is wrong is noted in the reader."""
    found = {}
    for name, block in reader.mapping(data, ("targets",)).items():
        path = ("targets", name)
        before = len(reader.problems)
        fields = reader.fields(TargetSettings, block, path)
        _check_name(reader, name, path)
        _check_addresses(reader, fields, path)
        _check_secrets(reader, block, path)
        _check_tls(reader, fields, path)
        fields |= _with_files(reader, fields, folder, path)
        fields |= _with_record(reader, fields, folder, path)
        fields |= _with_measure(reader, fields, folder, path)
        if len(reader.problems) == before:
            found[name] = TargetSettings.model_construct(**fields)
    return found


def _check_name(reader: Reader, name: str, path: problems.Path) -> None:
    try:
        values.folder_name(name)
    except ValueError as error:
        reader.problem(path, f"the name; allowed: {error}")


def _check_addresses(reader: Reader, fields: Fields, path: problems.Path) -> None:
    kind = fields.get("kind")
    named = [key for key in _ADDRESSES if fields.get(key, "wrong, but there") is not None]
    if kind == "june" and not named:
        reader.problem(path, "no address; allowed: at least one of rest, websocket and grpc")
    if kind == "june" and fields.get("options", SimOptions()) != SimOptions():
        reader.problem((*path, "options"), "settings of the stand-in; allowed: only where kind is sim")
    if kind == "june" and fields.get("postgres") is not None:
        reader.problem((*path, "postgres"), "a database of the stand-in; allowed: only where kind is sim")
    if kind == "sim":
        for key in named:
            if key in fields:
                text = "an address; allowed: none, for the stand-in is started on free ports"
                reader.problem((*path, key), text)
        if fields.get("allow"):
            reader.problem((*path, "allow"), "hosts; allowed: none, for the stand-in is on loopback")
        if fields.get("postgres") is not None and fields.get("options", SimOptions()).dsn_env is not None:
            reader.problem((*path, "options", "dsn_env"), "a second database; allowed: this or postgres")


def _check_secrets(reader: Reader, block: object, path: problems.Path) -> None:
    """What sounds like a secret stands in the environment."""
    for key in ("headers", "metadata"):
        values_of = block.get(key) if isinstance(block, dict) else None
        for name, value in values_of.items() if isinstance(values_of, dict) else ():
            if isinstance(value, str) and values.sounds_secret(name):
                text = f"the value of {shown(name)} itself; allowed: {{env: NAME}}, a secret stands in the environment"
                reader.problem((*path, key, name), text)


def _check_tls(reader: Reader, fields: Fields, path: problems.Path) -> None:
    """What would have no effect: TLS of the stand-in, of gRPC without gRPC, files without TLS."""
    kind, tls = fields.get("kind"), fields.get("tls") or TlsSettings()
    secure = [key for key in ("rest", "websocket") if str(fields.get(key)).startswith(("https:", "wss:"))]
    if tls == TlsSettings() or kind is None:
        return
    if kind == "sim":
        reader.problem((*path, "tls"), "TLS of the stand-in, which speaks none; allowed: only where kind is june")
    elif tls.grpc and fields.get("grpc", "wrong, but there") is None:
        reader.problem((*path, "tls", "grpc"), "true, but there is no grpc address; allowed: false, or such addresses")
    elif not tls.grpc and not secure and {"rest", "websocket"} <= fields.keys():
        text = "files, but nothing uses TLS; allowed: with an https or wss address, or grpc: true"
        reader.problem((*path, "tls"), text)


def _with_record(reader: Reader, fields: Fields, folder: Path, path: problems.Path) -> Fields:
    """The stand-in's options with the absolute path of the file that it is to write; its folder must exist."""
    options: SimOptions | None = fields.get("options")
    if options is None or options.record is None:
        return {}
    file = folder / options.record
    if not file.parent.is_dir():
        text = (
            f"{options.record!r}, whose folder is not there; allowed: a file in a folder that exists, beside this one"
        )
        reader.problem((*path, "options", "record"), text)
    return {"options": options.model_copy(update={"record": str(file)})}


def _with_measure(reader: Reader, fields: Fields, folder: Path, path: problems.Path) -> Fields:
    """What is measured, with paths that lead there from anywhere."""
    measure = fields.get("measure")
    if measure is None:
        return {}
    return {"measure": checked_measure(reader, fields.get("kind"), measure, folder, (*path, "measure"))}


def _with_files(reader: Reader, fields: Fields, folder: Path, path: problems.Path) -> Fields:
    """The TLS block with paths that lead there from anywhere; each must exist."""
    tls: TlsSettings | None = fields.get("tls")
    named = {key: getattr(tls, key) for key in _FILES if tls is not None and getattr(tls, key) is not None}
    for key, file in named.items():
        if not (folder / file).is_file():
            text = f"{file!r} is not there; allowed: a file that exists, looked for beside this one"
            reader.problem((*path, "tls", key), text)
    found = {key: str(folder / file) for key, file in named.items()}
    return {"tls": tls.model_copy(update=found)} if tls is not None and found else {}
