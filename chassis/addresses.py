"""Settings of where the services listen and are called; the table is docs/settings.md."""

from pydantic import Field
from pydantic_settings import BaseSettings


class Addresses(BaseSettings):
    """Hosts, ports and URLs; `chassis.settings.Settings` has these beside its own."""

    host: str = Field(default="127.0.0.1", description="address the APIs listen on")
    ledger_port: int = Field(default=8001, ge=0, le=65535, description="port of the ledger's API")
    dunning_port: int = Field(default=8002, ge=0, le=65535, description="port of dunning's API")
    notifier_port: int = Field(
        default=8003, ge=0, le=65535, description="port of the notifier's API"
    )
    legal_port: int = Field(default=8004, ge=0, le=65535, description="port of legal's API")
    operations_host: str = Field(
        default="127.0.0.1",
        description="address on which metrics, readiness and the API's document are told to whom "
        "no token is asked for",
    )
    ledger_operations_port: int = Field(
        default=9001, ge=0, le=65535, description="port of the ledger's metrics and document"
    )
    dunning_operations_port: int = Field(
        default=9002, ge=0, le=65535, description="port of dunning's metrics and document"
    )
    notifier_operations_port: int = Field(
        default=9003, ge=0, le=65535, description="port of the notifier's metrics and document"
    )
    legal_operations_port: int = Field(
        default=9004, ge=0, le=65535, description="port of legal's metrics and document"
    )
    ledger_url: str | None = Field(
        default=None, description="where others call the ledger's API; absent: host and ledger_port"
    )
    dunning_url: str | None = Field(
        default=None, description="where others call dunning's API; absent: host and dunning_port"
    )
    notifier_url: str | None = Field(
        default=None,
        description="where others call the notifier's API; absent: host and notifier_port",
    )
    legal_url: str | None = Field(
        default=None, description="where others call legal's API; absent: host and legal_port"
    )
