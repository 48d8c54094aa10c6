"""`arrears token`: a token of the development key."""

from datetime import timedelta
from typing import Annotated

import typer

from arrears.errors import UsageError


def token(
    role: Annotated[list[str], typer.Option(help="What the caller may do; may be given twice.")],
    creditor: Annotated[
        list[str] | None, typer.Option(help="Creditor the token covers; all when left out.")
    ] = None,
    subject: Annotated[str, typer.Option(help="Who is calling.")] = "developer",
    hours: Annotated[int, typer.Option(min=1, max=8760, help="How long it is valid.")] = 12,
) -> None:
    """Print a token for services that `arrears up` or `serve` runs, by the development key."""
    from chassis.http.auth import ROLES
    from chassis.http.dev_keys import mint_token
    from chassis.settings import Settings

    unknown = [name for name in role if name not in ROLES]
    if unknown:
        raise UsageError(f"no role is called '{unknown[0]}'; there are: {', '.join(sorted(ROLES))}")
    settings = Settings()
    if hours * 3600 > settings.token_seconds_max:
        raise UsageError(
            f"a token is valid for {settings.token_seconds_max} seconds at most, else it is "
            "refused: ask for fewer hours, or set ARREARS_TOKEN_SECONDS_MAX for the services too"
        )
    typer.echo(
        mint_token(
            settings.data_dir,
            role,
            creditor or ("*",),
            subject,
            timedelta(hours=hours),
            issuer=settings.issuer,
            audience=settings.audience,
        )
    )
