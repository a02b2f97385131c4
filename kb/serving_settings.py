"""The settings of who may reach the service and how often: the sections [server] and [api] of config.toml."""

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Section):
    """Where the service listens and how people reach it."""

    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(8000, ge=0, le=65535)
    public_url: str | None = Field(None, pattern=r"^https?://[^/\s?#]+$")
    threads: int = Field(8, ge=1, le=64)
    trusted_proxies: int = Field(0, ge=0, le=5)


class Api(_Section):
    """How much programs may ask of one process."""

    requests_per_minute: int = Field(600, ge=0, le=1_000_000)
