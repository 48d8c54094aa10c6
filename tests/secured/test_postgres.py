"""PostgreSQL over TLS: verified everywhere, and what is said when it cannot be."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from chassis import postgres as way
from chassis.bus.base import Outgoing
from chassis.bus.embedded import EmbeddedBus
from chassis.bus.embedded_schema import lay_out
from chassis.clock import WallClock
from chassis.errors import Misconfigured
from chassis.runtime.instance import Instance
from chassis.settings import Settings
from chassis.store.migrate import migrate
from tests.chassis.bus.suite import KEY, read
from tests.chassis.toy import blueprint
from tests.secured.servers import BY_CERTIFICATE, PASSWORD, USER, SecuredPostgres
from tests.support.certificates import Authority

_IS_SECURED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
_END_SESSIONS = "select pg_terminate_backend(pid) from pg_stat_activity where usename = $1"
_ALL_SECURED = (
    "select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where usename = $1"
)


async def _admin(postgres: SecuredPostgres, statement: str, *values: Any) -> None:
    connection = await asyncpg.connect(postgres.admin)
    await connection.execute(statement, *values)
    await connection.close()


async def test_the_server_is_verified_and_we_are_by_password(postgres: SecuredPostgres) -> None:
    connection = await way.connect(postgres.url())
    assert await connection.fetchval(_IS_SECURED)
    await connection.close()


async def test_a_certificate_lets_us_in_without_a_password(
    postgres: SecuredPostgres, authority: Authority
) -> None:
    ours = authority.sign(BY_CERTIFICATE)
    url = postgres.url(BY_CERTIFICATE, sslcert=ours.cert, sslkey=ours.key)
    connection = await way.connect(url)
    assert await connection.fetchval("select current_user") == BY_CERTIFICATE
    await connection.close()


async def test_the_environment_says_what_the_url_leaves_open(
    postgres: SecuredPostgres, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(authority.ca))
    url = postgres.url().partition("?")[0]
    way.require_verified(url.replace("localhost", "db.example"), ())
    connection = await way.connect(url)
    assert await connection.fetchval(_IS_SECURED)
    await connection.close()


CLOSED: Mapping[str, str] = {
    "strange authority": "a certificate that is not accepted: self-signed certificate",
    "other name": "a certificate that is not accepted: .*not valid for '127.0.0.1'",
    "wrong password": "does not let us in: password authentication failed",
    "no certificate": "does not let us in: connection requires a valid client certificate",
    "somebody else's certificate": "does not let us in: certificate authentication failed",
    "no TLS": "does not let us in: no pg_hba.conf entry .* no encryption",
    "no database": "does not let us in: database .* does not exist",
    "nobody there": "does not answer",
}


@pytest.fixture
def closed(
    postgres: SecuredPostgres, authority: Authority, stranger: Authority
) -> Mapping[str, str]:
    theirs = authority.sign("somebody-else")
    return {
        "strange authority": postgres.url(sslrootcert=stranger.ca),
        "other name": postgres.url(host="127.0.0.1"),
        "wrong password": postgres.url(f"{USER}:wrong"),
        "no certificate": postgres.url(BY_CERTIFICATE),
        "somebody else's certificate": postgres.url(
            BY_CERTIFICATE, sslcert=theirs.cert, sslkey=theirs.key
        ),
        "no TLS": postgres.url(sslmode="disable"),
        "no database": postgres.url().replace("/collections?", "/nothing?"),
        "nobody there": postgres.url().replace(f":{postgres.port}/", ":1/"),
    }


@pytest.mark.parametrize("case", CLOSED)
async def test_what_keeps_us_out_is_said_with_the_host(
    case: str, closed: Mapping[str, str]
) -> None:
    host = "127.0.0.1" if case == "other name" else "localhost"
    with pytest.raises(way.Unreachable, match=f"PostgreSQL on {host} .*{CLOSED[case]}"):
        await way.connect(closed[case])


async def test_a_file_that_is_not_there_is_named(postgres: SecuredPostgres) -> None:
    with pytest.raises(Misconfigured, match="there is no /nowhere, which sslrootcert names"):
        way.require_verified(postgres.url(sslrootcert="/nowhere"), ())


class TestService:
    @pytest.fixture
    async def toy(self, postgres: SecuredPostgres, tmp_path: Path) -> AsyncIterator[Any]:
        url = postgres.url()
        service = blueprint()
        await migrate(url, service.name, service.migrations)
        await lay_out(url)
        bus = EmbeddedBus(url)
        await bus.start()
        settings = Settings(data_dir=tmp_path, kek=SecretStr(b64encode(bytes(32)).decode()))
        toy = await Instance.open(service, settings, clock=WallClock(), bus=bus, dsn=url)
        await toy.start()
        yield toy
        await _admin(postgres, f"alter role {USER} password '{PASSWORD}'")
        await toy.stop()
        await bus.stop()

    async def test_all_its_connections_are_secured(
        self, toy: Instance, postgres: SecuredPostgres
    ) -> None:
        topic = toy.blueprint.writes[0]
        await toy.bus.publish([Outgoing(topic, 0, KEY, b"1")])
        reader = await toy.bus.reader({(topic, 0): 0})
        await read(reader, 1)
        await reader.close()
        connection = await asyncpg.connect(postgres.admin)
        assert await connection.fetchval(_ALL_SECURED, USER)
        await connection.close()

    async def test_a_password_changed_under_it_shows_in_its_readiness(
        self, toy: Instance, postgres: SecuredPostgres
    ) -> None:
        await _admin(postgres, f"alter role {USER} password 'another'")
        await _admin(postgres, _END_SESSIONS, USER)
        said = ""
        transport = httpx.ASGITransport(app=toy.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
            # at first it is a connection that was lost, then one that is not had again
            while "does not let us in" not in said:
                answer = await client.get("/readyz")
                assert answer.status_code == 503
                said = answer.json()["detail"]
        assert "PostgreSQL on localhost does not let us in: password authentication failed" in said
