"""DKIM signatures, verified by another program than the one that made them would be read by."""

import base64
import re
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chassis.errors import Misconfigured
from services.notifier.adapters.mail import SmtpGateway
from services.notifier.adapters.signing import DkimSigner
from services.notifier.unsubscribing import Links, Tokens
from tests.notifier.post import Mailbox, mail_server
from tests.notifier.test_mail import NOW, PARCEL

REMINDER = replace(PARCEL, purpose="reminder", body="请缴费。\n.\n..点\n" * 30)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def signer(tmp_path: Path, key: rsa.RSAPrivateKey) -> DkimSigner:
    path = tmp_path / "dkim.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return DkimSigner("hospital.example", "s1", path)


def _verifies(mail: bytes, key: rsa.RSAPrivateKey) -> bool:
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def dns(name: bytes, timeout: int = 5) -> bytes | None:
        known = name == b"s1._domainkey.hospital.example."
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public) if known else None

    return bool(dkim.verify(mail, dnsfunc=dns))


async def _sent(signer: DkimSigner, mailbox: Mailbox, port: int) -> bytes:
    gateway = SmtpGateway(
        host="127.0.0.1",
        port=port,
        sender="收费处 <notices@hospital.example>",
        tls="none",
        links=Links("https://notices.hospital.example", Tokens([b"k"]), "stop@hospital.example"),
        signer=signer,
        now=lambda: NOW,
    )
    assert (await gateway.send(REMINDER)).outcome == "accepted"
    return mailbox.taken[0].original_content or b""


async def test_what_arrives_verifies_and_its_links_are_signed(
    signer: DkimSigner, key: rsa.RSAPrivateKey
) -> None:
    with mail_server(enable_SMTPUTF8=False) as (mailbox, port):
        raw = await _sent(signer, mailbox, port)
    assert _verifies(raw, key)
    mail = message_from_bytes(raw, policy=policy.default)
    (names,) = re.findall(r"\bh=([^;]+)", str(mail["DKIM-Signature"]))
    signed = [one.strip() for one in names.split(":")]
    assert {"list-unsubscribe", "list-unsubscribe-post", "subject", "to"} <= set(signed)
    assert signed.count("from") == 2
    for changed in (b"one-click", b"x@hospital.example", b"TGlzdA"):
        assert not _verifies(_with_other(raw, changed), key)
    assert not _verifies(b"From: bank@evil.example\r\n" + raw, key)


def _with_other(raw: bytes, value: bytes) -> bytes:
    """One of the signed headers, or the text, is another."""
    if value == b"one-click":
        return raw.replace(b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Clicks")
    if value.endswith(b".example"):
        return re.sub(rb"(?m)^To: .*?(?=\r$)", b"To: " + value, raw)
    head, _, body = raw.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + body.replace(b"6K+3", b"6K+4", 1)


def test_a_key_that_is_none_is_said_at_the_start(tmp_path: Path) -> None:
    for content in (None, b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        path = tmp_path / "key.pem"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(Misconfigured, match="DKIM_KEY_FILE"):
            DkimSigner("hospital.example", "s1", path)
