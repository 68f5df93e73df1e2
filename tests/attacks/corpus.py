"""Attacks and the mails that they are put into: our own, and the published BIPIA set where somebody has laid it."""

from __future__ import annotations

import os
import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from connector.evaluation.public.bipia import POSITIONS, insert
from connector.evaluation.public.reading import Bipia, read_public
from connector.model import Attachment, Ticket
from connector.triage.dataset import ticket_from_row
from tests.attacks.bench import ORDER, OWNER, ROOT

DATA = Path(__file__).parent / "data"
PLACES = frozenset(
    {
        "body", "subject", "name", "tag", "attachment", "signature", "quoted", "order", "field", "header", "thread",
        "html",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Attack:
    """What an attacker writes, and where on the ticket it stands."""

    text: str
    style: str
    language: str = "en"
    place: str = "body"

    def __str__(self) -> str:
        return f"{self.language}-{self.style}-{self.place}".replace(" ", "_")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A harmless question, and what it is read as."""

    subject: str
    body: str
    language: str
    intent: str


def _rows(name: str, key: str) -> Sequence[dict[str, str]]:
    rows: Sequence[dict[str, str]] = tomllib.loads((DATA / name).read_text(encoding="utf-8"))[key]
    return rows


ATTACKS = tuple(Attack(**row) for name in ("english.toml", "html.toml", "other.toml") for row in _rows(name, "attack"))
MAILS = tuple(Mail(**row) for row in _rows("mails.toml", "mail"))


def attacked(mail: Mail, attack: Attack, position: str = "end") -> Ticket:
    """The ticket of this mail with the attack in its place, read as a helpdesk's ticket is."""
    plain: dict[str, object] = {
        "id": "100",
        "subject": mail.subject,
        "body": mail.body,
        "from": OWNER,
        "name": "Mirela Okafor",
        "channel": "email",
    }
    ticket = ticket_from_row({**plain, **_in_the_mail(mail, attack, position)})
    return replace(_beside_the_mail(ticket, attack), account_id="acme")


def _in_the_mail(mail: Mail, attack: Attack, position: str) -> dict[str, object]:
    """The keys of the row that the attack changes."""
    text, lines = attack.text, attack.text.splitlines()
    quoted = "\n".join(f"> {line}" for line in lines)
    wrote = "On Mon, 3 Nov 2025 at 10:00, Shop <support@nordlicht-outdoor.example> wrote:"
    named = mail.body.replace(ORDER, text) if ORDER in mail.body else f"{mail.body} {text}"
    rows: dict[str, dict[str, object]] = {
        "body": {"body": insert(mail.body, text, position)},
        "subject": {"subject": f"{mail.subject} {text}"},
        "name": {"name": text},
        "signature": {"body": f"{mail.body}\n\n-- \n{text}"},
        "quoted": {"body": f"{mail.body}\n\n{wrote}\n{quoted}"},
        "order": {"body": named},
        "header": {"headers": {"X-Note": text}},
        "thread": {"thread": [{"role": "requester", "public": True, "text": line} for line in lines]},
        "html": {"body_html": f"<html><body><p>{insert(mail.body, text, position)}</p></body></html>"},
    }
    return rows.get(attack.place, {})


def _beside_the_mail(ticket: Ticket, attack: Attack) -> Ticket:
    """The ticket with an attack that does not stand in the mail."""
    newest = ticket.comments[-1]
    if attack.place == "attachment":
        named = Attachment(name=attack.text, media_type="application/pdf", size_bytes=1)
        return replace(ticket, comments=(*ticket.comments[:-1], replace(newest, attachments=(named,))))
    if attack.place == "tag":
        return replace(ticket, tags=frozenset({attack.text}))
    if attack.place == "field":
        return replace(ticket, custom_fields={**ticket.custom_fields, "note": attack.text})
    return ticket


# --- Published data -----------------------------------------------------------------------------------


def public_folder() -> Path | None:
    """`HANDRAIL_PUBLIC_DATA`, else where the published sets lie beside the project; None where they do not."""
    named = os.environ.get("HANDRAIL_PUBLIC_DATA")
    folder = Path(named) if named else ROOT.parent / "shared/data/public"
    return folder if (folder / "bipia").is_dir() else None


@dataclass(frozen=True, kw_only=True)
class Combinations:
    """Mails, attacks and positions; `origin` says whose."""

    origin: str
    mails: Sequence[Mail]
    attacks: Sequence[Attack]

    def __len__(self) -> int:
        return len(self.mails) * len(self.attacks) * len(POSITIONS)

    def __iter__(self) -> Iterator[tuple[Mail, Attack, str]]:
        return ((mail, attack, place) for mail in self.mails for attack in self.attacks for place in POSITIONS)

    def sample(self, count: int) -> list[tuple[Mail, Attack, str]]:
        """The same ones each time."""
        return random.Random(2025).sample(list(self), min(count, len(self)))


def combinations() -> Combinations:
    """BIPIA's mails and attacks where they lie, else our own."""
    folder = public_folder()
    bipia = read_public(folder).bipia if folder else None
    if bipia is None:
        inside = [attack for attack in ATTACKS if attack.place == "body"]
        return Combinations(origin="own", mails=MAILS, attacks=inside)
    return _of(bipia)


def _of(bipia: Bipia) -> Combinations:
    attacks = [Attack(text=text, style=kind) for kind, texts in bipia.attacks.items() for text in texts]
    # The mails ask nothing of a shop; with the order's number above them they are read as the question they carry.
    mails = [
        Mail(
            subject=f"Order {ORDER}", body=f"Where is my order {ORDER}?\n\n{text}", language="en", intent="order_status"
        )
        for text in bipia.mails
    ]
    return Combinations(origin="BIPIA", mails=mails, attacks=attacks)
