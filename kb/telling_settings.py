"""The settings of what people are told and asked: the sections [questions] and [reports] of config.toml."""

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Questions(_Section):
    """When a question that nobody answers is brought up again, in days since somebody was asked."""

    remind_after_days: int = Field(2, ge=1, le=60)
    escalate_after_days: int = Field(5, ge=1, le=90)

    @field_validator("escalate_after_days")
    @classmethod
    def _later_than_the_reminder(cls, value: int, info: ValidationInfo) -> int:
        if value <= info.data.get("remind_after_days", 0):
            raise ValueError("must be more than remind_after_days")
        return value


class Reports(_Section):
    """What the weekly report measures against, and what its mails may carry."""

    trust_target: int = Field(90, ge=1, le=100)
    stale_target: int = Field(5, ge=1, le=100)
    reverify_goal_days: int = Field(5, ge=1, le=365)
    check_link_days: int = Field(14, ge=0, le=90)
