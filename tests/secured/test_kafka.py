"""Every way into a secured Kafka, and what is said of those that are closed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from arrears.databases import Databases
from arrears.stack import open_bus
from chassis.bus.base import Bus, Outgoing
from chassis.bus.kafka import KafkaBus
from chassis.bus.kafka_security import security
from chassis.errors import Misconfigured, Transient
from chassis.settings import Settings
from tests.chassis.bus.suite import KEY, read
from tests.secured.brokers import PASSWORD, USERNAME, SecuredKafka, TokenServer
from tests.support.certificates import Authority

pytestmark = pytest.mark.kafka

Ways = Mapping[str, Mapping[str, Any]]
OpenBus = Callable[..., Awaitable[Bus]]
NAMES = ("tls", "mtls", "SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN", "OAUTHBEARER")


@pytest.fixture(scope="session")
def ways(broker: SecuredKafka, authority: Authority, tokens: TokenServer) -> Ways:
    """Settings by the name of a way."""
    ours = authority.sign("ledger")
    tls: dict[str, Any] = {"kafka_ca_file": authority.ca, "kafka_bootstrap": broker.at("tls")}
    sasl = tls | {"kafka_security": "sasl_tls", "kafka_bootstrap": broker.at("sasl")}
    login = sasl | {"kafka_username": USERNAME, "kafka_password": PASSWORD}
    by_token = sasl | {
        "kafka_token_url": tokens.url,
        "kafka_token_ca_file": authority.ca,
        "kafka_token_scope": "messages",
        "kafka_client_id": tokens.client,
        "kafka_client_secret": tokens.secret,
    }
    return {
        "tls": tls | {"kafka_security": "tls"},
        "mtls": tls | {
            "kafka_security": "tls",
            "kafka_bootstrap": broker.at("mtls"),
            "kafka_cert_file": ours.cert,
            "kafka_key_file": ours.key,
        },
        "SCRAM-SHA-256": login | {"kafka_sasl_mechanism": "SCRAM-SHA-256"},
        "SCRAM-SHA-512": login,
        "PLAIN": login | {"kafka_sasl_mechanism": "PLAIN"},
        "OAUTHBEARER": by_token | {"kafka_sasl_mechanism": "OAUTHBEARER"},
    }  # fmt: skip


@pytest.fixture
async def open_by(ways: Ways) -> AsyncIterator[OpenBus]:
    """Opens a bus by a way with changed settings."""
    async with AsyncExitStack() as exits:

        async def opened(way: str, **changes: Any) -> Bus:
            settings = Settings(bus="kafka", **(dict(ways[way]) | changes))
            return await exits.enter_async_context(open_bus(settings, Databases({}, None)))

        yield opened


async def _new_topic(bus: Bus) -> str:
    topic = f"secured-{uuid4()}"
    await bus.ensure_topics([topic])
    return topic


@pytest.mark.parametrize("way", NAMES)
async def test_messages_are_published_and_read(way: str, open_by: OpenBus) -> None:
    bus = await open_by(way)
    topic = await _new_topic(bus)
    await bus.publish([Outgoing(topic, 0, KEY, b"an invoice")])
    reader = await bus.reader({(topic, 0): 0})
    (record,) = await read(reader, 1)
    await reader.close()
    await bus.commit_info("ledger", {(topic, 0): 1})
    assert record.value == b"an invoice"


async def test_a_password_in_a_file_is_read_without_its_line_end(
    open_by: OpenBus, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    bus = await open_by("SCRAM-SHA-512", kafka_password=None, kafka_password_file=file)
    await _new_topic(bus)


CLOSED: Mapping[str, tuple[str, str]] = {
    "strange authority": ("tls", "a certificate that is not accepted: unable to get local issuer"),
    "other name": ("tls", "a certificate that is not accepted: .* not valid for '127.0.0.1'"),
    "no certificate": ("tls", "or that we have none"),
    "strange certificate": ("mtls", "does not accept our certificate"),
    "wrong password": ("SCRAM-SHA-256", "does not let us in: .*invalid credentials"),
    "unknown user": ("SCRAM-SHA-512", "does not let us in: .*invalid credentials"),
    "wrong plain password": ("PLAIN", "does not let us in: .*Invalid username or password"),
    "wrong secret": (
        "OAUTHBEARER",
        "tokens on localhost:.* refuses arrears:ledger: invalid_client",
    ),
    "strange server of tokens": ("OAUTHBEARER", "tokens on localhost:.*: unable to get"),
    "plain to TLS": ("tls", "may not speak PLAINTEXT there"),
    "TLS to plain": ("tls", "may not speak SSL there"),
    "no login": ("tls", "may not speak SSL there"),
}


@pytest.fixture
def changes(broker: SecuredKafka, stranger: Authority) -> Ways:
    """What is changed in the settings of a way, so that it is closed."""
    theirs = stranger.sign("ledger")
    return {
        "strange authority": {"kafka_ca_file": stranger.ca},
        "other name": {"kafka_bootstrap": broker.at("tls", "127.0.0.1")},
        "no certificate": {"kafka_bootstrap": broker.at("mtls")},
        "strange certificate": {"kafka_cert_file": theirs.both, "kafka_key_file": None},
        "wrong password": {"kafka_password": "wrong"},
        "unknown user": {"kafka_username": "nobody"},
        "wrong plain password": {"kafka_password": "wrong"},
        "wrong secret": {"kafka_client_secret": "wrong"},
        "strange server of tokens": {"kafka_token_ca_file": stranger.ca},
        "plain to TLS": {"kafka_security": "plaintext", "kafka_ca_file": None},
        "TLS to plain": {"kafka_bootstrap": f"localhost:{broker.port}"},
        "no login": {"kafka_bootstrap": broker.at("sasl")},
    }


@pytest.mark.parametrize("case", CLOSED)
async def test_what_keeps_us_out_is_said_with_the_host(
    case: str, changes: Ways, open_by: OpenBus
) -> None:
    way, said = CLOSED[case]
    host = "127.0.0.1" if case == "other name" else "localhost"
    with pytest.raises(Transient, match=rf"Kafka on {host}:\d+ .*{said}"):
        await open_by(way, **changes[case])


async def test_a_broker_that_is_away_is_told_from_one_that_refuses(open_by: OpenBus) -> None:
    with pytest.raises(Transient, match="did not answer"):
        await open_by("tls", kafka_bootstrap="localhost:1")


class TestTokens:
    @pytest.fixture(autouse=True)
    def _as_they_were(self, tokens: TokenServer) -> Any:
        before = tokens.life_seconds, tokens.audience
        yield
        tokens.life_seconds, tokens.audience = before

    async def test_one_token_serves_all_connections(
        self, open_by: OpenBus, tokens: TokenServer
    ) -> None:
        given, asked = tokens.given, len(tokens.scopes)
        bus = await open_by("OAUTHBEARER")
        topic = await _new_topic(bus)
        await bus.publish([Outgoing(topic, 0, KEY, b"1")])
        assert tokens.given == given + 1
        assert tokens.scopes[asked:] == ["messages"]

    async def test_work_goes_on_when_tokens_end(
        self, open_by: OpenBus, tokens: TokenServer
    ) -> None:
        tokens.life_seconds = 3
        bus = await open_by("OAUTHBEARER")
        topic = await _new_topic(bus)
        reader = await bus.reader({(topic, 0): 0})
        enough, sent = tokens.given + 2, 0
        while tokens.given < enough:
            await bus.publish([Outgoing(topic, 0, KEY, b"%d" % sent)])
            (record,) = await read(reader, 1)
            assert record.value == b"%d" % sent
            sent += 1
        await reader.close()

    async def test_a_broker_that_refuses_the_token_is_told_from_one_that_is_silent(
        self, open_by: OpenBus, tokens: TokenServer
    ) -> None:
        tokens.audience = "another"
        with pytest.raises(Transient, match=r"does not let us in: .*invalid_token"):
            await open_by("OAUTHBEARER")

    async def test_a_token_refused_later_is_said_too(self, ways: Ways, tokens: TokenServer) -> None:
        tokens.life_seconds = 3
        settings = Settings(**dict(ways["OAUTHBEARER"]))
        bus = KafkaBus(settings.kafka_bootstrap, security=security(settings), request_seconds=1)
        await bus.start()
        topic = await _new_topic(bus)
        tokens.audience = "another"
        with pytest.raises(Transient, match=r"does not let us in: .*invalid_token"):
            await _ask_for_ever(bus, topic)
        await bus.stop()


async def _ask_for_ever(bus: Bus, topic: str) -> None:
    while True:
        await bus.end_offsets([topic])


class TestDurability:
    async def test_topics_get_what_was_asked_for(self, open_by: OpenBus) -> None:
        bus = await open_by("tls", kafka_replication_factor=1, kafka_min_insync_replicas=1)
        await _new_topic(bus)

    @pytest.mark.parametrize("what", ["replication_factor", "min_insync_replicas"])
    async def test_a_topic_that_keeps_less_than_was_asked_for_is_refused(
        self, open_by: OpenBus, what: str
    ) -> None:
        topic = await _new_topic(await open_by("tls"))
        bus = await open_by("tls", **{f"kafka_{what}": 2})
        with pytest.raises(Misconfigured, match=f"{topic} has .* 1, ARREARS_KAFKA_{what.upper()}"):
            await bus.ensure_topics([topic])

    async def test_more_replicas_than_brokers_is_said_by_the_broker(self, open_by: OpenBus) -> None:
        bus = await open_by("tls", kafka_replication_factor=2)
        with pytest.raises(Transient, match=r"only 1 broker\(s\) are registered"):
            await _new_topic(bus)
