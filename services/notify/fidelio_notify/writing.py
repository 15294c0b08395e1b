"""From a decision that may be carried out to the order that its provider is given."""

from dataclasses import dataclass
from hashlib import blake2b

from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.deciding import Winner
from fidelio_notify.domain.decisions import Decision
from fidelio_notify.domain.gates.case import Case
from fidelio_notify.domain.letters.letter import Letter
from fidelio_notify.domain.letters.library import Library
from fidelio_notify.domain.letters.words import Addresses, Sender, words_of
from fidelio_notify.domain.messages import Message
from fidelio_notify.domain.playbooks.model import Step, Variant
from fidelio_notify.domain.tasks import priority
from fidelio_notify.domain.unsubscribing import Unsubscription, make_token
from fidelio_notify.providers import Call, Order
from fidelio_shared.contracts.notify import CallBack

CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class Links:
    """Where people reach Fidelio on the web: `public_url` without a slash at its end, None where they do not."""

    key: bytes
    public_url: str | None = None
    survey_url: str | None = None

    def unsubscribe(self, winner: Winner) -> str | None:
        """None of what is owed: of that nobody can unsubscribe."""
        if self.public_url is None or winner.case.playbook.is_transactional:
            return None
        proposal = winner.decision.proposal
        wanted = Unsubscription(
            proposal.decision, proposal.profile, winner.case.playbook.purpose, winner.allowed.channel
        )
        return f"{self.public_url}/unsubscribe/{make_token(self.key, wanted)}"

    def survey(self, decision: Decision) -> str | None:
        """An answer there names the message by which it was asked."""
        return f"{self.survey_url}/{decision.id}" if self.survey_url else None


@dataclass(frozen=True, slots=True)
class Written:
    """`digest`: of the letter, so that it can be told later which one was sent."""

    order: Order
    digest: str
    call_back: CallBack | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    library: Library
    sender: Sender
    links: Links

    def write(self, winner: Winner, *, partition: int) -> Written:
        """Raises Unwritable. `partition`: of the person's key."""
        decision, case, allowed = winner.decision, winner.case, winner.allowed
        unsubscribe = self.links.unsubscribe(winner)
        message = Message(
            decision=decision.id,
            purpose=case.playbook.purpose,
            channel=allowed.channel,
            to=allowed.address,
            letter=self.letter(decision, case, channel=allowed.channel, unsubscribe=unsubscribe),
            evidence=allowed.evidence,
            is_transactional=case.playbook.is_transactional,
        )
        call = _call(winner, partition) if allowed.channel == CALLBACK else None
        order = Order(
            message.decision,
            message.channel,
            message.to,
            message.letter,
            unsubscribe=unsubscribe,
            playbook=case.playbook.name,
            call=call,
        )
        digest = _digest(message.letter)
        return Written(order, digest, CallBack(task=decision.id, priority=call.priority) if call else None)

    def letter(self, decision: Decision, case: Case, *, channel: str, unsubscribe: str | None) -> Letter:
        """Raises Unwritable."""
        words = words_of(
            case.card,
            decision.proposal.reason,
            now=case.now,
            offer=case.step.offer,
            sender=self.sender,
            addresses=Addresses(survey=self.links.survey(decision), unsubscribe=unsubscribe),
        )
        return self.library.write(
            _variant(case.step, decision.variant).template,
            channel=channel,
            language=case.card.person.language if case.card else None,
            words=words,
        )


def _variant(step: Step, name: str | None) -> Variant:
    return next((each for each in step.variants if each.name == name), step.variants[0])


def _call(winner: Winner, partition: int) -> Call:
    proposal = winner.decision.proposal
    return Call(
        profile=proposal.profile,
        partition=partition,
        priority=_priority(winner.case.card),
        at=winner.case.now,
        due_at=proposal.deadline,
    )


def _priority(card: Card | None) -> int:
    scored = card.scored if card else None
    value = scored.value.amount if scored and scored.value else None
    return priority(value, scored.churn.after if scored and scored.churn else None)


def _digest(letter: Letter) -> str:
    digest = blake2b(digest_size=16)
    for part in (letter.subject, letter.text, letter.html):
        raw = (part or "").encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.hexdigest()
