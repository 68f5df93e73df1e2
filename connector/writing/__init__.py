"""What a language model writes and reads for us [G2, T3]: prompts, replies, the second opinion. No I/O but the model's.

Nothing here decides. A reply is a proposal that `drafting.finish` judges; an opinion can only make a decision stricter.
"""

from __future__ import annotations

from connector.writing.authorship import drafted_by, goes_out, named_author
from connector.writing.cards import BetterLines, CardWriter, may_be_asked
from connector.writing.desk import Desk, Drafted, Material
from connector.writing.drafter import ModelDrafter
from connector.writing.opinion import ModelReader, Opinion, Reader, read_again, stricter, without_opinion
from connector.writing.prompts import CARD, OPINION, REPLY, PromptFile, Prompts, parse_prompts

__all__ = [
    "CARD",
    "OPINION",
    "REPLY",
    "BetterLines",
    "CardWriter",
    "Desk",
    "Drafted",
    "Material",
    "ModelDrafter",
    "ModelReader",
    "Opinion",
    "PromptFile",
    "Prompts",
    "Reader",
    "drafted_by",
    "goes_out",
    "may_be_asked",
    "named_author",
    "parse_prompts",
    "read_again",
    "stricter",
    "without_opinion",
]
