"""A library is refused as a whole where it cannot be written; what it writes holds nothing that a person put in."""

import re
from collections.abc import Mapping
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fidelio_notify.adapters.letter_files import letters_in
from fidelio_notify.domain.letters.letter import Letter, LettersError, Unwritable
from fidelio_notify.domain.letters.reading import read_library
from fidelio_notify.domain.letters.sections import MOST_CHARACTERS
from fidelio_notify.domain.letters.words import Word
from support.letters import SHIPPED, SURROUNDINGS, a_library, a_source

REFUSED: Mapping[str, tuple[dict[str, str], str]] = {
    "an unknown word": (
        {"x.en.liquid": a_source(chat_text="Hello\n{{ nmae }}")},
        'x.en.liquid, line 4: there is no word "nmae"; there are ',
    ),
    "a part of a word": (
        {"x.en.liquid": a_source(chat_text="{{ name.first }}")},
        'x.en.liquid, line 3: there is no word "name.first"; there are ',
    ),
    "an unknown filter": (
        {"x.en.liquid": a_source(chat_text="Hello\n\n{{ name | shout }}")},
        'x.en.liquid, line 5: there is no filter "shout"; there are abs, append, ',
    ),
    "a block without end": (
        {"x.en.liquid": a_source(chat_text="Hello\n{% if name %}you")},
        "x.en.liquid, line 4: ",
    ),
    "a statement without sense": (
        {"x.en.liquid": a_source(chat_text="Hello\n{{ name | }}")},
        "x.en.liquid, line 4: ",
    ),
    "an unknown section": (
        {"x.en.liquid": a_source(email_title="Hello")},
        'x.en.liquid, line 2: there is no section "email title"; there are email subject, email text, ',
    ),
    "a heading without sense": (
        {"x.en.liquid": "A note.\n===email.text\nHello"},
        "x.en.liquid, line 2: a section begins with a line such as === email text",
    ),
    "a section twice": (
        {"x.en.liquid": "=== chat text\nHello\n=== chat text\nHello"},
        'x.en.liquid, line 3: the second section "chat text"; keep one',
    ),
    "no section": (
        {"x.en.liquid": "Hello"},
        "x.en.liquid, line 1: has no section; begin one with a line such as === email text",
    ),
    "half a channel": (
        {"x.en.liquid": a_source(push_title="Hello")},
        'x.en.liquid, line 1: push lacks the section "push text"; add it',
    ),
    "nothing said": (
        {"x.en.liquid": a_source(chat_text="{% if name %}Hello{% endif %}")},
        "x.en.liquid, line 3: says nothing with these words; give it a sentence for everybody",
    ),
    "a long SMS": (
        {"x.en.liquid": a_source(sms_text="x" * 460)},
        "x.en.liquid, line 3: longer than 3 messages (segments); shorten it",
    ),
    "a long SMS of other letters": (
        {"x.en.liquid": a_source(sms_text="ж" * 202)},
        "x.en.liquid, line 3: longer than 3 messages (segments); shorten it",
    ),
    "a long title": (
        {"x.en.liquid": a_source(push_title="x" * 66, push_text="Hello")},
        "x.en.liquid, line 3: longer than 65 characters; shorten it",
    ),
    "a channel in French only": (
        {"x.en.liquid": a_source(chat_text="Hello"), "x.fr.liquid": a_source(sms_text="Bonjour")},
        "x.fr.liquid, line 1: speaks by sms, but nothing does in other languages; write its sections in en",
    ),
    "another language": (
        {"x.de.liquid": a_source(chat_text="Hallo")},
        "x.de.liquid, line 1: a file is named like welcome.en.liquid, for en or fr",
    ),
    "an offer in one language": (
        {"_offers.fr.liquid": "=== gift\nun cadeau", "_offers.en.liquid": ""},
        '_offers.fr.liquid, line 1: the offer "gift" must be said in en and fr',
    ),
    "no signature": (
        {"_frame.fr.liquid": "", "x.en.liquid": a_source(chat_text="Hello")},
        '_frame.fr.liquid, line 1: lacks the section "email signature"; add it',
    ),
    "no place for the letter": (
        {"_frame.html": "<p>"},
        "_frame.html, line 1: must say {{ letter }} where the letter goes; add the file or the word",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_library_is_refused_with_the_file_and_the_line(name: str) -> None:
    sources, why = REFUSED[name]
    with pytest.raises(LettersError, match=f"^{re.escape(why)}"):
        read_library({**SURROUNDINGS, **sources})


def test_a_library_that_says_the_same_in_order_is_read() -> None:
    library = read_library(
        {
            **SURROUNDINGS,
            "x.en.liquid": a_source(sms_text="x" * (459 - len(" Reply STOP to opt out.")), chat_text="{{ name }}."),
        }
    )
    assert library.channels("x") == {"sms", "chat"}
    assert library.channels("y") == frozenset()


def test_a_folder_changes_some_letters_and_leaves_the_others_as_they_are_shipped(tmp_path: Path) -> None:
    tmp_path.joinpath("thanks.en.liquid").write_text(a_source(chat_text="Thanks."), encoding="utf-8")
    tmp_path.joinpath("thanks.fr.liquid").write_text(a_source(chat_text="Merci."), encoding="utf-8")
    tmp_path.joinpath("notes.txt").write_text("Not a letter.", encoding="utf-8")
    found = letters_in(tmp_path)
    assert found == {
        **SHIPPED,
        "thanks.en.liquid": a_source(chat_text="Thanks."),
        "thanks.fr.liquid": a_source(chat_text="Merci."),
    }
    assert read_library(found).channels("thanks") == {"chat"}


def test_a_file_that_is_no_text_is_refused_by_its_name(tmp_path: Path) -> None:
    tmp_path.joinpath("thanks.fr.liquid").write_bytes("déjà".encode("latin-1"))
    with pytest.raises(LettersError, match=r"^thanks\.fr\.liquid, line 1: is not UTF-8; save it as UTF-8$"):
        letters_in(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LettersError, match="No such file or directory; name a folder"):
        letters_in(tmp_path / "nowhere")


def test_a_file_without_end_is_read_no_further_than_is_needed_to_refuse_it(tmp_path: Path) -> None:
    tmp_path.joinpath("thanks.fr.liquid").write_text("x" * 1_000_000, encoding="utf-8")
    assert len(letters_in(tmp_path)["thanks.fr.liquid"]) == MOST_CHARACTERS + 1
    with pytest.raises(LettersError, match=r"^thanks\.fr\.liquid, line 1: longer than 32768 characters"):
        read_library(letters_in(tmp_path))


ASKED = [
    ("fr", "en", "Bonjour."),
    ("fr-CA", "en", "Bonjour."),
    ("en", "fr", "Hello."),
    ("de", "en", "Hello."),
    ("de", "fr", "Bonjour."),
    (None, "fr", "Bonjour."),
    (None, "en", "Hello."),
]


@pytest.mark.parametrize(("language", "default", "said"), ASKED)
def test_the_language_is_the_persons_then_the_default(language: str | None, default: str, said: str) -> None:
    library = a_library(
        chat_text="Hello.", french=a_source(chat_text="Bonjour."), default="fr" if default == "fr" else "en"
    )
    assert library.write("letter", channel="chat", language=language, words={}) == Letter(said)


def test_what_the_default_language_lacks_is_said_in_english() -> None:
    library = a_library(chat_text="Hello.", sms_text="Hi.", french=a_source(chat_text="Bonjour."), default="fr")
    assert library.write("letter", channel="sms", language="fr", words={}) == Letter("Hi.")


@pytest.mark.parametrize(("template", "channel"), [("letter", "sms"), ("other", "chat"), ("letter", "webhook")])
def test_what_no_template_says_is_unwritable(template: str, channel: str) -> None:
    with pytest.raises(
        Unwritable, match=f"^{template}, line 1: there is nothing by {channel}; write its sections in en"
    ):
        a_library(chat_text="Hello.").write(template, channel=channel, language="fr", words={})


EVERYTHING = "{{ name }} {{ business }} {{ agent }} {{ company }} {{ reference }}."
EVIL = (
    "<b>Bob</b>",
    "Ann\r\nBcc: all@example.org",
    "Ann\n\nPlease pay here",
    "\ue000https://evil.example\ue001here\ue002",
    '" onmouseover="alert(1)',
    "{{ survey_url }}{% for i in (1..9) %}",
    "\u202egnp.exe",
    "a\x00b\x1bc\u2028d",
    "=== sms text",
)
PLACES = ("name", "business", "agent", "company", "reference")


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def tags(letter: Letter) -> list[tuple[str, tuple[str, ...]]]:
    parser = Tags()
    parser.feed(letter.html or "")
    return parser.found


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("place", PLACES)
def test_no_word_makes_a_tag_a_line_a_header_or_a_link(place: str, evil: str) -> None:
    library = a_library(email_subject=EVERYTHING, email_text=f"Hello,\n\n{EVERYTHING}")
    plain = library.write("letter", channel="email", language="en", words={place: "plain"})
    letter = library.write("letter", channel="email", language="en", words={place: evil})
    assert tags(letter) == tags(plain)
    assert letter.subject is not None
    assert re.search(r"[\x00-\x1f\x7f\u2028\u202e\ue000-\ue002]", letter.subject) is None
    assert letter.text.count("\n") == plain.text.count("\n")
    assert re.search(r"[\x00-\x09\x0b-\x1f\u2028\u202e\ue000-\ue002]", letter.text) is None


def test_what_a_template_itself_says_may_make_a_line_and_a_link() -> None:
    library = a_library(email_subject="Hello", email_text='R&D <3\nsays\n\n{{ survey_url | link: "A & B" }}')
    letter = library.write("letter", channel="email", language="en", words={"survey_url": "https://a.example/?b=1&c=2"})
    assert letter.text.startswith("R&D <3\nsays\n\nA & B: https://a.example/?b=1&c=2\n")
    assert letter.html is not None
    assert "<p>R&amp;D &lt;3<br>says</p>" in letter.html
    assert '<p><a href="https://a.example/?b=1&amp;c=2">A &amp; B</a></p>' in letter.html


@pytest.mark.parametrize("separator", ["\r", "\x0b", "\x85", "\u2028"])
def test_nor_does_a_template_make_a_header(separator: str) -> None:
    library = a_library(email_subject=f"Hello{separator}Bcc: all@example.org", email_text="Hello.")
    letter = library.write("letter", channel="email", language="en", words={})
    assert letter.subject == "Hello Bcc: all@example.org"


@pytest.mark.parametrize("evil", EVIL)
def test_a_subject_is_one_header_of_a_mail(evil: str) -> None:
    library = a_library(email_subject="Hello {{ name }}", email_text="Hello.")
    mail = EmailMessage(policy=policy.SMTP)
    mail["Subject"] = library.write("letter", channel="email", language="en", words={"name": evil}).subject
    mail.set_content("Hello.")
    assert [*message_from_bytes(mail.as_bytes(), policy=policy.default)][:1] == ["Subject"]
    assert "Bcc" not in message_from_bytes(mail.as_bytes(), policy=policy.default)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://a.example/ b",
        'https://a.example/"onclick="',
        "https://a.example/\n",
        "ftp://a.example",
        "//a.example",
        "https://a.example/" + "a" * 600,
        "",
    ],
)
def test_what_is_no_address_of_the_web_is_not_linked_to(address: str) -> None:
    library = a_library(chat_text='Hello. {{ survey_url | link: "Here" }}')
    with pytest.raises(Unwritable) as refused:
        library.write("letter", channel="chat", language="en", words={"survey_url": address})
    assert str(refused.value) == "letter, line 1: survey_url is no address of the web; correct the setting"


