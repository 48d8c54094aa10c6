"""The rights that the example gives its users in Kafka are enough, and no more."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
import yaml
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest

from chassis.bus.base import Bus, Outgoing
from chassis.bus.kafka import KafkaBus
from chassis.errors import Misconfigured
from chassis.servers.kafka import LocalKafka, available
from contracts.registry import TOPICS
from tests.chassis.bus.suite import KEY, read
from tests.support.processes import ROOT, free_ports

pytestmark = pytest.mark.kafka

OpenBus = Callable[..., Awaitable[Bus]]
ALL_TOPICS = [*TOPICS, *(f"{topic}.dlq" for topic in TOPICS)]
PASSWORD = "correct-horse-7"
SERVICES, OPERATOR = "arrears", "arrears-admin"
# Kafka's numbers.
_RESOURCES = {"topic": 2, "group": 3, "cluster": 4}
_PATTERNS = {"literal": 3, "prefix": 4}
_OPERATIONS = {
    "Read": 3,
    "Write": 4,
    "Create": 5,
    "Delete": 6,
    "Alter": 7,
    "Describe": 8,
    "DescribeConfigs": 10,
    "IdempotentWrite": 12,
}
_ALLOW = 3
_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
# Who comes without a password is the test itself.
_LINES = """
listeners=CONTROLLER://127.0.0.1:{{controller_port}},PLAINTEXT://127.0.0.1:{{port}},{sasl}
advertised.listeners=PLAINTEXT://127.0.0.1:{{port}},{sasl}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config={login} required {users};
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


def _acls() -> Iterator[CreateAclsRequest]:
    """What the example's users may do, as Strimzi tells Kafka."""
    text = (ROOT / "deploy/examples/kafka.yaml").read_text(encoding="utf-8")
    for user in yaml.safe_load_all(text):
        if user["kind"] != "KafkaUser":
            continue
        for acl in user["spec"]["authorization"]["acls"]:
            on: dict[str, str] = acl["resource"]
            for operation in acl["operations"]:
                yield CreateAclsRequest(
                    _RESOURCES[on["type"]],
                    on.get("name", "kafka-cluster"),
                    _PATTERNS[on.get("patternType", "literal")],
                    f"User:{user['metadata']['name']}",
                    "*",
                    _OPERATIONS[operation],
                    _ALLOW,
                )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where the example's users log in at a broker that knows their rights."""
    if (reason := available()) is not None:
        pytest.skip(f"no Kafka here: {reason}")
    (port,) = free_ports(1)
    users = " ".join(f'user_{name}="{PASSWORD}"' for name in (SERVICES, OPERATOR))
    lines = _LINES.format(sasl=f"SASL://127.0.0.1:{port}", login=_LOGIN, users=users)
    async with LocalKafka(tmp_path_factory.mktemp("guarded"), more=lines) as bootstrap:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        for request in _acls():
            answer: Any = await admin._send_to_controller(request)
            assert [code for code, _ in answer.creation_responses] == [0]
        await admin.close()
        yield f"127.0.0.1:{port}"


@pytest.fixture
async def open_as(guarded: str) -> AsyncIterator[OpenBus]:
    """Opens a bus as a user."""
    async with AsyncExitStack() as exits:

        async def opened(user: str, partitions: int = 1) -> Bus:
            login = {
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "PLAIN",
                "sasl_plain_username": user,
                "sasl_plain_password": PASSWORD,
            }
            bus = KafkaBus(guarded, partitions, security=login)
            await bus.start()
            exits.push_async_callback(bus.stop)
            return bus

        yield opened


async def test_the_services_make_write_read_and_forget_but_do_not_grow(open_as: OpenBus) -> None:
    bus = await open_as(SERVICES)
    await bus.ensure_topics(ALL_TOPICS)
    await bus.publish([Outgoing("billing", 0, KEY, b"1"), Outgoing("billing.dlq", 0, KEY, b"2")])
    reader = await bus.reader({("billing", 0): 0})
    assert [each.value for each in await read(reader, 1)] == [b"1"]
    await reader.close()
    await bus.commit_info("arrears-ledger", {("billing", 0): 1})
    await bus.forget("billing", 0, KEY, 1, ["arrears-ledger"])
    assert (await bus.start_offsets(["billing"]))["billing", 0] == 1
    wider = await open_as(SERVICES, 2)
    with pytest.raises(Misconfigured, match="TopicAuthorizationFailed"):
        await wider.grow_topics(ALL_TOPICS)


async def test_the_operator_grows_topics_and_tells_the_new_partitions(open_as: OpenBus) -> None:
    await (await open_as(SERVICES)).ensure_topics(ALL_TOPICS)
    wider = await open_as(OPERATOR, 2)
    await wider.grow_topics(ALL_TOPICS)
    await wider.publish([Outgoing("dunning", 1, KEY, b"3")])
    assert (await wider.end_offsets(["dunning"]))["dunning", 1] == 1
