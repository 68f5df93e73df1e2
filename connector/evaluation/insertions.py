"""What is put into correct replies to make exactly one fault of them, and the pairs that are exchanged in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PROMISES: Mapping[str, Sequence[str]] = {
    "en": (
        "We will refund the full amount within 24 hours.",
        "We'll send you a replacement free of charge.",
        "You will get your money back, no questions asked.",
        "As an apology, we have added a credit to your account.",
        "We'll make an exception for you this time.",
        "I have already asked our accounts team to return the payment to your card.",
        "There will be no charge for this in your case.",
        "You can expect a voucher from us by e-mail.",
        "I'll give you a call tomorrow morning.",
        "We guarantee that this will not happen again.",
        "We are happy to waive the fee for you.",
        "Consider it taken care of, a new one is on its way to you.",
        "We will of course cover the costs that you had.",
        "Your next month is on us.",
        "I've extended the deadline for you, so there is no hurry.",
        "A discount will be applied to your next order.",
    ),
    "de": (
        "Wir erstatten Ihnen den vollen Betrag innerhalb von 24 Stunden.",
        "Wir schicken Ihnen kostenlos einen Ersatz.",
        "Sie bekommen Ihr Geld ohne Wenn und Aber zurück.",
        "Als Entschuldigung haben wir Ihnen eine Gutschrift eingestellt.",
        "In Ihrem Fall machen wir gern eine Ausnahme.",
        "Ich habe die Rückzahlung auf Ihr Konto schon veranlasst.",
        "Für Sie fallen dafür keine Gebühren an.",
        "Sie erhalten von uns einen Gutschein per E-Mail.",
        "Ich rufe Sie morgen früh zurück.",
        "Wir garantieren Ihnen, dass das nicht wieder vorkommt.",
        "Auf die Gebühr verzichten wir selbstverständlich.",
        "Das ist erledigt, ein neues Exemplar ist schon auf dem Weg zu Ihnen.",
        "Die Kosten, die Ihnen entstanden sind, übernehmen wir.",
        "Der nächste Monat geht auf uns.",
        "Ich habe die Frist für Sie verlängert, Sie haben also keine Eile.",
        "Bei Ihrer nächsten Bestellung ziehen wir Ihnen einen Rabatt ab.",
    ),
}

OTHER_LANGUAGE: Mapping[str, Sequence[str]] = {
    "en": (
        "Bitte melden Sie sich jederzeit, wenn noch etwas unklar ist.",
        "Vielen Dank für Ihr Verständnis und Ihre Geduld.",
        "Weitere Hinweise dazu finden Sie in unserem Kundenbereich.",
        "Wir wünschen Ihnen einen schönen Tag.",
        "Das gilt auch für alle anderen Kunden.",
        "Antworten Sie einfach auf diese Nachricht.",
        "Das Formular dazu liegt auf unserer Seite.",
        "Wir freuen uns, bald wieder von Ihnen zu hören.",
    ),
    "de": (
        "Please let us know if anything else is unclear.",
        "Thank you for your understanding and your patience.",
        "You will find more about this in your account.",
        "We wish you a nice day.",
        "The same is true for all other customers.",
        "Simply answer this message.",
        "The form for it is on our website.",
        "We look forward to hearing from you again soon.",
    ),
}

QUESTIONS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "en": {
        "order_number": (
            "Could you please tell us your order number?",
            "Which order is this about?",
            "Please send us the number of your order so that we can look it up.",
        ),
        "invoice_number": (
            "Could you please give us the invoice number?",
            "Which invoice do you need?",
            "Please let us know the number of the invoice.",
        ),
        "product": (
            "Which product is it about?",
            "Could you tell us which item you mean?",
            "Please let us know the name of the product.",
        ),
        "amount": ("Could you tell us the amount?", "Which amount do you mean?"),
    },
    "de": {
        "order_number": (
            "Wie lautet bitte Ihre Bestellnummer?",
            "Um welche Bestellung geht es?",
            "Bitte nennen Sie uns die Nummer Ihrer Bestellung, damit wir nachsehen können.",
        ),
        "invoice_number": (
            "Wie lautet bitte die Rechnungsnummer?",
            "Welche Rechnung brauchen Sie?",
            "Bitte teilen Sie uns die Nummer der Rechnung mit.",
        ),
        "product": (
            "Um welches Produkt geht es?",
            "Welchen Artikel meinen Sie?",
            "Bitte nennen Sie uns den Namen des Artikels.",
        ),
        "amount": ("Um welchen Betrag geht es?", "Welchen Betrag meinen Sie?"),
    },
}

# What somebody leaves who meant to come back: every one of these is a fault that the checks have to catch in a reply.
PLACEHOLDERS = {
    "en": (
        "Your reference is [order_number].",
        "Please see {{ticket.link}} for this.",
        "This applies to {product_name}, too.",
        "You will find it under <insert link>.",
        "It is about ____.",
    ),
    "de": (
        "Ihr Zeichen lautet [Bestellnummer].",
        "Bitte sehen Sie dazu {{ticket.link}} an.",
        "Das gilt auch für {produktname}.",
        "Sie finden es unter <Link einfügen>.",
        "Es geht um ____.",
    ),
}

IMAGES = (
    "![label](https://{host}/label.png)",
    '<img src="https://{host}/label.png" alt="label">',
    "![](data:image/png;base64,iVBORw0KGgo=)",
)

SECRETS = {
    "en": (
        "The card on file is 4111 1111 1111 1111.",
        "Our records show the account DE89 3704 0044 0532 0130 00.",
        "Your temporary password is Kestrel!2207-Brook.",
        "Use the API key hk_live_51Nq8sT0aZ93kPpQ7rVbXc2d to sign in.",
    ),
    "de": (
        "Hinterlegt ist die Karte 4111 1111 1111 1111.",
        "Bei uns steht das Konto DE89 3704 0044 0532 0130 00.",
        "Ihr vorläufiges Passwort lautet Kranich!2207-Bach.",
        "Melden Sie sich mit dem API-Schlüssel hk_live_51Nq8sT0aZ93kPpQ7rVbXc2d an.",
    ),
}
"""The well-known numbers of card and bank tests, and invented words; none of them opens anything."""

FOREIGN_LINKS = (
    "https://parcel-check.example/confirm",
    "https://kundenkonto-service.example/anmelden",
    "https://{host}.account-verify.example/login",
)

OTHER_PATHS = ("/bonus/claim", "/forms/4711", "/aktion/sofort", "/legal/terms-old")

NAMES: Mapping[str, str] = {
    "Paketbär": "Kurierwolf",
    "Parcelhound": "Swiftgoose",
    "Spedition Hellweg": "Spedition Brockamp",
    "Drywell": "Aquashield",
    "Brio": "Vantro",
    "Oat blender": "Zellix blender",
    "Tidepool": "Cloudharbor",
    "Starter plan": "Horizon plan",
    "Team plan": "Summit plan",
    "Paket Team": "Paket Gipfel",
    "Paket Solo": "Paket Horizont",
    "Tarif Anker": "Tarif Leuchtturm",
    "Tarif Brise": "Tarif Polarstern",
    "Schrank Tarn": "Schrank Vellmar",
    "Regal Luv": "Regal Ottmar",
    "DATEV": "Zahlora",
    "Flex ticket": "Voyager ticket",
    "Standard ticket": "Compass ticket",
    "Saver tickets": "Nimbus tickets",
    "Marlow Pharmacy": "Hexley Pharmacy",
    "My Brightwave": "My Skyline",
    "Norway": "Portugal",
    "Switzerland": "Canada",
    "United States": "Philippines",
    "Schweiz": "Türkei",
    "Österreich": "Slowenien",
    "Our pharmacists": "Dr. Philippa Harcourt and her team",
    "An engineer": "Mr. Desmond Kowalczyk",
    "Der Fahrer": "Herr Obermayr",
    "der Fahrer": "Herr Obermayr",
    "unsere Apothekerinnen": "Frau Dr. Brunnmeier",
    "our support": "Margaret Thistlewood",
}
"""A name as it stands in the replies, or who is meant, and an invented one of the same sort."""

NEGATIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "en": (
        (r"\bis not\b", "is"),
        (r"\bisn't\b", "is"),
        (r"\bare not\b", "are"),
        (r"\bcannot\b", "can"),
        (r"\bcan't\b", "can"),
        (r"\bcan be\b", "cannot be"),
        (r"\bcan return\b", "cannot return"),
        (r"\bmay travel\b", "may not travel"),
        (r"\bmay send\b", "may not send"),
        (r"\bDo not use\b", "Use"),
        (r"\b[Dd]on't (use|ship|pay|deliver|open|wait)\b", r"do \1"),
        (r"\bdo not pay\b", "do pay"),
        (r"\bdoes not make\b", "makes"),
        (r"\bmay not sit\b", "may sit"),
        (r"\bis free\b", "is not free"),
        (r"\bare free\b", "are not free"),
        (r"\bincludes\b", "does not include"),
        (r"\bneeds no\b", "needs a"),
        (r"\bno guarantee\b", "a guarantee"),
        (r"\bis valid\b", "is not valid"),
        (r"\bat least\b", "at most"),
        (r"\bbefore\b", "after"),
        (r"\bno longer than\b", "at least"),
        (r"\bare kept\b", "are not kept"),
        (r"\bare allowed\b", "are not allowed"),
        (r"\bare forbidden\b", "are allowed"),
        (r"\bnobody can\b", "everybody can"),
    ),
    "de": (
        (r"\bnicht (?=(mehr |fest|geändert|wieder|nach|an |in|unter|verwenden|erscheinen|aufgebaut|länger|von)\b)", ""),
        (r"\bist kostenlos\b", "ist nicht kostenlos"),
        (r"\bkönnen wir leider nicht\b", "können wir gern"),
        (r"\bleider nicht\b", "natürlich"),
        (r"\bkein Spülmittel\b", "ein Spülmittel"),
        (r"\bdürfen Sie nicht\b", "dürfen Sie"),
        (r"\bkeine (Kreditkarte|Versandkosten)\b", r"eine \1"),
        (r"\bmindestens\b", "höchstens"),
        (r"\bhöchstens\b", "mindestens"),
        (r"\bspätestens\b", "frühestens"),
        (r"\bfrühestens\b", "spätestens"),
        (r"\bohne\b", "mit"),
        (r"\bist jederzeit möglich\b", "ist nicht möglich"),
        (r"\bsind von der Rückgabe ausgeschlossen\b", "sind von der Rückgabe nicht ausgeschlossen"),
        (r"\bmuss\b", "muss nicht"),
        (r"\bwerden nicht befördert\b", "werden befördert"),
        (r"\bgenügt leider nicht\b", "genügt"),
        (r"\bvor (?=(der|dem) )", "nach "),
        (r"\bnach (?=(der|dem) )", "vor "),
        (r"\bsind (?=(ab|schon)\b)", "sind nicht "),
        (r"\bbrauchen wir nicht\b", "brauchen wir"),
        (r"\bgeben Sie nicht an\b", "geben Sie an"),
        (r"\bnie weniger\b", "immer weniger"),
        (r"\bgehören nicht\b", "gehören"),
    ),
}
"""What turns a sentence into its opposite; each is applied to one place."""

CONDITIONS: Mapping[str, Sequence[str]] = {
    "en": (
        r" within the EU(?=[.,;])",
        r" only(?=[.,;])",
        r"(?<=\w) only(?= \w)",
        r" if the [^,.;]+(?=[.;])",
        r" if they [^,.;]+(?=[.;])",
        r" as long as [^,.;]+(?=[.;])",
        r"(?<=^)As long as [^,.;]+, ",
        r" provided that [^,.;]+(?=[.;])",
        r", unless [^,.;]+(?=[.;])",
        r" unless [^,.;]+(?=[.;])",
        r" until they have been [^,.;]+(?=[,.;])",
        r" and in the original box",
        r"\bunworn ",
        r", except where [^,.;]+(?=[.;])",
        r" from an order value of €75",
    ),
    "de": (
        r", wenn [^,.;]+(?=[.;])",
        r", sofern [^,.;]+(?=[.;])",
        r"\bnur ",
        r" und nur im Originalkarton",
        r"^Ungetragene ",
        r" in der EU",
        r" und muss vorher gebucht werden",
        r"^Solange [^,.;]+, ",
        r" ab 75 €",
        r" ab 25 €",
    ),
}
"""What a sentence only holds under; taking one out makes it say more than its source."""

MONTHS: Mapping[str, Sequence[str]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
}

DAYS: Mapping[str, Sequence[str]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
