"""Decisions as documents of the ledger."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fidelio_notify.domain.decisions import Decision, Sent
from fidelio_notify.domain.gates.consent import ConsentEvidence, Evidence, LegalBasis
from fidelio_notify.domain.proposals import Proposal
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.notify import CallBack, Reason, Verdict
from fidelio_shared.storage.mongo import Document


def document_of(decision: Decision, *, partition: int, due_at: datetime, stored_at: datetime) -> Document:
    """As it is stored first. `stored_at`: its age, for the index that ends it."""
    proposal = decision.proposal
    return {
        "root": bytes.fromhex(proposal.root),
        "partition": partition,
        "profile": bytes.fromhex(proposal.profile),
        "playbook": proposal.playbook,
        "reason": proposal.reason.model_dump(exclude_none=True),
        "play_step": proposal.step,
        "caused_at": proposal.caused_at,
        "release_at": proposal.release_at,
        "due_at": due_at,
        "deadline": proposal.deadline,
        "is_historical": proposal.is_historical,
        **({"mass": proposal.mass} if proposal.mass else {}),
        **({"origin": bytes.fromhex(proposal.origin)} if proposal.origin else {}),
        "is_transactional": decision.is_transactional,
        "state": "open",
        "is_announced": False,
        "stored_at": stored_at,
        **step_of(decision),
    }


def step_of(decision: Decision) -> Document:
    """What a step changes."""
    return {
        "step": decision.step,
        "at": decision.at,
        "verdicts": [each.model_dump(exclude_none=True) for each in decision.verdicts],
        "playbook_version": decision.playbook_version,
        "playbooks": decision.playbooks,
        "channel": decision.channel,
        "variant": decision.variant,
        "offer": decision.offer,
        "arm": decision.arm,
        "until": decision.until,
        "superseded_by": decision.superseded_by,
        "sent": asdict(decision.sent) if decision.sent else None,
        "failure": decision.failure,
        "call_back": decision.call_back.model_dump() if decision.call_back else None,
    }


def decision_from(document: Mapping[str, Any]) -> Decision:
    sent, call_back = document["sent"], document["call_back"]
    return Decision(
        proposal=_proposal_from(document),
        is_transactional=document["is_transactional"],
        step=document["step"],
        at=document["at"],
        verdicts=tuple(Verdict.model_validate(each) for each in document["verdicts"]),
        playbook_version=document["playbook_version"],
        playbooks=document["playbooks"],
        channel=document["channel"],
        variant=document["variant"],
        offer=document["offer"],
        arm=document["arm"],
        until=document["until"],
        superseded_by=document["superseded_by"],
        sent=Sent(**{**sent, "evidence": _evidence_from(sent["evidence"])}) if sent else None,
        failure=document["failure"],
        call_back=CallBack.model_validate(call_back) if call_back else None,
        is_resumed=document.get("is_resumed", False),
        due_at=document["due_at"],
    )


def _evidence_from(document: Mapping[str, Any]) -> Evidence:
    return LegalBasis(**document) if "basis" in document else ConsentEvidence(**document)


def _proposal_from(document: Mapping[str, Any]) -> Proposal:
    return Proposal(
        decision=document["_id"].hex(),
        root=document["root"].hex(),
        playbook=document["playbook"],
        profile=ProfileId(document["profile"].hex()),
        reason=Reason.model_validate(document["reason"]),
        step=document["play_step"],
        caused_at=document["caused_at"],
        release_at=document["release_at"],
        deadline=document["deadline"],
        is_historical=document["is_historical"],
        mass=document.get("mass"),
        origin=ProfileId(origin.hex()) if (origin := document.get("origin")) else None,
    )
