"""A part of the machine that tests need: where it's missing they skip and say why, or fail where it is required."""

import os
from pathlib import Path

import pytest


def require(part: Path | None, *, reason: str, required_by: str) -> Path:
    """`required_by` names the environment variable that CI sets to 1, so that nothing is skipped there."""
    if part:
        return part
    if os.environ.get(required_by) == "1":
        pytest.fail(f"{reason}, and {required_by}=1", pytrace=False)
    pytest.skip(reason)
