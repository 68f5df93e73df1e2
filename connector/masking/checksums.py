"""Check digits of national numbers. Each function takes the number without separators, letters as capitals."""

from __future__ import annotations

from collections import Counter

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CF_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21,
         2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def steuer_id(number: str) -> bool:
    """German tax identification number: ISO 7064 MOD 11,10; one digit of the first ten stands there two or three
    times, all others once at most.
    """
    if len(number) != 11 or number[0] == "0":
        return False
    repeated = [count for count in Counter(number[:10]).values() if count > 1]
    if len(repeated) != 1 or repeated[0] > 3:
        return False
    product = 10
    for char in number[:10]:
        product = ((int(char) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(number[10])


def pension_number(number: str) -> bool:
    """German social insurance number: area, birth date, initial, serial, check digit (VKVV, annex)."""
    if len(number) != 12 or not 1 <= int(number[4:6]) <= 12:
        return False
    digits = f"{number[:8]}{ord(number[8]) - 64:02d}{number[9:11]}"
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, weights, strict=True))
    return total % 10 == int(number[11])


def bsn(number: str) -> bool:
    """Dutch citizen number: the eleven test with a last weight of -1."""
    number = number.zfill(9)
    total = sum(int(digit) * weight for digit, weight in zip(number, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return total % 11 == 0 and number != "000000000"


def dni(number: str) -> bool:
    """Spanish DNI or NIE: the letter is the number modulo 23; X, Y and Z at the beginning are 0, 1 and 2."""
    digits = number[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return _DNI_LETTERS[int(digits) % 23] == number[-1]


def codice_fiscale(number: str) -> bool:
    """Italian tax code: odd places by a table, even places by value, modulo 26."""
    odd = sum(_CF_ODD[char] for char in number[:15:2])
    even = sum(int(char) if char.isdigit() else ord(char) - 65 for char in number[1:15:2])
    return chr((odd + even) % 26 + 65) == number[15]


def nir(number: str) -> bool:
    """French social security number of 15 characters: the key is 97 less the rest; Corsica's 2A is 19 and 2B is 18."""
    body = number[:13].replace("2A", "19", 1) if number[5:7] == "2A" else number[:13]
    body = number[:5] + "18" + number[7:13] if number[5:7] == "2B" else body
    return body.isdigit() and 97 - int(body) % 97 == int(number[13:])


def pesel(number: str) -> bool:
    """Polish PESEL: weights 1, 3, 7, 9; the month carries the century, so that it is 1 to 12 modulo 20."""
    if not (1 <= int(number[2:4]) % 20 <= 12 and 1 <= int(number[4:6]) <= 31):
        return False
    return (
        sum(int(digit) * weight for digit, weight in zip(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), strict=True)) % 10
        == 0
    )


def ahv(number: str) -> bool:
    """Swiss social insurance number: 756 and the check digit of EAN-13."""
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(number))
    return number.startswith("756") and total % 10 == 0


def austrian_sv(number: str) -> bool:
    """Austrian social insurance number: the fourth digit is the weighted sum of the others modulo 11."""
    weights = (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True)) % 11 == int(number[3])


def belgian(number: str) -> bool:
    """Belgian national register number: 97 less the rest of the first nine digits, a 2 before them since 2000."""
    check = int(number[9:])
    return check in (97 - int(number[:9]) % 97, 97 - int("2" + number[:9]) % 97)


def ssn(number: str) -> bool:
    """American social security or taxpayer number: no check digit, only parts that were never given out."""
    return number[:3] not in ("000", "666") and number[3:5] != "00" and number[5:] != "0000"


def nino(number: str) -> bool:
    """British national insurance number: no check digit, only letters that were never given out."""
    first, second = number[0], number[1]
    return (
        first not in "DFIQUV"
        and second not in "DFIOQUV"
        and number[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
    )