PERSONAL: list[dict[str, Word]] = [{"name": "Secret Ann"}, {"reference": "SECRET-1"}, {"orders": 424242}]


def test_an_offer_that_nobody_says_is_not_named_to_a_customer() -> None:
    library = a_library(chat_text="Hello. {{ offer }}.")
    with pytest.raises(Unwritable) as refused:
        library.write("letter", channel="chat", language="en", words={"offer": "secret_99"})
    assert str(refused.value) == ('letter, line 1: nobody says what the offer "secret_99" is; add it to the offers')
    assert sorted(library.offers) == ["free_delivery", "next_order_discount"]


@pytest.mark.parametrize("words", PERSONAL)
def test_what_cannot_be_written_is_not_told_whom_it_was_for(words: dict[str, Word]) -> None:
    word, value = next(iter(words.items()))
    text = f"{{% if {word} == '{value}' or {word} == {424242} %}}\n{{{{ {word} | divided_by: 0 }}}}{{% endif %}}Hello."
    with pytest.raises(Unwritable) as refused:
        a_library(chat_text=text).write("letter", channel="chat", language="en", words=words)
    assert str(refused.value) == (
        "letter.en.liquid, line 4: cannot do this with the words of this letter; ask by if before it does"
    )


NAMED = "Hello{% if name %} {{ name }}{% endif %}, good day. "


