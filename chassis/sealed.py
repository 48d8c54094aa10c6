"""Settings of the key-encryption key; the table is docs/settings.md."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class Sealed(BaseSettings):
    """Where the key is that wraps all others; `chassis.settings.Settings` has these too."""

    kek: SecretStr | None = Field(
        default=None,
        description="key-encryption key, base64 of 32 bytes; absent: the file kek in data_dir, "
        "made where the store is new",
    )
    kek_next: SecretStr | None = Field(
        default=None,
        description="the key that `arrears keys rotate` brings in its place, in the same form; "
        "absent: the file kek.next in data_dir, if there is one",
    )
    kek_service: str | None = Field(
        default=None,
        description="an OpenBao (or Vault) that alone opens the two: the URL of a key of its "
        "transit engine, https://…/v1/transit/keys/NAME; kek and kek_next are then what "
        "`arrears keys wrap` prints",
    )
    kek_service_token: SecretStr | None = Field(
        default=None, description="with what it is asked: a token that may encrypt and decrypt"
    )
    kek_service_token_file: Path | None = Field(
        default=None, description="or the file it is in, read each time"
    )
    kek_service_ca_file: Path | None = Field(
        default=None, description="authorities that sign that server; absent: the system's"
    )
