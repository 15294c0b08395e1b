"""How many messages a text costs: 160 characters of the GSM alphabet fit into one, of any other 70."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_PLAIN = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "…": "...",
        "œ": "oe",
        "Œ": "Oe",
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
    }
)


def in_plain_type(text: str) -> str:
    """Fine typography makes a text more than twice as dear, and nobody sees it there."""
    return text.translate(_PLAIN)


def segments(text: str) -> int:
    """A character outside the GSM alphabet makes all of them cost more; those outside the BMP count twice."""
    if all(each in _BASIC or each in _EXTENDED for each in text):
        units, alone, joined = len(text) + sum(each in _EXTENDED for each in text), 160, 153
    else:
        units, alone, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if units <= alone else -(-units // joined)
