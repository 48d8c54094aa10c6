"""Every algorithm is on the list in docs/security.md, none is one that is broken, and TLS is of
today.
"""

import ast
import re
import ssl
from pathlib import Path

import pytest

from chassis.tls import client_context
from tests.security.test_sources import imported, sources

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "security.md").read_text("utf-8")
MODULES = {"hashlib", "hmac", "zlib", "cryptography", "jwt", "secrets", "random", "uuid"}
PRIMITIVES = {
    *("sha256", "sha512", "sha1", "md5", "blake2b", "blake2s", "scrypt", "pbkdf2_hmac", "crc32"),
    *("AESGCM", "AESCCM", "AESCBC", "ChaCha20Poly1305", "Fernet", "Cipher", "CBC", "ECB"),
    *("hmac", "rsa", "ed25519", "ec", "dsa"),
}
NO_SECRET = {"md5", "crc32"}
"""For names of views and parts of messages that belong together; nothing is protected by them."""
SHUFFLES: set[str] = set()
"""Files that draw numbers anybody may guess."""


def used() -> dict[str, set[str]]:
    """Files by the primitive that they name."""
    found: dict[str, set[str]] = {}
    for path, tree in sources():
        if MODULES & {name.split(".")[0] for name in imported(tree)}:
            for node in ast.walk(tree):
                names = [
                    *([node.attr] if isinstance(node, ast.Attribute) else []),
                    *([node.id] if isinstance(node, ast.Name) else []),
                    *(
                        [each.name for each in node.names]
                        if isinstance(node, ast.ImportFrom)
                        else []
                    ),
                ]
                for name in PRIMITIVES.intersection(names):
                    found.setdefault(name, set()).add(path)
    return found


def listed() -> set[str]:
    section = TABLE.partition("## Algorithms")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def test_every_algorithm_is_on_the_list() -> None:
    assert set(used()) == listed()


def test_none_is_broken_where_something_is_protected() -> None:
    assert set(used()) & {"sha1", "CBC", "ECB", "AESCBC", "dsa", "Cipher"} == set()
    guarded = {"chassis/store/vault.py", "chassis/store/wrapping.py", "chassis/http/auth.py"}
    for name in NO_SECRET:
        assert not used().get(name, set()) & guarded


def test_nothing_secret_is_drawn_where_it_can_be_guessed() -> None:
    draws = {
        path
        for path, tree in sources()
        if "random" in {name.split(".")[0] for name in imported(tree)}
    }
    assert draws == SHUFFLES


@pytest.mark.parametrize("name", ["TLSv1", "TLSv1_1"])
def test_old_tls_is_not_spoken(name: str) -> None:
    context = client_context("ARREARS_KAFKA")
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.minimum_version > ssl.TLSVersion[name]
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    weak = [
        one["name"]
        for one in context.get_ciphers()
        if re.search(r"RC4|3?DES|NULL|MD5", one["name"])
    ]
    assert weak == []