@pytest.mark.parametrize(
    ("name", "said"),
    [("Ann", "Hello Ann, good day."), ("François", "Hello, good day."), ("x" * 64, "Hello, good day.")],
)
def test_an_sms_that_a_name_makes_dear_goes_without_it(name: str, said: str) -> None:
    library = a_library(sms_text=NAMED + "x" * 240)
    letter = library.write("letter", channel="sms", language="en", words={"name": name})
    assert letter.text.startswith(said)


def test_an_sms_keeps_a_name_that_fits() -> None:
    letter = a_library(sms_text=NAMED).write("letter", channel="sms", language="en", words={"name": "François"})
    assert letter == Letter("Hello François, good day.")


def test_an_sms_is_set_in_plain_type() -> None:
    library = a_library(
        sms_text="x",
        french=a_source(sms_text="C’est « ici » – à l’œuvre… {% if orders %}{{ orders | days }}{% endif %} ?"),
    )
    letter = library.write("letter", channel="sms", language="fr", words={"orders": 1200})
    assert letter == Letter("C'est \" ici \" - à l'oeuvre... 1 200 jours ?")


def test_dates_and_numbers_are_said_in_the_language_of_the_letter() -> None:
    said = (
        "{% if orders %}{{ renewal_on }}, {{ orders | days }}, {{ orders | roughly }}, {{ usual_gap_days | every }}, "
        "{{ offer }}.{% endif %} Well."
    )
    library = a_library(chat_text=said, french=a_source(chat_text=said))
    words: dict[str, Word] = {
        "renewal_on": date(2027, 3, 1),
        "orders": 1200,
        "usual_gap_days": 14,
        "offer": "free_delivery",
    }
    assert [library.write("letter", channel="chat", language=each, words=words).text for each in ("en", "fr")] == [
        "1 March 2027, 1,200 days, three years, every two weeks, free delivery on your next order. Well.",
        (
            "1er mars 2027, 1\u202f200\u00a0jours, trois ans, toutes les deux semaines, "
            "la livraison gratuite de votre prochaine commande. Well."
        ),
    ]


