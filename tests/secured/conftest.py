from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from chassis.servers.kafka import available
from tests.secured.brokers import SecuredKafka, TokenServer, token_server
from tests.secured.servers import SecuredPostgres, programs, secured_postgres
from tests.support.certificates import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs what the servers show."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody trusts."""
    return Authority(tmp_path_factory.mktemp("stranger"), "Stranger")


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[TokenServer]:
    with token_server(tmp_path_factory.mktemp("tokens"), authority) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, tokens: TokenServer
) -> AsyncIterator[SecuredKafka]:
    """One broker for all that is tested of secured connections."""
    if (reason := available()) is not None:
        pytest.skip(f"no Kafka here: {reason}")
    kafka = SecuredKafka(tmp_path_factory.mktemp("kafka"), authority, tokens.jwks)
    async with kafka:
        yield kafka


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> AsyncIterator[SecuredPostgres]:
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL with TLS here (install postgresql)")
    folder = tmp_path_factory.mktemp("postgres-tls")
    async with secured_postgres(folder, found, authority) as server:
        yield server
