"""`python -m connector` is the command `handrail`."""

from __future__ import annotations

from connector.cli import main

main()
