"""Kill switches: a playbook, or all of them, sends nothing until somebody takes it back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Response
from pydantic import StringConstraints

from fidelio_notify.adapters.mongo_switches import EVERY_PLAYBOOK, MongoSwitches, stopped
from fidelio_notify.api.shapes import Because, PlaybooksView, SwitchesView
from fidelio_notify.domain.playbooks.model import Playbook
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_shared.access.accesses import VisitOf
from fidelio_shared.access.answers import answer, refusals
from fidelio_shared.contracts.ingest import Contract

_NAME = r"^(\*|[a-z][a-z0-9_-]{0,63})$"
Stopped = Annotated[str, StringConstraints(pattern=_NAME)]
Which = Annotated[str, Path(alias="playbook", pattern=_NAME, description="a playbook's name, * for all of them")]


class Stop(Contract):
    """`playbook`: its name, `*` for all of them."""

    playbook: Stopped
    why: Because


@dataclass(frozen=True, slots=True)
class SwitchEndpoints:
    switches: MongoSwitches
    in_use: PlaybooksInUse

    def add_to(self, reading: APIRouter, writing: APIRouter) -> None:
        reading.get("/playbooks", response_model=PlaybooksView, responses=refusals())(self.playbooks)
        reading.get("/switches", response_model=SwitchesView, responses=refusals())(self.all)
        told = refusals(400, 404)
        writing.post("/switches", response_model=SwitchesView, responses=told)(self.stop)
        writing.delete("/switches/{playbook}", response_model=SwitchesView, responses=refusals(404))(self.start)

    async def playbooks(self) -> Response:
        """The playbooks in use, and which are stopped."""
        names, found = stopped(await self.switches.all()), self.in_use.playbooks
        told = [
            _playbook(each, is_stopped=not names.isdisjoint((each.name, EVERY_PLAYBOOK))) for each in found.playbooks
        ]
        return answer({"file": found.file, "version": found.version, "playbooks": told})

    async def all(self) -> Response:
        return answer({"switches": [asdict(each) for each in await self.switches.all()]})

    async def stop(self, told: Stop, visit: VisitOf) -> Response:
        """Nothing of it is sent from now on; what is decided meanwhile is suppressed."""
        if told.playbook != EVERY_PLAYBOOK and self.in_use.playbooks.playbook(told.playbook) is None:
            raise HTTPException(404, "no playbook in use has this name; see GET /playbooks")
        await self.switches.stop(told.playbook, by=visit.who, why=told.why)
        return await self.all()

    async def start(self, playbook: Which) -> Response:
        """What is decided from now on is sent again; what was suppressed stays so."""
        if not await self.switches.start(playbook):
            raise HTTPException(404, "it is not stopped; see GET /switches")
        return await self.all()


def _playbook(playbook: Playbook, *, is_stopped: bool) -> Mapping[str, object]:
    goal = playbook.goal
    return {
        "name": playbook.name,
        "version": playbook.version,
        "label": playbook.label._asdict(),
        "trigger": type(playbook.trigger).__name__,
        "purpose": playbook.purpose,
        "is_transactional": playbook.is_transactional,
        "priority": playbook.priority,
        "holdout": playbook.holdout,
        "expires_after_seconds": playbook.expires_after.total_seconds(),
        "goal": {"types": sorted(goal.types), "within_seconds": goal.within.total_seconds()} if goal else None,
        "steps": [
            {
                "after_seconds": each.after.total_seconds(),
                "channels": each.channels,
                "variants": [asdict(variant) for variant in each.variants],
                "offer": each.offer,
            }
            for each in playbook.steps
        ],
        "is_stopped": is_stopped,
    }
