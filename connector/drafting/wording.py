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

DISCLOSURE_FRIENDLY: Mapping[str, str] = {
    "de": "Diese Antwort wurde automatisch erstellt. Wenn du lieber mit einem Menschen sprechen möchtest, "
    "antworte einfach mit dem Wort „Mensch“, dann übernimmt unser Team.",
}
"""The same for a team that is on first-name terms with its customers."""

GREETING: Mapping[str, str] = {"en": "Hello [name],", "de": "Guten Tag [name],"}
SIGNATURE: Mapping[str, str] = {"en": "Kind regards\n[company]", "de": "Freundliche Grüße\n[company]"}
_GREETING_FRIENDLY: Mapping[str, str] = {"en": "Hi [name],", "de": "Hallo [name],"}
_SIGNATURE_FRIENDLY: Mapping[str, str] = {"en": "Best wishes\n[company]", "de": "Viele Grüße\n[company]"}
_FRIENDLY = "friendly"

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


# Whom a shared mailbox or a form is named after; helpdesks name a requester without a name like his address.
_MAILBOX_WORDS = (
    "account accounts accounting admin administration administrator alert alerts alarm api azubi billing bot "
    "bookkeeping buchhaltung buero bestellung bestellungen boss callback chef chefin club contact customer einkauf "
    "empfang enquiries facturation faktura fibu finance finanzen form frontdesk geschaeftsfuehrung geschäftsführung "
    "gemeinde guest gast helpdesk hello hi hr hallo info inbox invoice invoices it jugendfeuerwehr kanzlei kontakt "
    "kunde kundin kundenservice lager legal leitung logistics logistik mail mailbox management marketing me media "
    "monitor monitoring news newsletter noreply office operations ops order orders payroll personal pm post praxis "
    "presse privat privacy procurement purchase purchasing rechnung rechnungen reception redaktion reservation root "
    "sales security sekretariat sekretaerin sekretariate service shop studio support system team technik tech test "
    "unknown unbekannt user verein verkauf versand verwaltung vertrieb vorstand warehouse web webmaster werkstatt "
    "widget zentrale schule büro"
)
_MAILBOX = frozenset(_MAILBOX_WORDS.split())


def disclosure_line(config: AccountConfig, language: str) -> str:
    """The account's disclosure, else the built-in one in the account's tone; empty only for a language that has
    neither.
    """
    own = config.disclosure.get(language, "").strip()
    built_in = DISCLOSURE.get(language, "")
    if own and own != built_in:
        return own
    return _by_tone(config, language, DISCLOSURE_FRIENDLY, DISCLOSURE)


def _by_tone(config: AccountConfig, language: str, friendly: Mapping[str, str], usual: Mapping[str, str]) -> str:
    return (friendly.get(language, "") if config.tone == _FRIENDLY else "") or usual.get(language, "")


def without_disclosure(text: str, config: AccountConfig, language: str) -> str:
    """The text as a person sends it: without the line that calls it automatic."""
    line = disclosure_line(config, language)
    stripped = text.rstrip()
    return stripped.removesuffix(line).rstrip() if line else stripped


def greeting_line(config: AccountConfig, requester: Requester, language: str) -> str:
    """The first line of a reply, with the name where it is safe to repeat."""
    own = config.greeting.get(language, "").strip()
    pattern = own or _by_tone(config, language, _GREETING_FRIENDLY, GREETING)
    name = "" if _is_address(requester) else safe_name(requester.name)
    return pattern.replace("[name]", name) if name else re.sub(r" ?\[name\]", "", pattern)


def _is_address(requester: Requester) -> bool:
    """Whether the name is the first part of the mail address, put there by the helpdesk: nobody wrote it as a name."""
    mailbox = re.sub(r"[^\w]", "", (requester.email or "").partition("@")[0]).casefold()
    return bool(mailbox) and requester.name.strip().casefold() == mailbox


def signature_lines(config: AccountConfig, language: str) -> str:
    """The closing of a reply."""
    own = config.signature.get(language, "").strip()
    pattern = own or _by_tone(config, language, _SIGNATURE_FRIENDLY, SIGNATURE)
    return pattern.replace("[company]", config.company)


def safe_name(name: str) -> str:
    """The requester's name if it is plainly one, else nothing."""
    name = " ".join(name.split())
    if len(name) > 40 or not _NAME.fullmatch(name) or name != name.strip() or _says_something(name):
        return ""
    words = re.split(r"[ -]", name)
    if len(words[0]) == 1 or len(words[-1]) == 1 or all(word.casefold() in _MAILBOX for word in words):
        return ""  # "Guten Tag S Wendorff", "Hello Accounts": worse than no name
    return name if all(word[0].isupper() for word in words) else ""


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
