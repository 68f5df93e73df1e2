"""The team's own sources: Markdown articles, cut at their headings and searched locally [G1]."""

from __future__ import annotations

from connector.knowledge.articles import Article, Chunk, chunks, parse_article
from connector.knowledge.folder import FolderKnowledge

__all__ = ["Article", "Chunk", "FolderKnowledge", "chunks", "parse_article"]
