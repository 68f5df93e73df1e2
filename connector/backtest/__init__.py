"""What would have happened on the whole history, against what people really did [O1].

`moment` rebuilds the ticket of then, `comparison` asks the same functions as `handrail eval` and compares, `running`
drives it over the ledger, `summary` counts, `report` writes the page.
"""

from __future__ import annotations

from connector.backtest.comparison import compare
from connector.backtest.moment import before_reply
from connector.backtest.running import Run, run
from connector.backtest.summary import differences, summarise

__all__ = ["Run", "before_reply", "compare", "differences", "run", "summarise"]
