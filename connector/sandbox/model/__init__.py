"""A scripted language model behind an OpenAI-compatible address: one that answers well, and each way to fail.

It understands no language; it picks sentences. `python -m connector.sandbox.model` runs it alone.
"""

from connector.sandbox.model.answers import HUGE, MODEL, MODES, RETRY_AFTER_SECONDS
from connector.sandbox.model.server import ModelServer

__all__ = ["HUGE", "MODEL", "MODES", "RETRY_AFTER_SECONDS", "ModelServer"]
