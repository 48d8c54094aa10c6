"""The key-encryption keys of the settings: from the environment, a file, or opened by a service."""

import base64
import binascii
import os
from pathlib import Path

from pydantic import SecretStr

from chassis.errors import Misconfigured
from chassis.key_service import service_of
from chassis.private import create_private, keep_private
from chassis.settings import Settings

_BYTES = 32


def present(settings: Settings, *, make: bool) -> bytes | None:
    """The 32 bytes that wrap every debtor's key.

    Without `kek` it is the file `kek` in `data_dir`, kept for its owner alone; when that is not
    there either it is made, or the answer is `None`. Raises `Misconfigured` when what is there is
    not such a key, or not one that the service of the settings opens.
    """
    if make and settings.kek is None:
        write(settings, settings.kek_file)
    return _read(settings, settings.kek, settings.kek_file, "ARREARS_KEK")


def following(settings: Settings) -> bytes | None:
    """The key that is to follow; `None` where there is none, raises as `present`."""
    return _read(settings, settings.kek_next, settings.kek_next_file, "ARREARS_KEK_NEXT")


def write(settings: Settings, path: Path) -> bool:
    """Write a new key to a file, unless that is there; answers whether it did."""
    return not path.exists() and create_private(path, wrapped(settings, os.urandom(_BYTES)) + "\n")


def wrapped(settings: Settings, raw: bytes) -> str:
    """A key as it stands in a setting or a file: base64, or what the service makes of it."""
    service = service_of(settings)
    return base64.b64encode(raw).decode() if service is None else service.wrap(raw)


def wrapped_anew(settings: Settings) -> str:
    """The present key, wrapped by the service as it does today; it may stand there as it is.

    Raises `Misconfigured` where there is no key or no service.
    """
    service = service_of(settings)
    if service is None:
        raise Misconfigured("ARREARS_KEK_SERVICE is not set: there is nothing to wrap a key with")
    found = _text(settings.kek, settings.kek_file)
    if found is None:
        raise Misconfigured(f"there is no key: neither ARREARS_KEK nor {settings.kek_file}")
    where = settings.kek_source
    try:
        raw = _decoded(found, where)
    except Misconfigured:
        raw = _of_length(service.unwrap(found), where)
    return service.wrap(raw)


def _read(settings: Settings, value: SecretStr | None, file: Path, setting: str) -> bytes | None:
    found = _text(value, file)
    if found is None:
        return None
    where = setting if value is not None else str(file)
    service = service_of(settings)
    if service is None:
        return _decoded(found, where)
    return _of_length(service.unwrap(found), where)


def _text(value: SecretStr | None, file: Path) -> str | None:
    if value is not None:
        return value.get_secret_value().strip()
    keep_private(file)
    try:
        return file.read_bytes().strip().decode("latin-1")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Misconfigured(f"the key in {file} cannot be read: {error.strerror}") from error


def _decoded(text: str, where: str) -> bytes:
    try:
        return _of_length(base64.b64decode(text.encode(), validate=True), where)
    except (binascii.Error, ValueError) as error:
        raise Misconfigured(f"{where} is not base64") from error


def _of_length(raw: bytes, where: str) -> bytes:
    if len(raw) != _BYTES:
        raise Misconfigured(f"{where} holds {len(raw)} bytes, not {_BYTES}")
    return raw
