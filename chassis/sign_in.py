"""Settings of whose tokens the APIs accept; the table is docs/settings.md."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

ISSUER = "arrears-development"
"""Who issues the tokens of the development key."""


class SignIn(BaseSettings):
    """Keys, issuer and lifetimes; `chassis.settings.Settings` has these beside its own."""

    oidc_issuer: str | None = Field(
        default=None,
        description="identity provider that a token must name as its issuer, and whose keys are "
        "found by OpenID Connect's discovery",
    )
    jwks_url: str | None = Field(
        default=None,
        description="or where the provider publishes its keys, without discovery",
    )
    jwks_file: Path | None = Field(
        default=None,
        description="or a file with those keys; absent, and neither of the two: the development "
        "key in data_dir, on loopback alone",
    )
    jwks_seconds: float = Field(
        default=300.0,
        ge=1,
        le=86_400,
        description="how long loaded keys count before they are loaded again, at most; the "
        "provider's Cache-Control may say less, down to 30 seconds",
    )
    jwks_stale_seconds: float = Field(
        default=86_400.0,
        ge=0,
        le=2_592_000,
        description="how much longer the last good ones count while the provider does not answer",
    )
    issuer: str = Field(
        default=ISSUER,
        description="issuer a token must name; with oidc_issuer that one, and not to be given",
    )
    audience: str = Field(default="arrears", min_length=1, description="audience a token must name")
    token_seconds_max: int = Field(
        default=43_200,
        ge=60,
        le=31_622_400,
        description="how long a token may be valid in all (`exp` less `iat`); one made for longer "
        "is refused",
    )

    @property
    def token_issuer(self) -> str:
        """The issuer a token must name."""
        return self.oidc_issuer or self.issuer

    @property
    def trusts_development_key(self) -> bool:
        """Whether no provider is named, so that the development key signs."""
        return self.oidc_issuer is None and self.jwks_url is None and self.jwks_file is None
