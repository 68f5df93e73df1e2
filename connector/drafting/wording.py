"""Greeting, signature and the line that says a reply is automatic [H4], in the customer's language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from connector.drafting.commitments import find_admission, find_promise
from connector.model import AccountConfig, Requester

DISCLOSURE: Mapping[str, str] = {
    "en": "This reply was written automatically. If you would rather hear from a person, just answer this "
    "message with the word “person” and our team will take over.",
    "de": "Diese Antwort wurde automatisch erstellt. Wenn Sie lieber mit einem Menschen sprechen möchten, "
    "antworten Sie einfach mit dem Wort „Mensch“, dann übernimmt unser Team.",
}
"""Used where an account has no wording of its own: the line can be edited but not removed."""

GREETING: Mapping[str, str] = {"en": "Hello [name],", "de": "Guten Tag [name],"}
SIGNATURE: Mapping[str, str] = {"en": "Kind regards\n[company]", "de": "Freundliche Grüße\n[company]"}

# A name is the customer's own text. Only what looks like one to four plain words is repeated, so that a
# reply cannot be made to carry somebody's advertisement.
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['’]){0,19}(?:[ -][^\W\d_](?:[^\W\d_]|['’]){0,19}){0,3}")
# Nor a decision of ours that nobody took: "Full Refund Approved" is spelt like a name.
_NO_NAME = re.compile(
    r"\b(?:refund|reimburs|repay|repaid|approv|grant(?:ed|ing)|guarant|warrant|compensat|credit|discount|voucher|coupon|"
    r"confirm|cancel|accept|authori[sz]|promis|entitl|liab|waive|payment|payout|replacement|invoice|"
    r"erstatt|rückerstatt|rueckerstatt|genehmig|kostenlos|kostenfrei|gratis|garant|gutschr|gutschein|rabatt|bewillig|"
    r"bestätig|bestaetig|entschädig|entschaedig|zugesagt|versproch|storn|haftung|zahlung|rückzahl|rueckzahl|ersatz|"
    r"rembours|reembols|rimbors|terugbeta|zwrot|gratuit)\w*|\b(?:free|yes|paid|bezahlt|money|geld)\b",
    re.IGNORECASE,
)


def disclosure_line(config: AccountConfig, language: str) -> str:
    """The account's disclosure, else the built-in one; empty only for a language that has neither."""
    return config.disclosure.get(language, "").strip() or DISCLOSURE.get(language, "")


def without_disclosure(text: str, config: AccountConfig, language: str) -> str:
    """The text as a person sends it: without the line that calls it automatic."""
    line = disclosure_line(config, language)
    stripped = text.rstrip()
    return stripped.removesuffix(line).rstrip() if line else stripped


def greeting_line(config: AccountConfig, requester: Requester, language: str) -> str:
    """The first line of a reply, with the name where it is safe to repeat."""
    pattern = config.greeting.get(language, "").strip() or GREETING.get(language, "")
    name = safe_name(requester.name)
    return pattern.replace("[name]", name) if name else re.sub(r" ?\[name\]", "", pattern)


def signature_lines(config: AccountConfig, language: str) -> str:
    """The closing of a reply."""
    pattern = config.signature.get(language, "").strip() or SIGNATURE.get(language, "")
    return pattern.replace("[company]", config.company)


def safe_name(name: str) -> str:
    """The requester's name if it is plainly one, else nothing."""
    name = " ".join(name.split())
    if len(name) > 40 or not _NAME.fullmatch(name) or name != name.strip() or _says_something(name):
        return ""
    return name if all(word[0].isupper() for word in re.split(r"[ -]", name)) else ""


def _says_something(name: str) -> bool:
    """Whether it promises, admits or decides something, also in borrowed letters: a word has one script."""
    plain = unicodedata.normalize("NFKC", name)
    mixed = any(
        len({unicodedata.name(char, "?").partition(" ")[0] for char in word if char.isalpha()}) > 1
        for word in re.split(r"[ '’-]", plain)
    )
    bare = "".join(char for char in unicodedata.normalize("NFD", plain) if not unicodedata.combining(char))
    return mixed or any(
        find_promise(text) or find_admission(text) or _NO_NAME.search(text)
        for text in (plain, bare, re.sub("['’-]", "", bare))
    )
