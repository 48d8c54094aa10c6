"""What an operator can set, read from the environment once and passed in; the table is
docs/settings.md.
"""

import os
import socket
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.addresses import Addresses
from chassis.bounded import Bounded
from chassis.errors import Misconfigured
from chassis.owners import Owners
from chassis.plaintext import require_https
from chassis.sealed import Sealed
from chassis.secured import Secured
from chassis.sign_in import SignIn
from chassis.tracing.settings import Traced

ServiceName = Literal["ledger", "dunning", "notifier", "legal"]
SERVICES: tuple[ServiceName, ...] = ("ledger", "dunning", "notifier", "legal")


_KEK_FILE, _KEK_NEXT_FILE = "kek", "kek.next"


def service_named(name: str) -> ServiceName:
    """The service of a name; raises `Misconfigured` for a name that is none."""
    for known in SERVICES:
        if name == known:
            return known
    raise Misconfigured(f"no service is called {name!r}; there are: {', '.join(SERVICES)}")


def _default_instance() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


class Settings(Addresses, Bounded, Owners, Sealed, Secured, SignIn, Traced):
    """Settings every service shares; the environment variable is the name in capitals after
    ARREARS_.
    """

    model_config = SettingsConfigDict(env_prefix="ARREARS_", extra="ignore", frozen=True)

    database_url: str | None = Field(
        default=None,
        description="PostgreSQL to use; absent: the server that comes along, in data_dir",
    )
    ledger_database_url: str | None = Field(
        default=None, description="PostgreSQL of the ledger; absent: database_url"
    )
    dunning_database_url: str | None = Field(
        default=None, description="PostgreSQL of dunning; absent: database_url"
    )
    notifier_database_url: str | None = Field(
        default=None, description="PostgreSQL of the notifier; absent: database_url"
    )
    legal_database_url: str | None = Field(
        default=None, description="PostgreSQL of legal; absent: database_url"
    )
    bus_database_url: str | None = Field(
        default=None,
        description="PostgreSQL of the embedded bus; absent: database_url, which will do while no "
        "service has another",
    )
    bus: Literal["embedded", "kafka"] = Field(
        default="embedded", description="where messages travel: a log in PostgreSQL, or Kafka"
    )
    kafka_bootstrap: str = Field(
        default="127.0.0.1:9092", description="brokers, host:port separated by commas"
    )
    partitions: int = Field(
        default=4,
        ge=1,
        le=1024,
        description="partitions of every topic; `arrears partitions` adds some",
    )
    data_dir: Path = Field(
        default=Path("data"), description="folder of the embedded store, keys and outboxes"
    )
    fonts: Path | None = Field(
        default=None,
        description="folder of the fonts that papers are set in; absent: where Debian's "
        "fonts-noto-cjk has them",
    )
    token: SecretStr | None = Field(
        default=None,
        description="with what commands call the APIs of running services; absent: a token of the "
        "development key",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="what is less important is not logged"
    )
    lease_seconds: float = Field(
        default=15.0, gt=0, description="how long an instance owns a lane without renewing"
    )
    stall_seconds: float = Field(
        default=60.0,
        gt=0,
        description="after how long a lane that has work and does not move is an alarm",
    )
    batch_size: int = Field(
        default=5_000,
        ge=1,
        le=10_000,
        description="messages per lane and transaction, at most; from 500 on it grows up to this "
        "while more waits and a batch takes less than a second",
    )
    relay_batch_size: int = Field(
        default=500, ge=1, le=10_000, description="events published per lane and round, at most"
    )
    wake_batch_size: int = Field(
        default=200, ge=1, le=10_000, description="wake-ups per lane and transaction, at most"
    )
    pool_size: int = Field(
        default=8,
        ge=2,
        le=100,
        description="PostgreSQL connections per service, at most, beside one that listens",
    )
    erasure_hours: int = Field(
        default=72,
        ge=1,
        le=8760,
        description="how long an erasure asked for on the bus waits for a person's confirmation",
    )
    erasures_file: Path | None = Field(
        default=None,
        description="file in which the ledger notes who was erased, for `arrears restore`; absent: "
        "erasures in data_dir; better on another disk than the stores",
    )
    access_days: int = Field(
        default=1_095,
        ge=30,
        le=36_500,
        description="how long it is recorded who was shown personal data",
    )
    metrics_creditors: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="how many creditors the metrics name, the others are `other`; /metrics asks "
        "for no token: name them where Prometheus alone can reach it",
    )
    instance: str = Field(
        default_factory=_default_instance,
        description="name of this process among its like; default: host name and process id",
    )

    def port(self, service: str) -> int:
        """The port of one service's API; raises `Misconfigured` for a name that is none."""
        ports = {
            "ledger": self.ledger_port,
            "dunning": self.dunning_port,
            "notifier": self.notifier_port,
            "legal": self.legal_port,
        }
        return ports[service_named(service)]

    def operations_port(self, service: str) -> int:
        """The port of one service's metrics and document; raises `Misconfigured` as `port`."""
        ports = {
            "ledger": self.ledger_operations_port,
            "dunning": self.dunning_operations_port,
            "notifier": self.notifier_operations_port,
            "legal": self.legal_operations_port,
        }
        return ports[service_named(service)]

    def url_of(self, service: ServiceName) -> str:
        """Where commands and other services call one service's API.

        Raises `Misconfigured` where a caller's token would go to another host in plain text.
        """
        urls = {
            "ledger": self.ledger_url,
            "dunning": self.dunning_url,
            "notifier": self.notifier_url,
            "legal": self.legal_url,
        }
        host = f"[{self.host}]" if ":" in self.host else self.host
        url = urls[service] or f"http://{host}:{self.port(service)}"
        require_https(self.plaintext, "apis", url, f"ARREARS_{service.upper()}_URL")
        return url

    def database_of(self, service: ServiceName) -> str | None:
        """The DSN of one service's store; None for the server that comes along."""
        return self._own_databases()[service] or self.database_url

    def bus_database(self) -> str | None:
        """The DSN of the embedded bus; None for the server that comes along.

        Raises `Misconfigured` when services have databases of their own and the bus, which all of
        them must share, is not named.
        """
        own = [name for name, url in self._own_databases().items() if url]
        if own and not self.bus_database_url:
            raise Misconfigured(
                f"ARREARS_{own[0].upper()}_DATABASE_URL gives {own[0]} a database of its own: name "
                "the one of the embedded bus, which all services share, in "
                "ARREARS_BUS_DATABASE_URL (or let messages travel on Kafka: ARREARS_BUS=kafka)"
            )
        return self.bus_database_url or self.database_url

    def without_databases(self) -> Self:
        """The same with no PostgreSQL named: for simulations, which empty tables."""
        named = [name for name in type(self).model_fields if name.endswith("database_url")]
        return self.model_copy(update=dict.fromkeys(named))

    def _own_databases(self) -> dict[ServiceName, str | None]:
        return {
            "ledger": self.ledger_database_url,
            "dunning": self.dunning_database_url,
            "notifier": self.notifier_database_url,
            "legal": self.legal_database_url,
        }

    @property
    def kek_file(self) -> Path:
        """Where the key-encryption key is kept when `kek` does not give it."""
        return self.data_dir / _KEK_FILE

    @field_validator("*", mode="before")
    @classmethod
    def _names_a_place(cls, given: object, about: ValidationInfo) -> object:
        """A blank path would be the folder that the process happens to be in."""
        kind = cls.model_fields[about.field_name or ""].annotation
        if Path in (kind, *get_args(kind)) and isinstance(given, str) and not given.strip():
            raise ValueError("is blank: name a place, or leave the setting out")
        return given

    @property
    def kek_source(self) -> str:
        """What names the key-encryption key, for people."""
        return "ARREARS_KEK" if self.kek is not None else str(self.kek_file)

    @property
    def erasures(self) -> Path:
        """The file in which it is noted who was erased."""
        return self.erasures_file or self.data_dir / "erasures"

    @property
    def kek_next_file(self) -> Path:
        """Where the key that is to follow is kept when `kek_next` does not give it."""
        return self.data_dir / _KEK_NEXT_FILE
