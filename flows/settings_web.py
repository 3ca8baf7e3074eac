"""The settings of the review room."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt


class OidcSettings(BaseModel):
    """The OpenID provider by which people sign in; no issuer: by passwords alone.

    `secret` names the secret of the client; `name` is how the sign-in page calls the provider.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = ""
    client_id: str = ""
    secret: str = "oidc"
    name: Annotated[str, Field(min_length=1)] = "your organisation"


class WebSettings(BaseModel):
    """Where `homeround serve` listens, where people's decisions are kept, and how long a sign-in lasts.

    `processes` share the port and what was read of the history: making a page keeps one core busy.
    `store` is a file, or secret:NAME for the address of a PostgreSQL database that the secret NAME holds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    processes: Annotated[int, Field(ge=1, le=64)] = 2
    store: Annotated[str, Field(min_length=1)] = "var/room/room.db"
    idle_minutes: PositiveInt = 20
    absolute_hours: PositiveInt = 10
    allowed_hosts: tuple[str, ...] = ()
    oidc: OidcSettings = OidcSettings()
