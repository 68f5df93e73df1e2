"""The team's own sources, cut at their headings and searched locally: a folder, and what the ledger keeps [G1]."""

from __future__ import annotations

from connector.knowledge.articles import Article, Chunk, chunks, parse_article
from connector.knowledge.entries import document_of, entry_of
from connector.knowledge.folder import FolderKnowledge
from connector.knowledge.ledgered import LedgerKnowledge
from connector.knowledge.merged import MergedKnowledge

__all__ = [
    "Article",
    "Chunk",
    "FolderKnowledge",
    "LedgerKnowledge",
    "MergedKnowledge",
    "chunks",
    "document_of",
    "entry_of",
    "parse_article",
]
