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
    """Who calls the sidebar's API. `agent` is the agent's id where that is proved, else the name that was claimed."""

    vendor: str
    account_id: str
    agent: str
    level: Level

    @property
    def actor(self) -> str:
        """How the audit log names them; what is there is signed for good, so no name that was only claimed is in it."""
        return f"{self.vendor} agent {self.agent}" if self.level is Level.AGENT else f"{self.vendor} app"

    @property
    def who(self) -> str:
        """How everything else names them."""
        claimed = self.level is Level.INSTALLATION and self.agent
        return f"{self.actor}, claimed: {self.agent}" if claimed else self.actor


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLoad:
    """A page load that the helpdesk proved. `digest` tells its token from every other: it opens one page only."""

    agent_id: str
    installation_id: str
    digest: str
    expires_at: datetime
