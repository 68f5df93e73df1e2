"""Who uses a sidebar, and how much of that is proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """What the helpdesk vouches for."""

    AGENT = "agent"  # this agent (a signed page load)
    INSTALLATION = "installation"  # our app in this account; the agent is the browser's word


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The caller of the sidebar's API. `agent` is the agent's id where that is proved, else the name that was claimed."""

    vendor: str
    account_id: str
    agent: str
    level: Level

    @property
    def actor(self) -> str:
        """How the audit log names them."""
        if self.level is Level.AGENT:
            return f"{self.vendor} agent {self.agent}"
        return f"{self.vendor} app, claimed {self.agent}" if self.agent else f"{self.vendor} app"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLoad:
    """A page load that the helpdesk proved. `digest` tells its token from every other: it opens one page only."""

    agent_id: str
    installation_id: str
    digest: str
    expires_at: datetime
