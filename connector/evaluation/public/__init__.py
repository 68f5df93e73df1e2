"""Figures on published data sets, read where they lie: nothing of them is kept in the project.

Each module measures one set, with whatever classifier, rules or masking it is given: the product's own.
"""

from __future__ import annotations

from connector.evaluation.public.banking77 import measure_banking77
from connector.evaluation.public.bipia import measure_bipia
from connector.evaluation.public.clinc150 import measure_clinc150
from connector.evaluation.public.notinject import measure_notinject
from connector.evaluation.public.reading import PublicSets, read_public

__all__ = [
    "PublicSets",
    "measure_banking77",
    "measure_bipia",
    "measure_clinc150",
    "measure_notinject",
    "read_public",
]
