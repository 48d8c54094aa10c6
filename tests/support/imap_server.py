"""GreenMail (Java, from Maven): a mail server with IMAP and POP3 over TLS, on high ports."""

import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from chassis.servers import jars
from tests.support.certificates import Authority
from tests.support.missing import give_up
from tests.support.processes import free_ports

USERNAME, PASSWORD, ADDRESS = "bounces", "secret", "bounces@localhost"
_HOME = Path(__file__).parent / "greenmail"
_KEYSTORE_PASSWORD = "changeit"
_SECONDS_MAX = 60


@dataclass(frozen=True)
class MailServer:
    """A running server with one mailbox."""

    smtp: int
    imap: int
    pop3: int

    def put(self, *mails: bytes) -> None:
        """Deliver mails into the mailbox, in this order."""
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=10) as client:
            for one in mails:
                client.sendmail("mailer-daemon@example.com", [ADDRESS], one)


@contextmanager
def mail_server(folder: Path, authority: Authority) -> Iterator[MailServer]:
    """A server that shows `localhost`, signed by an authority."""
    why = jars.unavailable(_HOME)
    if why is not None:
        give_up(why)
    (jar,) = jars.fetch(_HOME).glob("greenmail-standalone-*.jar")
    server = MailServer(*free_ports(3))
    ports = {"smtp": server.smtp, "imaps": server.imap, "pop3s": server.pop3}
    options = {
        **{f"{name}.port": str(port) for name, port in ports.items()},
        **{f"{name}.hostname": "127.0.0.1" for name in ports},
        "users": f"{USERNAME}:{PASSWORD}@localhost",
        "tls.keystore.file": str(_keystore(folder, authority)),
        "tls.keystore.password": _KEYSTORE_PASSWORD,
        "startup.timeout": str(_SECONDS_MAX * 1000),
    }
    given = [f"-Dgreenmail.{name}={value}" for name, value in options.items()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["java", "-Xmx128m", *given, "-jar", str(jar)], stdout=log, stderr=log
        )
    try:
        for port in ports.values():
            _wait(port, process, folder / "log")
        yield server
    finally:
        process.terminate()
        process.wait()


def _keystore(folder: Path, authority: Authority) -> Path:
    """What Java keeps a certificate and its key in."""
    signed = authority.sign("mail", "localhost")
    key = serialization.load_pem_private_key(signed.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    path = folder / "mail.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"mail",
            key,
            x509.load_pem_x509_certificate(signed.cert.read_bytes()),
            None,
            serialization.BestAvailableEncryption(_KEYSTORE_PASSWORD.encode()),
        )
    )
    return path


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up = time.monotonic() + _SECONDS_MAX
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.1)
        else:
            return