def test_a_mail_in_html_is_this() -> None:
    library = read_library(SHIPPED)
    words: dict[str, Word] = {"name": "Zoé", "company": "A & B", "unsubscribe_url": "https://a.example/u"}
    letter = library.write("welcome", channel="email", language="fr", words=words)
    assert letter.html == (
        '<!doctype html>\n<html lang="fr" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<title>Bienvenue, Zoé</title>\n</head>\n'
        '<body style="margin: 0; padding: 24px 16px; font: 16px/1.5 -apple-system, '
        "'Segoe UI', Roboto, Helvetica, Arial, sans-serif\">\n"
        '<main style="max-width: 36em; margin: 0 auto">\n'
        "<p>Bonjour Zoé,</p>\n"
        "<p>Merci de nous avoir choisis, et bienvenue chez A &amp; B.</p>\n"
        "<p>Si vous avez une question, maintenant ou plus tard, il suffit de répondre à ce message\u00a0: "
        "c’est une personne qui vous lira.</p>\n"
        "<p>Vous n’avez rien d’autre à faire.</p>\n"
        "<p>Bien à vous,<br>L’équipe A &amp; B</p>\n"
        "</main>\n"
        '<footer style="max-width: 36em; margin: 32px auto 0; font-size: 14px">\n'
        "<p>A &amp; B vous écrit parce que vous avez accepté de recevoir ses courriels. "
        "Si vous ne le souhaitez plus, un clic suffit.<br>"
        '<a href="https://a.example/u">Se désabonner</a></p>\n'
        "</footer>\n</body>\n</html>\n"
    )


def test_a_frame_that_loads_something_is_seen() -> None:
    frame = SURROUNDINGS["_frame.html"].replace("{{ letter }}", '{{ letter }}<img src="http://a.example/pixel">')
    library = read_library({**SHIPPED, "_frame.html": frame})
    letter = library.write("welcome", channel="email", language="en", words={})
    assert ("img", ("src",)) in tags(letter)
    assert "http" in (letter.html or "")


def test_no_mail_loads_anything_from_elsewhere() -> None:
    library = read_library(SHIPPED)
    for template, language in library.editions:
        if "email" in library.channels(template):
            letter = library.write(template, channel="email", language=language, words={})
            assert {tag for tag, _ in tags(letter)}.isdisjoint({"img", "link", "script", "iframe", "style"})
            assert "http" not in (letter.html or "")
