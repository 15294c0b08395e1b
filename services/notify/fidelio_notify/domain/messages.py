"""A message, ready to be handed to a provider."""

from dataclasses import dataclass

from fidelio_notify.domain.gates.consent import ConsentEvidence, Evidence, LegalBasis
from fidelio_notify.domain.letters.letter import Letter


@dataclass(frozen=True, slots=True)
class Message:
    """Cannot exist without what entitles to send it: a consent for this purpose and channel, or the contract where it
    is transactional."""

    decision: str
    purpose: str
    channel: str
    to: str
    letter: Letter
    evidence: Evidence
    is_transactional: bool = False

    def __post_init__(self) -> None:
        if not self._is_entitled():
            raise TypeError("a message needs evidence for its purpose and channel; judge the case first")

    def _is_entitled(self) -> bool:
        if isinstance(self.evidence, ConsentEvidence):
            return not self.is_transactional and self.evidence.covers(self.purpose, self.channel)
        return isinstance(self.evidence, LegalBasis) and self.is_transactional
