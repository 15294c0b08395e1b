"""Libraries of one template of which a test writes only the words that matter to it."""

from fidelio_notify.adapters.letter_files import shipped_letters
from fidelio_notify.domain.letters.library import Library
from fidelio_notify.domain.letters.reading import read_library
from fidelio_notify.domain.letters.speech import Language

SHIPPED = shipped_letters()
SURROUNDINGS = {name: source for name, source in SHIPPED.items() if name.startswith("_")}


def a_source(*, note: str = "A note.", **sections: str) -> str:
    """The sections by their names, `_` for the space."""
    return "\n".join((note, *(f"=== {name.replace('_', ' ')}\n{text}" for name, text in sections.items())))


def a_library(*, default: Language = "en", french: str | None = None, **sections: str) -> Library:
    """Of one template, `letter`, in English; and in French where it is given."""
    sources = {**SURROUNDINGS, "letter.en.liquid": a_source(**sections)}
    if french is not None:
        sources["letter.fr.liquid"] = french
    return read_library(sources, default=default)
