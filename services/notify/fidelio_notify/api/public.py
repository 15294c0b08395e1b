"""What is open to everybody: where customers unsubscribe, and where providers say what became of a message. Nobody has
a key here; a signature says what may be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Path, Request, Response
from fastapi.responses import HTMLResponse

from fidelio_notify.answers import Answers, Posted, Taken
from fidelio_notify.api.failures import Failures
from fidelio_notify.api.unsubscribe_page import done_page, language_of, question_page, wrong_page
from fidelio_notify.unsubscribing import Unsubscribing
from fidelio_shared.access.answers import Problem

LARGEST_ANSWER = 64 * 1024
Token = Annotated[str, Path(description="of the address in the message")]
Accepted = Annotated[str, Header(alias="Accept-Language", description="where the person's own language is not known")]
Provider = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64, description="as named in the settings")]

_ONE_CLICK = {
    "requestBody": {
        "description": "RFC 8058; it is not read: who sends the token has said all",
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {"type": "object", "properties": {"List-Unsubscribe": {"const": "One-Click"}}}
            }
        },
    }
}
_HTML: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}
_PAGES: dict[int | str, dict[str, Any]] = {
    404: {"description": "This token was never given to anybody", "content": _HTML},
    429: {"description": "There were too many wrong tokens", "model": Problem},
    503: {"description": "A store does not answer, try again", "model": Problem},
}
_CALLBACKS: dict[int | str, dict[str, Any]] = {
    204: {"description": "Taken, or known already"},
    400: {"description": "It cannot be read", "model": Problem},
    401: {"description": "The signature is missing, wrong or too old", "model": Problem},
    404: {"description": "No provider has this name", "model": Problem},
    413: {"description": "It is too large", "model": Problem},
    422: {"description": "A parameter is not what it must be", "model": Problem},
    429: {"description": "There were too many wrong requests", "model": Problem},
    503: {"description": "A store does not answer, try again", "model": Problem},
}
_WRONG: Mapping[Taken, tuple[int, str]] = {
    "unreadable": (400, "this is not by the provider's contract"),
    "forged": (401, "the signature is missing, wrong or too old"),
    "unknown": (404, "no provider has this name"),
}


@dataclass(frozen=True, slots=True)
class PublicEndpoints:
    unsubscribing: Unsubscribing
    answers: Answers
    failures: Failures

    def add_to(self, public: APIRouter) -> None:
        public.get("/unsubscribe/{token}", response_class=HTMLResponse, responses=_PAGES)(self.ask)
        public.post("/unsubscribe/{token}", response_class=HTMLResponse, responses=_PAGES, openapi_extra=_ONE_CLICK)(
            self.unsubscribe
        )
        public.post("/callbacks/{provider}", status_code=204, responses=_CALLBACKS)(self.take)

    async def ask(self, token: Token, accepted: Accepted = "") -> Response:
        """A page with one button. Looking at it changes nothing."""
        wanted = self.unsubscribing.read(token)
        if wanted is None:
            return self._wrong(accepted)
        language = await self.unsubscribing.language(wanted)
        return question_page(wanted, language_of(language, accepted))

    async def unsubscribe(self, token: Token, accepted: Accepted = "") -> Response:
        """Withdraws the consent, and puts the address on the suppression list. Repeated, it changes nothing more."""
        wanted = self.unsubscribing.read(token)
        if wanted is None:
            return self._wrong(accepted)
        language = await self.unsubscribing.carry_out(wanted)
        return done_page(wanted, language_of(language, accepted))

    async def take(self, provider: Provider, request: Request) -> Response:
        """What became of messages, in the provider's own words, signed."""
        posted = Posted(request.headers, request.url.query, await _body(request))
        taken = await self.answers.take(provider, posted)
        if taken != "taken":
            self.failures.count()
            raise HTTPException(*_WRONG[taken])
        return Response(status_code=204)

    def _wrong(self, accepted: str) -> Response:
        self.failures.count()
        return wrong_page(language_of(None, accepted))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_ANSWER:
            raise HTTPException(413, f"a provider's answer has at most {LARGEST_ANSWER} bytes")
    return bytes(body)
