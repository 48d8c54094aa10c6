"""How we check who answers over TLS, and show who asks."""

import ssl
from pathlib import Path

from chassis.errors import Misconfigured


def client_context(
    settings: str,
    ca_file: Path | None = None,
    cert_file: Path | None = None,
    key_file: Path | None = None,
) -> ssl.SSLContext:
    """TLS 1.2 or later to a server whose certificate and name are verified.

    Without `ca_file` those authorities are trusted that the system trusts, else its alone.
    `settings` is what the names of the three settings begin with, for the error when a file cannot
    be used.
    """
    context = _trusting(settings, ca_file)
    if cert_file is not None:
        try:
            # an encrypted key is refused: nobody is there to be asked
            context.load_cert_chain(cert_file, key_file, password="")
        except (OSError, ValueError) as error:
            names = f"{settings}_CERT_FILE and {settings}_KEY_FILE"
            raise Misconfigured(
                f"{names}: {cert_file} and {key_file or cert_file} are no certificate "
                f"with its key: {said(error)}"
            ) from error
    elif key_file is not None:
        raise Misconfigured(f"{settings}_KEY_FILE is given without {settings}_CERT_FILE")
    return context


def _trusting(settings: str, ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise Misconfigured(
            f"{settings}_CA_FILE: {ca_file} holds no certificates: {said(error)}"
        ) from error


def said(error: Exception) -> str:
    """What is wrong, without the places in C that OpenSSL names."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message).rstrip(".")
    if isinstance(error, ssl.SSLError):
        words = (error.reason or "TLS failed").replace("_", " ").lower()
        return words.rpartition("alert ")[2]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def fault_in(error: BaseException) -> str | None:
    """What is wrong with TLS, where libraries have wrapped it in errors of their own."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return said(cause)
        cause = cause.__cause__ or cause.__context__
    return None
