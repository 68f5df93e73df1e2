"""The first seeds that find each mutant.

They mean the same run only as long as the simulation draws the same: after a change of the simulation, look for them
again (`python -m tests.simulation --mutants`). What a seed shows about the product becomes a test of its own.
"""

FOUND_AT: dict[str, int] = {
    "send, then record": 6,
    "record, then send": 0,
    "look, then send": 25,
    "a write without the stamp": 2,
    "the proof is read before the ticket": 1000,
    "an ambiguous reply is sent again": 5,
    "an id of its own for each attempt": 1,
    "no repair of twins": 7,
    "a repair that does not look at the reference": 10,
    "an unknown reply that nobody hears of": 2,
    "commits without the fence": 159,
    "a decision without the lease": 233,
    "a decision for each event": 0,
    "a claim that ends events it never read": 7,
    "no second look before the write": 0,
    "a read within the second counts as a fence": 477,
    "the kill switch is not asked at the write": 28,
    "caps are not counted at the write": 58,
    "everybody counts as verified": 0,
    "answered before it is stored": 1,
    "a signature that breaks the receiver": 3,
    "nobody polls": 7,
    "a cache of drafts by ticket number alone": 14,
    "credentials in a log line": 0,
    "first come, first served over all accounts": 2,
    "a receipt that can be changed": 0,
    "Retry-After is not kept": 3,
    "calls are counted and nothing follows from it": 2,
}
