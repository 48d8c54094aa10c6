"""A broker with listeners for TLS, mTLS and SASL over TLS, and a server of tokens for it."""

import json
import os
import socket
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from chassis.servers.kafka import LocalKafka
from tests.support.certificates import Authority, Signed
from tests.support.processes import free_ports

USERNAME, PASSWORD = "collections", "correct-horse-7"
_KEY_ID, _ISSUER = "signing", "https://tokens.example"


class SecuredKafka(LocalKafka):
    """Its listeners are `tls`, `mtls` and `sasl`, on `host`; a connection ends with its token."""

    def __init__(
        self, folder: Path, authority: Authority, jwks: Path, host: str = "localhost"
    ) -> None:
        ports = zip(("TLS", "MTLS", "SASL"), free_ports(3), strict=True)
        self._ports, self._host = dict(ports), host
        self._jwks = jwks.absolute().as_uri()
        shown = authority.sign("broker", host)
        places = ",".join(f"{name}://{host}:{port}" for name, port in self._ports.items())
        super().__init__(folder, more=_lines(places, shown, authority.ca, self._jwks))

    def at(self, listener: str, host: str = "") -> str:
        """host:port of a listener, also under another name of its host."""
        return f"{host or self._host}:{self._ports[listener.upper()]}"

    def _java(self, jars: Path, main: str, *arguments: str) -> list[str]:
        if main.endswith("StorageTool"):
            users = (
                f"SCRAM-SHA-{bits}=[name={USERNAME},password={PASSWORD}]" for bits in (256, 512)
            )
            arguments += tuple(word for user in users for word in ("--add-scram", user))
        java, *rest = super()._java(jars, main, *arguments)
        return [java, f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self._jwks}", *rest]


_LINES = """
listeners=PLAINTEXT://127.0.0.1:{{port}},CONTROLLER://127.0.0.1:{{controller_port}},{places}
advertised.listeners=PLAINTEXT://127.0.0.1:{{port}},{places}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,TLS:SSL,MTLS:SSL,SASL:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
{mtls}.ssl.client.auth=required
sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN,OAUTHBEARER
{sasl}.scram-sha-256.sasl.jaas.config={security}.scram.ScramLoginModule required;
{sasl}.scram-sha-512.sasl.jaas.config={security}.scram.ScramLoginModule required;
{sasl}.plain.sasl.jaas.config={security}.plain.PlainLoginModule required user_{user}="{password}";
{oauth}.sasl.jaas.config={security}.oauthbearer.OAuthBearerLoginModule required;
{oauth}.sasl.server.callback.handler.class={security}.oauthbearer.OAuthBearerValidatorCallbackHandler
{oauth}.sasl.oauthbearer.jwks.endpoint.url={jwks}
{oauth}.sasl.oauthbearer.expected.audience=kafka
{oauth}.sasl.oauthbearer.expected.issuer={issuer}
{oauth}.connections.max.reauth.ms=3600000
"""


def _lines(places: str, shown: Signed, ca: Path, jwks: str) -> str:
    return _LINES.format(
        places=places,
        keystore=shown.both,
        ca=ca,
        mtls="listener.name.mtls",
        sasl="listener.name.sasl",
        oauth="listener.name.sasl.oauthbearer",
        security="org.apache.kafka.common.security",
        user=USERNAME,
        password=PASSWORD,
        jwks=jwks,
        issuer=_ISSUER,
    )


@dataclass
class TokenServer:
    """Gives tokens to `client` with its `secret`, and counts them; `answer` says something else."""

    jwks: Path
    url: str = ""
    client: str = "arrears:ledger"
    secret: str = "s3cret/+ü"
    life_seconds: int = 300
    audience: str = "kafka"
    given: int = 0
    scopes: list[str] = field(default_factory=list)
    answer: tuple[int, Any] | None = None

    def __post_init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        document = {"keys": [public | {"kid": _KEY_ID, "use": "sig", "alg": "RS256"}]}
        self.jwks.write_text(json.dumps(document))

    def respond(self, authorization: str, form: dict[str, list[str]]) -> tuple[int, Any]:
        """The status and body for a request."""
        if self.answer is not None:
            return self.answer
        scheme, _, word = authorization.partition(" ")
        who = [unquote_plus(part) for part in b64decode(word).decode().split(":")]
        if (scheme, who) != ("Basic", [self.client, self.secret]):
            return 401, {"error": "invalid_client"}
        if form.get("grant_type") != ["client_credentials"]:
            return 400, {"error": "unsupported_grant_type"}
        self.given += 1
        self.scopes += form.get("scope", [])
        now = int(time.time())
        claims = {
            "iss": _ISSUER, "sub": self.client, "aud": self.audience,
            "iat": now, "exp": now + self.life_seconds,
        }  # fmt: skip
        token = jwt.encode(claims, self._key, "RS256", {"kid": _KEY_ID})
        return 200, {"access_token": token, "expires_in": self.life_seconds}


@contextmanager
def token_server(folder: Path, authority: Authority) -> Iterator[TokenServer]:
    """A server of tokens over TLS."""
    tokens = TokenServer(folder / "jwks.json")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            status, body = tokens.respond(self.headers.get("Authorization", ""), form)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    with https_server(Handler, authority.sign("tokens", "localhost")) as port:
        tokens.url = f"https://localhost:{port}/token"
        yield tokens


class _Server(ThreadingHTTPServer):
    """Lets whoever it refuses read why: a close with something unread would be a reset."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            request.do_handshake()
        except ssl.SSLError:
            with socket.socket(fileno=os.dup(request.fileno())) as line, suppress(OSError):
                line.settimeout(5)
                while line.recv(4096):
                    pass
            raise
        super().finish_request(request, client_address)


@contextmanager
def https_server(
    handler: type[BaseHTTPRequestHandler], shown: Signed, client_ca: Path | None = None
) -> Iterator[int]:
    """The port of a server over TLS, which wants a certificate of `client_ca` where that is given.

    It listens on 127.0.0.1 under whatever name.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.cert, shown.key)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    with _Server(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
