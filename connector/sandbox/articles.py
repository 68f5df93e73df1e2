"""A small invented help centre, the same on both helpdesks."""

from __future__ import annotations

from typing import Any

ARTICLES: tuple[dict[str, Any], ...] = (
    {
        "title": "Where is my order?",
        "section": "Orders",
        "body": "<p>You get a mail with a tracking link as soon as your parcel leaves our warehouse, usually "
        "within 2 working days.</p><p>Delivery takes 3 to 5 working days. The tracking page shows the present "
        "state under <a href='https://northwind.example/track'>northwind.example/track</a>.</p>",
    },
    {
        "title": "How to reset your password",
        "section": "Account",
        "body": "<ol><li>Open <a href='https://northwind.example/reset'>northwind.example/reset</a>.</li>"
        "<li>Enter the address of your account.</li><li>Follow the link in the mail. It is valid for "
        "30 minutes.</li></ol>",
    },
    {
        "title": "Returns: how long and who pays",
        "section": "Orders",
        "body": "<p>You can return unused articles within 30 days of delivery. The return label is free within "
        "the EU; from other countries you pay the postage.</p>",
    },
    {
        "title": "Opening hours and contact",
        "section": "General",
        "body": "<p>Our team answers Monday to Friday, 9:00 to 17:00 CET. Phone: +49 30 5550 0100.</p>",
    },
    {
        "title": "Rückgabe: Fristen und Kosten",
        "section": "Orders",
        "locale": "de",
        "body": "<p>Unbenutzte Artikel nehmen wir innerhalb von 30 Tagen nach der Lieferung zurück. Das "
        "Rücksendeetikett ist innerhalb der EU kostenlos.</p>",
    },
    {
        "title": "Internal: goodwill limits",
        "section": "Internal",
        "internal": True,
        "body": "<p>Agents may grant up to 20 EUR of goodwill without asking.</p>",
    },
    {
        "title": "Draft: new shipping prices",
        "section": "Orders",
        "draft": True,
        "body": "<p>From next year shipping costs 4.90 EUR.</p>",
    },
)
