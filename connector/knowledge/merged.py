"""A folder of the installation and the account's own documents as one source."""

from __future__ import annotations

from connector.knowledge.fitting import MAX_PASSAGES
from connector.knowledge.folder import FolderKnowledge
from connector.knowledge.ledgered import LedgerKnowledge
from connector.model import Source


class MergedKnowledge:
    """Implements `ports.Knowledge`: the folder first where it was written for the intent, else the account's own."""

    def __init__(self, folder: FolderKnowledge, own: LedgerKnowledge) -> None:
        self._folder = folder
        self._own = own

    def passages(
        self, account_id: str, *, intent: str, text: str, language: str, brand: str = ""
    ) -> tuple[Source, ...]:
        """The best passages of both, best first; of an account without documents, those of the folder."""
        filed = self._folder.passages(account_id, intent=intent, text=text, language=language, brand=brand)
        own = self._own.passages(account_id, intent=intent, text=text, language=language, brand=brand)
        if filed:
            own = tuple(source for source in own if not source.past)
        if not own or (filed and self._folder.is_written_for(filed[0].id, intent)):
            return (*filed, *own)[:MAX_PASSAGES]
        return (*own, *filed)[:MAX_PASSAGES]
