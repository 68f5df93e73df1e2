from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from triage_builders import small_catalogue

from connector.errors import ConfigurationError
from connector.intents import Catalogue
from connector.model import UNMAPPED
from connector.ports import Classifier
from connector.triage.features import Features, plain
from connector.triage.training import fit as bare_fit
from connector.triage.training import positions

SMALL = bare_fit(small_catalogue())


@given(st.lists(st.text(max_size=300), max_size=4))
def test_any_text_gets_probabilities_that_sum_to_one(texts: list[str]) -> None:
    found = SMALL.classify(texts)

    assert len(found) == len(texts)
    for item in found:
        assert math.isclose(sum(item.probabilities.values()), 1.0, abs_tol=1e-9)
        assert all(0.0 <= value <= 1.0 for value in item.probabilities.values())
        assert 0.0 <= item.out_of_scope <= 1.0


def test_the_classes_are_the_catalogue_and_unmapped(catalogue: Catalogue, classifier: Classifier) -> None:
    (found,) = classifier.classify(["where is my parcel?"])

    assert set(found.probabilities) == {*catalogue.intents, UNMAPPED}


def test_two_trainings_give_the_same_numbers() -> None:
    again = bare_fit(small_catalogue())
    texts = ["where is my parcel", "when are you open on Sunday", "charged twice!"]

    assert again.version == SMALL.version
    assert [item.probabilities for item in again.classify(texts)] == [
        item.probabilities for item in SMALL.classify(texts)
    ]


def test_a_text_is_read_the_same_alone_and_in_a_batch() -> None:
    alone = SMALL.classify(["when are you open"])[0].probabilities
    batch = SMALL.classify(["where is it", "when are you open", ""])[1].probabilities

    assert batch == pytest.approx(alone)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Where is my order 4711? When will it arrive?", "order_status"),
        ("Wo ist mein Paket, wann kommt es an?", "order_status"),
        ("Please send me a copy of the invoice for March.", "invoice_copy"),
        ("Können Sie mir die Rechnung noch einmal als PDF schicken?", "invoice_copy"),
        ("I forgot my password, where can I reset it?", "password_reset_link"),
        ("What are your opening hours on Saturday?", "contact_and_hours"),
        ("Quanto costa la spedizione in Svizzera?", "shipping_information"),
        ("Ich möchte mein Abo kündigen.", "subscription_cancellation"),
    ],
)
def test_plain_questions_are_understood(classifier: Classifier, text: str, intent: str) -> None:
    (found,) = classifier.classify([text])

    assert max(found.probabilities, key=lambda key: found.probabilities[key]) == intent


def test_what_looks_like_nothing_known_is_out_of_scope(classifier: Classifier) -> None:
    known, strange = classifier.classify(["Where is my parcel? When does it arrive?", "zxqv wpfk jjgh qqq"])

    assert strange.out_of_scope > 0.9
    assert known.out_of_scope < 0.3


def test_numbers_and_addresses_of_one_customer_teach_nothing() -> None:
    assert plain("Order #47903 for a.b@example.com") == plain("Order #11 for  c@example.org")


def test_translations_share_a_fold() -> None:
    examples = [("a", "en", "1"), ("a", "en", "2"), ("a", "de", "eins"), ("a", "de", "zwei"), ("b", "en", "x")]

    assert list(positions(examples)) == [0, 1, 0, 1, 0]


def test_examples_without_a_common_word_are_refused() -> None:
    with pytest.raises(ValueError, match="two examples"):
        Features.learnt(["one", "two"])
    bare = small_catalogue()
    lone = {key: replace(intent, examples={"en": (key,)}) for key, intent in bare.intents.items()}
    with pytest.raises(ConfigurationError, match="too few"):
        bare_fit(replace(bare, intents=lone, unmapped=replace(bare.unmapped, examples={"en": ("zzz",)})))


def test_importing_triage_does_not_load_the_learning_library() -> None:
    code = (
        "import sys, connector.triage; sys.exit(any(m.split('.')[0] in ('sklearn', 'py3langid') for m in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
