"""One account's documents in memory: what a search needs beside the ledger's index of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.knowledge.articles import Chunk
from connector.knowledge.bearing import Bearings, Place
from connector.knowledge.entries import article_of
from connector.knowledge.fitting import bearings_of
from connector.model import Document, Placed
from connector.ports import Documents

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The documents as they were at `revision`; `bearings` are by language.

    `matrix` has a row for each piece, `owners` says whose it is.
    """

    revision: int
    documents: Mapping[str, Document]
    chunks: Mapping[Place, Chunk]
    bearings: Mapping[str, Bearings]
    owners: tuple[Place, ...]
    matrix: npt.NDArray[np.float32] | None

    def nearness(self, question: npt.NDArray[np.float32]) -> Mapping[Place, float]:
        """How near each section is to the question's vectors: its nearest piece, 1 = the same."""
        if self.matrix is None:
            return {}
        near: dict[Place, float] = {}
        for place, value in zip(self.owners, (self.matrix @ question.T).max(axis=1).tolist(), strict=True):
            near[place] = max(value, near.get(place, -1.0))
        return near


def open_shelf(documents: Documents, account_id: str, encoder: str) -> Shelf:
    """Everything of the account; without vectors where `encoder` is empty."""
    revision = documents.revision(account_id)
    known = {document.id: document for document in documents.all(account_id)}
    articles = {identity: article_of(document) for identity, document in known.items()}
    chunks = {
        (section.document_id, section.position): Chunk(
            article=articles[section.document_id],
            position=section.position,
            heading=section.heading,
            text=section.text,
        )
        for section in documents.sections(account_id)
        if section.document_id in articles
    }
    owners, matrix = (
        _matrix([item for item in documents.placed(account_id, encoder) if _place(item) in chunks])
        if (encoder)
        else ((), None)
    )
    return Shelf(
        revision=revision,
        documents=known,
        chunks=chunks,
        bearings=bearings_of(chunks.values()),
        owners=owners,
        matrix=matrix,
    )


def _matrix(placed: Sequence[Placed]) -> tuple[tuple[Place, ...], npt.NDArray[np.float32] | None]:
    import numpy as np

    rows = [(item, np.frombuffer(item.vectors, dtype="<f4")) for item in placed if item.vectors]
    if not rows:
        return (), None
    # The first four bytes of a section's vectors say how long each of its rows is.
    width = int(rows[0][1][0])
    parts = [(item, row[1:].reshape(-1, width)) for item, row in rows]
    owners = tuple(_place(item) for item, part in parts for _ in part)
    return owners, np.vstack([part for _, part in parts])


def packed(vectors: npt.NDArray[np.float32]) -> bytes:
    """The rows of one section as bytes: their length first, then row after row."""
    import numpy as np

    return np.concatenate([np.asarray([vectors.shape[1]], dtype="<f4"), vectors.astype("<f4").ravel()]).tobytes()


def _place(item: Placed) -> Place:
    return item.document_id, item.position
