"""Masks personal data before any model call and puts it back into the draft [G3]; pure.

`mask` gives the texts with placeholders, `restore` the draft with the values. Cards, passwords, keys and one-time
codes are never restored.
"""

from connector.masking.kinds import OPTIONAL, SECRET, Kind, Masking, masking_for
from connector.masking.masked import Masked, Value, find_spans, mask
from connector.masking.restoration import Restored, restore
from connector.masking.spans import Span

__all__ = [
    "OPTIONAL",
    "SECRET",
    "Kind",
    "Masked",
    "Masking",
    "Restored",
    "Span",
    "Value",
    "find_spans",
    "mask",
    "masking_for",
    "restore",
]
