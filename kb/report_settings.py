"""The settings of the weekly report; the section [reports] of config.toml."""

from pydantic import BaseModel, ConfigDict, Field


class Reports(BaseModel):
    """What the weekly report measures against, and what its mails may carry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trust_target: int = Field(90, ge=1, le=100)
    stale_target: int = Field(5, ge=1, le=100)
    reverify_goal_days: int = Field(5, ge=1, le=365)
    check_link_days: int = Field(14, ge=0, le=90)
