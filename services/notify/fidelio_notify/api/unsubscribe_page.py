"""The page on which a customer unsubscribes: one sentence, one button, no script, nothing from anywhere else."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal

from fastapi.responses import HTMLResponse

from fidelio_notify.domain.unsubscribing import Unsubscription

Language = Literal["en", "fr"]
_LANGUAGES: tuple[Language, ...] = ("en", "fr")
_STYLE = """
:root{color-scheme:light dark}
body{margin:0;font:1.125rem/1.6 system-ui,sans-serif;background:#fff;color:#1c1c1c}
main{max-width:34rem;margin:12vh auto 0;padding:0 1.25rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}
button{font:inherit;font-weight:600;padding:.7rem 1.4rem;border:2px solid #14532d;border-radius:.4rem;
background:#14532d;color:#fff;cursor:pointer}
button:hover{background:#0f3f22}
button:focus-visible{outline:3px solid #1d4ed8;outline-offset:3px}
.small{font-size:1rem;color:#4a4a4a}
@media(prefers-color-scheme:dark){body{background:#151515;color:#f2f2f2}.small{color:#c4c4c4}
button{background:#86efac;border-color:#86efac;color:#0b2414}button:hover{background:#bbf7d0}
button:focus-visible{outline-color:#93c5fd}}
"""
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class _Texts:
    title: str
    question: str
    button: str
    still: str
    done_title: str
    done: str
    wrong_title: str
    wrong: str
    channels: Mapping[str, str]


_TEXTS: Mapping[Language, _Texts] = {
    "en": _Texts(
        title="Unsubscribe",
        question="Would you like to stop receiving messages of this kind (“{purpose}”) {channel}?",
        button="Yes, unsubscribe me",
        still="Nothing has changed yet. If you would rather keep receiving them, simply close this page. Either way, "
        "messages about your orders and requests still reach you.",
        done_title="You are unsubscribed",
        done="We will not send you messages of this kind (“{purpose}”) {channel} any more. One that is already on its "
        "way may still arrive. Thank you for telling us.",
        wrong_title="This link does not work",
        wrong="It may have been cut off. Please open it once more from the message that you received, or copy it "
        "whole. If it still does not work, answer that message: a person will see to it.",
        channels={
            "email": "by e-mail",
            "sms": "by text message",
            "push": "as notifications",
            "chat": "by chat",
            "callback": "by phone",
        },
    ),
    "fr": _Texts(
        title="Se désabonner",
        question="Souhaitez-vous ne plus recevoir ce type de messages («\u00a0{purpose}\u00a0») {channel}\u00a0?",
        button="Oui, me désabonner",
        still="Rien n’a encore changé. Si vous préférez continuer à les recevoir, il suffit de fermer cette page. Dans "
        "tous les cas, les messages concernant vos commandes et vos demandes vous parviendront.",
        done_title="C’est fait",
        done="Nous ne vous enverrons plus ce type de messages («\u00a0{purpose}\u00a0») {channel}. Un message déjà "
        "parti peut encore vous parvenir. Merci de nous l’avoir dit.",
        wrong_title="Ce lien ne fonctionne pas",
        wrong="Il a peut-être été coupé. Ouvrez-le de nouveau depuis le message que vous avez reçu, ou copiez-le en "
        "entier. S’il ne fonctionne toujours pas, répondez à ce message\u00a0: une personne s’en occupera.",
        channels={
            "email": "par e-mail",
            "sms": "par SMS",
            "push": "par notification",
            "chat": "par messagerie",
            "callback": "par téléphone",
        },
    ),
}


def language_of(person: str | None, accepted: str) -> Language:
    """The person's own; where that is not known or not spoken here, the one that their browser prefers; else English.

    `accepted`: the header Accept-Language.
    """
    told = [person or "", *_by_preference(accepted)]
    primary = (each.split("-")[0].split("_")[0].strip().lower() for each in told)
    return next((spoken for each in primary for spoken in _LANGUAGES if spoken == each), "en")


def question_page(wanted: Unsubscription, language: Language) -> HTMLResponse:
    """Asks, and changes nothing: mail scanners follow every link. The form goes to the address of the page itself."""
    texts = _TEXTS[language]
    form = (
        '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
        f'<button type="submit">{texts.button}</button></form>'
    )
    body = f'<p>{_filled(texts.question, wanted, texts)}</p>{form}<p class="small">{texts.still}</p>'
    return _page(language, texts.title, body, status=200)


def done_page(wanted: Unsubscription, language: Language) -> HTMLResponse:
    texts = _TEXTS[language]
    return _page(language, texts.done_title, f"<p>{_filled(texts.done, wanted, texts)}</p>", status=200)


def wrong_page(language: Language) -> HTMLResponse:
    texts = _TEXTS[language]
    return _page(language, texts.wrong_title, f"<p>{texts.wrong}</p>", status=404)


def _filled(text: str, wanted: Unsubscription, texts: _Texts) -> str:
    channel = texts.channels.get(wanted.channel, f"({escape(wanted.channel)})")
    return text.format(purpose=escape(wanted.purpose), channel=channel)


def _page(language: Language, title: str, body: str, *, status: int) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>",
        status_code=status,
        headers=_HEADERS,
    )


def _by_preference(accepted: str) -> list[str]:
    """As much as browsers send; what cannot be read counts as preferred."""
    weighed = [(part.split(";q=")[0], part.partition(";q=")[2]) for part in accepted[:256].split(",")]
    return [name for name, _ in sorted(weighed, key=lambda each: -_weight(each[1]))]


def _weight(told: str) -> float:
    try:
        return min(max(float(told), 0.0), 1.0)
    except ValueError:
        return 1.0
