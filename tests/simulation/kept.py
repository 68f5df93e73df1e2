"""The first seeds that find each mutant.

They mean the same run only as long as the simulation draws the same: after a change of the simulation, look for them
again (`python -m tests.simulation --mutants`). What a seed shows about the product becomes a test of its own.
"""

FOUND_AT: dict[str, int] = {
    "send, then record": 2,
    "record, then send": 0,
    "look, then send": 2,
    "a write without the stamp": 2,
    "the proof is read before the ticket": 2,
    "an ambiguous reply is sent again": 2,
    "an id of its own for each attempt": 2,
    "no repair of twins": 391,
    "a repair that does not look at the reference": 5,
    "an unknown reply that nobody hears of": 5,
    "commits without the fence": 298,
    "a decision without the lease": 99,
    "a decision for each event": 0,
    "a claim that ends events it never read": 10,
    "no second look before the write": 5,
    "a read within the second counts as a fence": 6,
    "the kill switch is not asked at the write": 28,
    "what the kill switch kept silent stays silent": 9,
    "caps are not counted at the write": 53,
    "everybody counts as verified": 2,
    "answered before it is stored": 17,
    "a signature that breaks the receiver": 1,
    "nobody polls": 10,
    "a cache of drafts by ticket number alone": 6,
    "credentials in a log line": 0,
    "first come, first served over all accounts": 2,
    "a receipt that can be changed": 0,
    "Retry-After is not kept": 3,
    "calls are counted and nothing follows from it": 2,
}
