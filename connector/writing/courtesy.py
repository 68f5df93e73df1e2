"""Whether a sentence is a mere courtesy, the only kind that needs no source, or has to do with the sources it cites."""

from __future__ import annotations

import re

from connector.drafting.links import find_links
from connector.drafting.sentences import content_stems

LONGEST = 160

LEAST_SHARED = 0.25
"""Of the words with a meaning, so many at least stand in what a sentence cites: less is no paraphrase. Whether it says
the same is for the checks to find; this only keeps a citation from being a mere stamp.
"""

_WORDS = frozenset(
    content_stems(
        "thank thanks many writing message messages contacting reaching question questions request patience happy glad "
        "gladly help helping assist hope hopes helps helped anything else further please know let feel free sorry "
        "inconvenience understand understanding trouble apologise apologies wish wishes day great nice reply answer "
        "back welcome let's here's "
        "vielen dank danke herzlichen nachricht anfrage frage fragen geduld gern gerne helfen hilft hoffe hoffen "
        "weiter weiterhelfen weitere weiteren verfügung stehen jederzeit melden entschuldigung entschuldigen "
        "unannehmlichkeiten verständnis schönen tag wünschen freuen freut antwort rückfragen tut leid einfach"
    )
)


def is_courtesy(text: str) -> bool:
    """Whether every word with a meaning is a polite one; never with a number, a link or a name in capitals."""
    if len(text) > LONGEST or re.search(r"\d", text) or find_links(text):
        return False
    stems = content_stems(text)
    return bool(stems) and all(stem in _WORDS for stem in stems)


def rests_on(text: str, proof: str) -> bool:
    """Whether enough of the sentence's own words stand in the proof."""
    stems = [stem for stem in content_stems(text) if stem not in _WORDS]
    known = frozenset(content_stems(proof))
    return sum(stem in known for stem in stems) >= LEAST_SHARED * len(stems)
