"""What is always or by setting masked, in the forms people write it, and what has to stay readable."""

from __future__ import annotations

import pytest
from masking_builders import masked, masked_text

from connector.masking import Kind

PASSWORDS = [
    ("password is hunter2", "hunter2"),
    ("Passwort: Sommer2024!", "Sommer2024!"),
    ("pwd=abc", "abc"),
    ("my password is sunshine.", "sunshine"),
    ("Mein Kennwort lautet geheimnis", "geheimnis"),
    ("mot de passe : Azerty123", "Azerty123"),
    ("la contraseña es Gato1234", "Gato1234"),
    ("la password è Pippo99!", "Pippo99!"),
    ("wachtwoord is Kaas123", "Kaas123"),
    ("hasło to Kotek12", "Kotek12"),
    ("hasło: kotek", "kotek"),
    ('The password for the portal is "my dog rex"', "my dog rex"),
    ("set my password to Winter#22 please", "Winter#22"),
    ("I use the password Tr0ub4dor here", "Tr0ub4dor"),
    ("hunter2x is my password", "hunter2x"),
    ("Password: 123456 please help", "123456"),
    ("PW: qwertz", "qwertz"),
    ("login: anna / Geheim99", "Geheim99"),
    ("seed phrase: correct horse battery staple apple", "correct horse battery staple apple"),
    ("Das Passwort für das Portal lautet Blume77", "Blume77"),
    ("pass\u200bword is hun\u200bter2", "ter2"),
]
CODES = [
    ("my code is 123456", "123456"),
    ("code: 4821", "4821"),
    ("Your OTP 998877 expires", "998877"),
    ("TAN 123456", "123456"),
    ("die TAN lautet 654321", "654321"),
    ("PIN: 1234", "1234"),
    ("Bestätigungscode 12 34 56", "12 34 56"),
    ("123456 is your verification code", "123456"),
    ("G-123456 is your Google verification code", "123456"),
    ("code 123-456", "123-456"),
    ("le code est 445566", "445566"),
    ("code de vérification : 445566", "445566"),
    ("445566 est votre code", "445566"),
    ("código 445566", "445566"),
    ("el código de verificación es 445566", "445566"),
    ("il codice è 778899", "778899"),
    ("codice di verifica: 7788", "7788"),
    ("de code is 3344", "3344"),
    ("verificatiecode 334455", "334455"),
    ("kod to 334455", "334455"),
    ("kod weryfikacyjny 334455", "334455"),
    ("334455 to twój kod", "334455"),
    ("334455 ist mein Code", "334455"),
    ("I got the code this morning, it was 553311", "553311"),
    ("Ich habe den Code bekommen: 553311", "553311"),
    ("OTP: 8F3K2L", "8F3K2L"),
    ("one-time code 1 2 3 4 5 6", "1 2 3 4 5 6"),
    ("code １２３４５６", "１２３４５６"),
    ("CVV 123", "123"),
    ("CVC: 4455", "4455"),
]
KEYS = [
    ("sk-abcdefghijklmnopqrstuvwx1234", "sk-abcdefghijklmnopqrstuvwx1234"),
    ("key ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
    ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("xoxb-123456789012-abcdefABCDEF", "xoxb-123456789012-abcdefABCDEF"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcDEF123_-x", "eyJzdWIiOiIxMjM0NTY3ODkwIn0"),
    ("Authorization: Bearer abcdef0123456789abcdef", "abcdef0123456789abcdef"),
    ("API key: 5f4dcc3b5aa765d61d8327deb882cf99", "5f4dcc3b5aa765d61d8327deb882cf99"),
    ('api_key="a1b2c3d4e5f6g7h8"', "a1b2c3d4e5f6g7h8"),
    ("https://x.example/reset?token=a1B2c3D4e5F6g7H8", "a1B2c3D4e5F6g7H8"),
    ("postgres://bob:s3cr3t@db.example/x", "s3cr3t"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nabc=\n-----END RSA PRIVATE KEY-----", "MIIEabc"),
    ("license key ABCD1-EFGH2-IJKL3-MNOP4", "ABCD1-EFGH2-IJKL3-MNOP4"),
]
IBANS = [
    ("DE89370400440532013000", "DE89370400440532013000"),
    ("de89 3704 0044 0532 0130 00", "0532"),
    ("DE89-3704-0044-0532-0130-00", "0532"),
    ("GB82 WEST 1234 5698 7654 32", "WEST"),
    ("IBANDE89370400440532013000", "370400440532013000"),
    ("NL91ABNA0417164300.", "NL91ABNA0417164300"),
    ("FR14 2004 1010 0505 0001 3M02 606", "3M02"),
    ("D\u200bE89 3704 0044 0532 0130 00", "0532"),
    ("DE89 3704 0044\n0532 0130 00", "0532"),
    ("IBAN: DE89 3704 0044 0532 0130 01", "0532"),
]
CARDS = [
    ("４１１１ １１１１ １１１１ １１１１", "１１１１"),
    ("4111-1111-1111-1111", "4111"),
    ("4111111111111111", "4111111111111111"),
    ("41 11 11 11 11 11 11 11", "11 11"),
    ("378282246310005", "378282246310005"),
    ("3782 822463 10005", "822463"),
    ("6011111111111117", "6011111111111117"),
    ("30569309025904", "30569309025904"),
    ("card 4111 1111 1111 1111 exp 12/27", "4111"),
    ("Karte4111111111111111!", "4111111111111111"),
    ("4111 1111\n1111 1111", "4111"),
    ("4111\xa01111\xa01111\xa01111", "4111"),
    ("4111.1111.1111.1111", "4111"),
    ("my card 4111 1111 1111 1112", "1112"),
]
NATIONAL_IDS = [
    ("123-45-6789", "123-45-6789"),
    ("AB 12 34 56 C", "34 56"),
    ("86 095 742 719", "742"),
    ("Steuer-ID 86095742719", "86095742719"),
    ("Steuer-ID: 86 095 742 719", "742"),
    ("15 070649 C 103", "070649"),
    ("12345678Z", "12345678Z"),
    ("X1234567L", "X1234567L"),
    ("RSSMRA85T10A562S", "RSSMRA85T10A562S"),
    ("BSN 111222333", "111222333"),
    ("1 84 12 76 451 089 46", "451 089"),
    ("PESEL 44051401359", "44051401359"),
    ("756.9217.0769.85", "9217"),
    ("passport number C01X00T47", "C01X00T47"),
    ("Personalausweis L01X00T47", "L01X00T47"),
]
MAILS_AND_IPS = [
    ("https://acme.example/stop?mail=mara%40post.example&list=2", "mara%40post.example"),
    ("Write to mara&#64;post.example, or to mara&#x40;post.example.", "post.example"),
    ("It is mara.l&commat;post.example", "mara.l"),
    ("anna@example.com", "anna@example.com"),
    ("<Anna.Berg+x@mail.example.co.uk>,", "Anna.Berg+x@mail.example.co.uk"),
    ("jörg@müller.example.", "jörg@müller.example"),
    ("anna (at) shop (dot) example", "anna"),
    ("anna [at] shop.example", "anna"),
    ("anna at shop dot example", "anna"),
    ("mailto:anna@x.example", "anna@x.example"),
    ("an\u200bna@exam\u200bple.com", "ple.com"),
    ('"john doe"@x.example', "john"),
    ("anna@xn--mller-kva.example", "anna"),
    ("ａｎｎａ＠example.com", "example.com"),
    ("10.0.0.12", "10.0.0.12"),
    ("2001:db8::8a2e:370:7334", "8a2e"),
]
ADDRESSES = [
    ("Hauptstraße 12a, 10115 Berlin", "10115"),
    ("Hauptstr. 5", "Hauptstr. 5"),
    ("221B Baker Street, London NW1 6XE", "Baker"),
    ("12 rue de la Paix, 75002 Paris", "75002"),
    ("Calle Mayor 5, 28013 Madrid", "Mayor"),
    ("Via Roma 12, 00184 Roma", "00184"),
    ("Keizersgracht 123, 1015 CJ Amsterdam", "1015 CJ"),
    ("ul. Marszałkowska 10/12 m. 5, 00-950 Warszawa", "00-950"),
    ("My address is Granholm House, Upper Floor 3", "Granholm"),
    ("1600 Pennsylvania Ave NW, Washington, DC 20500", "20500"),
    ("Unter den Linden 77, 10117 Berlin", "Linden"),
    ("wohne in der Goethestraße 5 in Köln", "Goethestraße"),
    ("Lange Gasse 3", "Lange Gasse"),
]
NAMES = [
    ("Hallo Frau Müller,", "Müller"),
    ("My name is Peter Parker", "Parker"),
    ("Dear Mr. Smith, I", "Smith"),
    ("Best regards,\nJohn Q. Public", "John"),
    ("Ich heiße Jana Novak.", "Novak"),
    ("Viele Grüße Anna", "Anna"),
    ("Je m'appelle Luc Moreau", "Moreau"),
]
READABLE = [
    ("my password is not working", "not working"),
    ("I forgot my password: please reset", "please reset"),
    ("password is apparently too short", "apparently"),
    ("Passwort vergessen: bitte helfen Sie mir", "bitte helfen"),
    ("The password reset link is broken", "broken"),
    ("password reset email to my address", "email to my"),
    ("error code 5021", "5021"),
    ("Fehlercode 4711", "4711"),
    ("discount code SAVE20", "SAVE20"),
    ("postal code 12345", "12345"),
    ("code for order 48551 never came", "48551"),
    ("order 48551 and the code does not work", "48551"),
    ("Gutscheincode 123456", "123456"),
    ("code postal 75011", "75011"),
    ("código postal 28013", "28013"),
    ("code 20% off", "20%"),
    ("order NO-2025-114408", "NO-2025-114408"),
    ("invoice RE 88214", "RE 88214"),
    ("order 100 292 771", "100 292 771"),
    ("Bestellung 5530-1187", "5530-1187"),
    ("invoice TW-INV-2025-0399", "TW-INV-2025-0399"),
    ("tracking 00340434161094012345", "00340434161094012345"),
    ("tracking 1Z999AA10123456784", "1Z999AA10123456784"),
    ("Sendung JJD000390007825464343", "JJD000390007825464343"),
    ("I paid 1,299.00 EUR on 12.05.2024", "1,299.00 EUR on 12.05.2024"),
    ("on 2025-11-09 at 10:30:45", "2025-11-09 at 10:30:45"),
    ("my postcode is SW1A 1AA", "SW1A 1AA"),
    ("PLZ 10115", "10115"),
    ("version 1.2.3.4", "1.2.3.4"),
    ("order 48551 Danke", "48551 Danke"),
    ("invoice 4711 and 4712", "4712"),
    ("Kundennummer 123456789", "123456789"),
    ("K-61907", "K-61907"),
    ("meet me at shop tomorrow", "meet me at shop"),
    ("3 seats for 20 users", "3 seats for 20 users"),
    ("Monitor 27 and Motor 3", "Monitor 27"),
    ("via PayPal 20 EUR", "via PayPal 20"),
    ("In 2024 we ordered 48551", "48551"),
    ("ordered 48551, 48552, 48553 and 48554", "48552, 48553"),
    ("Am Montag 15 Uhr", "Am Montag 15"),
    ("Hi team,", "team"),
    ("Hallo zusammen,", "zusammen"),
    ("Thanks so much", "so much"),
    ("we tan leather, order 48551", "48551"),
    ("PO 4500012345", "4500012345"),
    ("serial LM4-2207-0091", "LM4-2207-0091"),
    ("my access to the page is gone", "access to the page"),
    ("Ihre Rechnung 2024-0815", "2024-0815"),
    ("size 42 EU, qty 12", "42 EU, qty 12"),
    ("Seite 3 von 12", "Seite 3 von 12"),
    ("ISBN 9783161484100", "9783161484100"),
    ("order no. 0012345678", "0012345678"),
    ("Auftragsnummer: 0301234567", "0301234567"),
]


@pytest.mark.parametrize(("text", "value"), PASSWORDS)
def test_a_password_that_is_told_is_masked(text: str, value: str) -> None:
    assert value not in masked_text(text)
    assert Kind.PASSWORD in {found.kind for found in masked(text).values}


@pytest.mark.parametrize(("text", "value"), CODES)
def test_a_one_time_code_is_masked_in_both_orders_and_seven_languages(text: str, value: str) -> None:
    assert value not in masked_text(text)
    assert Kind.CODE in {found.kind for found in masked(text).values}


@pytest.mark.parametrize(("text", "value"), KEYS)
def test_a_key_in_a_known_form_is_masked(text: str, value: str) -> None:
    assert value not in masked_text(text)
    assert Kind.KEY in {found.kind for found in masked(text).values}


@pytest.mark.parametrize(("text", "value"), IBANS)
def test_an_iban_is_masked_in_any_grouping_and_case(text: str, value: str) -> None:
    assert value not in masked_text(text)
    assert [found.kind for found in masked(text).values] == [Kind.IBAN]


@pytest.mark.parametrize(("text", "value"), CARDS)
def test_a_card_is_masked_in_any_grouping(text: str, value: str) -> None:
    assert value not in masked_text(text)
    assert [found.kind for found in masked(text).values] == [Kind.CARD]


@pytest.mark.parametrize(("text", "value"), NATIONAL_IDS)
def test_a_national_number_is_masked(text: str, value: str) -> None:
    assert value not in masked_text(text)
    assert [found.kind for found in masked(text).values] == [Kind.NATIONAL_ID]


@pytest.mark.parametrize(("text", "value"), MAILS_AND_IPS)
def test_a_mail_or_internet_address_is_masked(text: str, value: str) -> None:
    assert value not in masked_text(text)
    assert {found.kind for found in masked(text).values} <= {Kind.MAIL, Kind.IP}


@pytest.mark.parametrize(("text", "value"), ADDRESSES)
def test_a_postal_address_is_masked(text: str, value: str) -> None:
    assert value not in masked_text(text)
    assert [found.kind for found in masked(text).values] == [Kind.ADDRESS]


@pytest.mark.parametrize(("text", "value"), NAMES)
def test_a_name_is_masked_where_a_name_stands(text: str, value: str) -> None:
    assert value not in masked_text(text)
    assert [found.kind for found in masked(text).values] == [Kind.NAME]


@pytest.mark.parametrize(("text", "value"), READABLE)
def test_what_answers_the_question_stays_readable(text: str, value: str) -> None:
    assert value in masked_text(text)
