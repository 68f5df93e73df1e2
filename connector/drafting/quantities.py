"""The words by which texts count and measure, in English and German: numbers, currencies, spans of time, units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

CURRENCIES: Mapping[str, str] = {
    word: code
    for code, words in {
        "EUR": "€ eur euro euros", "USD": "$ usd dollar dollars", "GBP": "£ gbp pounds", "CHF": "chf franken francs",
        "PLN": "zł pln", "SEK": "sek", "NOK": "nok", "DKK": "dkk", "kr": "kr kronor kroner kronen", "JPY": "¥ jpy yen",
        "CAD": "cad", "AUD": "aud", "NZD": "nzd", "CZK": "czk kč", "HUF": "huf", "INR": "₹ inr rupees rupien",
        "CNY": "cny rmb yuan", "TRY": "₺ lira", "BTC": "₿ btc bitcoin bitcoins", "cent": "ct cent cents pence rappen",
    }.items()
    for word in words.split()
}  # fmt: skip

UNITS: Mapping[str, str] = {
    word: unit
    for unit, words in {
        "second": "second,seconds,sec,secs,sekunde,sekunden", "minute": "minute,minutes,minuten,min,mins",
        "hour": "hour,hours,hr,hrs,h,stunde,stunden,std", "day": "day,days,d,tag,tage,tagen",
        "night": "night,nights,nacht,nächte,nächten",
        "workday": "working day,working days,business day,business days,werktag,werktage,werktagen,arbeitstage,"
        "arbeitstagen", "week": "week,weeks,wk,wks,woche,wochen", "fortnight": "fortnight,fortnights",
        "month": "month,months,mth,mths,monat,monate,monaten", "quarter": "quarters,quartal,quartale,quartalen",
        "year": "year,years,yr,yrs,jahr,jahre,jahren", "decade": "decade,decades,jahrzehnt,jahrzehnte,jahrzehnten",
    }.items()
    for word in words.split(",")
}  # fmt: skip
"""Spans of time, by every word for them."""

LARGER: Mapping[str, tuple[int, str]] = {
    "week": (7, "day"), "fortnight": (14, "day"), "quarter": (3, "month"), "year": (12, "month"),
    "decade": (120, "month"),
}  # fmt: skip

MEASURES: Mapping[str, str] = {
    word: unit
    for unit, words in {
        "kg": "kg,kilo,kilos,kilogram,kilograms,kilogramm", "g": "g,gram,grams,gramm", "mg": "mg", "lb": "lb,lbs",
        "oz": "oz", "t": "t,ton,tons,tonne,tonnes,tonnen", "km": "km,kilometre,kilometres,kilometer,kilometers",
        "m": "m,metre,metres,meter,meters,metern", "cm": "cm,zentimeter,centimetres,centimeters", "mm": "mm,millimeter",
        "mi": "mile,miles,meile,meilen", "in": "inch,inches,zoll", "ft": "ft,feet", "l": "l,litre,litres,liter,liters",
        "ml": "ml,milliliter", "kB": "kb", "MB": "mb,megabyte,megabytes", "GB": "gb,gigabyte,gigabytes",
        "TB": "tb,terabyte,terabytes", "W": "w,watt", "kW": "kw", "V": "v,volt", "mAh": "mah", "Ah": "ah",
        "°C": "°c", "°F": "°f", "‰": "‰", "m²": "m²", "m³": "m³",
    }.items()
    for word in words.split(",")
}  # fmt: skip
"""Units of measure, by every spelling."""

_EN = re.findall(
    r"\S+",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
)
_EN_TENS = re.findall(
    r"\S+",
    "twenty thirty forty fifty sixty seventy eighty ninety",
)
_DE = re.findall(
    r"\S+",
    "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn",
)
_DE_TENS = re.findall(
    r"\S+",
    "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
)


def _spelled() -> Iterator[tuple[str, int]]:
    for form in ("eine", "einen", "einem", "einer"):
        yield form, 1
    for names, tens in ((_EN, _EN_TENS), (_DE, _DE_TENS)):
        yield from ((name, at) for at, name in enumerate(names, 1))
        yield from ((name, 10 * at) for at, name in enumerate(tens, 2))
    for at in range(2, 10):
        for unit in range(1, 10):
            yield f"{_EN_TENS[at - 2]}-{_EN[unit - 1]}", 10 * at + unit
            yield f"{_DE[unit - 1]}und{_DE_TENS[at - 2]}", 10 * at + unit
    yield from (("hundred", 100), ("hundert", 100), ("dozen", 12), ("dutzend", 12))


NUMBERS: Mapping[str, int] = dict(_spelled())
"""Numbers in words up to a hundred."""

_EN_ORDINALS = re.findall(
    r"\S+",
    "fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth",
)

ORDINALS: Mapping[str, int] = {
    **{name: at for at, name in enumerate(_EN_ORDINALS, 4)},
    "twentieth": 20, "thirtieth": 30, "thirty-first": 31,
    **{f"twenty-{name}": at for at, name in enumerate(["first", "second", "third", *_EN_ORDINALS[:6]], 21)},
    **{f"{name}ten": at for name, at in NUMBERS.items() if name in _DE and 4 <= at <= 19 and at not in (7, 8)},
    "siebten": 7, "achten": 8, "zwanzigsten": 20, "dreißigsten": 30, "einunddreißigsten": 31,
    **{f"{name}sten": at for name, at in NUMBERS.items() if name.endswith("undzwanzig")},
}  # fmt: skip
"""The days of a month in words, from the fourth on: the first three say too many other things."""
