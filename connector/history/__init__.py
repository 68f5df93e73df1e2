"""The past of an account: imported from its helpdesk, resumable, within the rate budget [O1]."""

from __future__ import annotations

from connector.history.importer import Importer, Progress

__all__ = ["Importer", "Progress"]
