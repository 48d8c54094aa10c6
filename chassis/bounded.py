"""Settings of what HTTP clients may ask for at once; the table is docs/settings.md."""

from pydantic import Field
from pydantic_settings import BaseSettings


class Bounded(BaseSettings):
    """How much and how long; `chassis.settings.Settings` has these beside its own."""

    request_bytes_max: int = Field(
        default=1_048_576, ge=1024, description="size of an HTTP request body, at most"
    )
    head_seconds: float = Field(
        default=10.0, gt=0, description="how long an HTTP client may take over a request's headers"
    )
    body_seconds: float = Field(
        default=30.0, gt=0, description="how long an HTTP client may take over a request's body"
    )
    request_seconds: float = Field(
        default=120.0, gt=0, description="how long the answer to an HTTP request may take"
    )
    drain_seconds: float = Field(
        default=0.0,
        ge=0,
        le=300,
        description="how long HTTP requests are taken after SIGTERM, while /readyz says 503",
    )
    connections_max: int = Field(
        default=200, ge=10, le=10_000, description="HTTP connections per service, at most"
    )
    requests_max: int = Field(
        default=100, ge=1, le=10_000, description="HTTP requests at work at once per service"
    )
    token_rate: float = Field(
        default=200.0, ge=0, description="HTTP requests per second and token; 0: any number"
    )
    creditor_rate: float = Field(
        default=400.0, ge=0, description="HTTP requests per second and creditor; 0: any number"
    )
    intake_rate: float = Field(
        default=200.0,
        ge=0,
        description="HTTP requests with events per second and token; 0: any number",
    )
    intake_waiting_max: int = Field(
        default=100_000,
        ge=0,
        description="messages of a partition that wait to be read, beyond which the door of events "
        "answers 429; 0: any number",
    )
