"""Settings of traces; the table is docs/settings.md."""

from pydantic import Field
from pydantic_settings import BaseSettings


class Traced(BaseSettings):
    """Where traces go; `chassis.settings.Settings` has these beside its own."""

    traces: str | None = Field(
        default=None,
        description="OpenTelemetry collector that gets traces (OTLP over HTTP), for example "
        "`http://localhost:4318`; absent: no traces",
    )
    trace_ratio: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="of the chains that begin here, how many are traced; who sends a "
        "`traceparent` decides that itself",
    )
