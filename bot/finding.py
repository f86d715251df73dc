"""What a doctor finds: how something is, and what to do where it is not well."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    well: bool
    what: str
    remedy: str = ""
