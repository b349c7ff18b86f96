"""A table of chartside.toml: nothing that is not known, and no value in what is said of a wrong one."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """The base of every table."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
