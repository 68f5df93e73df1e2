"""What is masked and what an account may choose: the kinds, and the frozen settings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from connector.errors import ConfigurationError
from connector.masking import words


class Kind(StrEnum):
    """A kind of personal data. The value stands in the placeholder, in capitals."""

    CARD = "card"
    IBAN = "iban"
    NATIONAL_ID = "id"
    PASSWORD = "password"  # noqa: S105 - the name of a kind, not a password
    KEY = "key"
    CODE = "code"
    NAME = "name"
    MAIL = "mail"
    PHONE = "phone"
    ADDRESS = "place"
    IP = "ip"


OPTIONAL = frozenset({Kind.NAME, Kind.MAIL, Kind.PHONE, Kind.ADDRESS, Kind.IP})
"""What an account may leave readable; everything else is always masked."""

SECRET = frozenset({Kind.CARD, Kind.PASSWORD, Kind.KEY, Kind.CODE})
"""What never comes back into a draft, whatever the settings say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """What an account masks beyond what is always masked.

    `regions` are the countries (ISO 3166, two capitals) whose national phone numbers are known; a number with a
    country code is found everywhere. `withheld` are kinds that are masked and never restored, beside the secrets.
    `spared` are names that are nobody's, such as the company and its products: a greeting makes no person of them.
    ConfigurationError names a kind that cannot be chosen.
    """

    optional: frozenset[Kind] = OPTIONAL
    regions: tuple[str, ...] = ("DE", "AT", "CH", "GB", "IE", "US")
    withheld: frozenset[Kind] = frozenset()
    spared: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        fixed = sorted(kind.value for kind in self.optional - OPTIONAL)
        if fixed:
            raise ConfigurationError(f"masking: {', '.join(fixed)}: always masked: leave it out of the optional kinds.")
        unknown = [
            region for region in self.regions if not (len(region) == 2 and region.isascii() and region.isupper())
        ]
        if unknown:
            raise ConfigurationError("masking: regions: write country codes such as DE or US.")

    def masks(self, kind: Kind) -> bool:
        """Whether values of this kind are masked."""
        return kind not in OPTIONAL or kind in self.optional

    def restores(self, kind: Kind) -> bool:
        """Whether values of this kind come back into a draft."""
        return kind not in SECRET and kind not in self.withheld


def masking_for(
    languages: Collection[str],
    *,
    countries: Collection[str] = (),
    optional: Collection[Kind] = OPTIONAL,
    spared: Collection[str] = (),
) -> Masking:
    """The settings of an account that writes these languages; `countries` come first and need not fit them."""
    regions = dict.fromkeys(country.upper() for country in countries)
    for language in languages:
        regions.update(dict.fromkeys(words.regions(language.partition("-")[0].lower())))
    return Masking(optional=frozenset(optional), regions=tuple(regions) or Masking().regions, spared=tuple(spared))
