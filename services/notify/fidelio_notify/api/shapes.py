"""What the endpoints answer and are told."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from fidelio_notify.domain.tasks import LONGEST_NAME, LONGEST_NOTE, DoneOutcome, Outcome, State
from fidelio_notify.domain.typed_addresses import LONGEST_ADDRESS
from fidelio_notify.domain.unwanted import Why
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract, HexId
from fidelio_shared.contracts.notify import NotificationChanged

Agent = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NOTE)]
Because = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NOTE)]


class ChangeView(Contract):
    """`by`: the agent, or `deadline`. `key`: name of the API key that it was said under."""

    state: State
    at: datetime
    by: str
    key: str
    outcome: Outcome | None
    note: str | None


class TaskSummary(Contract):
    """`task`: the decision that it comes from. `priority`: 0 to 100, by customer value and churn risk."""

    task: HexId
    profile: ProfileId
    state: State
    priority: int
    opened_at: datetime
    due_at: datetime
    assignee: str | None
    outcome: Outcome | None


class TaskView(TaskSummary):
    """`to`: the number to call. `letter`: what the agent should know and may say. `changes`: the first one first."""

    to: str
    letter: str
    changes: tuple[ChangeView, ...]


class TasksPage(Contract):
    """The most urgent first; `next`: the cursor of the page after, None at the end."""

    tasks: tuple[TaskSummary, ...]
    next: str | None


class Taking(Contract):
    """`agent`: who takes it; only they can close it then."""

    agent: Agent


class Finishing(Contract):
    """`outcome`: the customer was reached, or declined to talk."""

    agent: Agent
    outcome: DoneOutcome
    note: Note | None = None


class GivingUp(Contract):
    """The customer was not reached, and nobody tries again."""

    agent: Agent
    note: Note | None = None


class EvidenceView(Contract):
    """`basis`: `consent`, or `contract` for what is owed to the customer, which needs none. `channel`: `any` where they
    agreed for every channel. `interaction`: the one by which they agreed. `evidence`: what the channel system named as
    proof. `expires_at`: None where nothing was said of an end."""

    basis: Literal["consent", "contract"]
    purpose: str | None = None
    channel: str | None = None
    interaction: HexId | None = None
    evidence: str | None = None
    lawful_basis: str | None = None
    policy_version: str | None = None
    given_at: datetime | None = None
    expires_at: datetime | None = None


class DecisionView(NotificationChanged):
    """As it was announced last, with every gate's verdict; `evidence`: of a message that was sent."""

    evidence: EvidenceView | None


class DecisionsPage(Contract):
    """Those with the latest reason first; `next`: the cursor of the page after, None at the end."""

    decisions: tuple[DecisionView, ...]
    next: str | None


class ProofView(Contract):
    """That a message was allowed. `letter`: digest of what was sent. `was_valid`: the consent was given before it was
    sent, and had not ended by then; what is owed needs none."""

    decision: HexId
    profile: ProfileId
    playbook: str
    playbook_version: int
    channel: str
    sent_at: datetime
    message_id: str
    letter: str
    evidence: EvidenceView
    was_valid: bool


class SwitchView(Contract):
    """`playbook`: its name, `*` for all of them."""

    playbook: str
    by: str
    why: str
    since: datetime


class SwitchesView(Contract):
    switches: tuple[SwitchView, ...]


class Address(Contract):
    """An e-mail address, or a phone number with its country."""

    address: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ADDRESS)]


class Unwelcome(Address):
    why: Why


class Removal(Address):
    """`reason`: kept with who took it off the list, such as a new consent by letter."""

    reason: Because


class Listed(Contract):
    """`why`, `since`, `decision`: None where it is not on the list; `decision`: the message that was answered so."""

    is_listed: bool
    why: Why | None = None
    since: datetime | None = None
    decision: HexId | None = None


class Words(Contract):
    en: str
    fr: str


class VariantView(Contract):
    name: str
    share: float
    template: str


class StepView(Contract):
    """`after_seconds`: so long after the step before, of the first after the cause."""

    after_seconds: float
    channels: tuple[str, ...]
    variants: tuple[VariantView, ...]
    offer: str | None


class GoalView(Contract):
    types: tuple[str, ...]
    within_seconds: float


class PlaybookView(Contract):
    """`trigger`: its kind. `is_stopped`: by a switch of its own, or by the one for all."""

    name: str
    version: int
    label: Words
    trigger: str
    purpose: str
    is_transactional: bool
    priority: int
    holdout: float
    expires_after_seconds: float
    goal: GoalView | None
    steps: tuple[StepView, ...]
    is_stopped: bool


class PlaybooksView(Contract):
    """`version`: of the whole file."""

    file: str
    version: str
    playbooks: tuple[PlaybookView, ...]
