"""How well tickets are read, decided and drafted, measured on labelled tickets without any helpdesk."""

from __future__ import annotations

from connector.evaluation.dataset import Labelled, read_rows
from connector.evaluation.measures import measure
from connector.evaluation.runner import Workbench, evaluate

__all__ = ["Labelled", "Workbench", "evaluate", "measure", "read_rows"]
