"""Channel `callback`: what is sent is a task for an agent, in notify's own database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fidelio_notify.adapters.mongo_tasks import MongoTaskStore
from fidelio_notify.domain.tasks import Task
from fidelio_notify.providers import Accepted, Order, Outcome, Refused, Unknown
from fidelio_shared.messaging.errors import Unavailable

INCOMPLETE = "no_call"
"""The order does not say whom the task is about, and until when."""

ERASED = "erased"


@dataclass(frozen=True, slots=True)
class CallbackSession:
    tasks: MongoTaskStore

    async def send(self, order: Order) -> Outcome:
        """Looked at after it is stored: who is erased meanwhile is forgotten with their tasks, or seen here."""
        if order.call is None:
            return Refused(INCOMPLETE)
        call = order.call
        task = Task(
            id=order.decision,
            profile=call.profile,
            partition=call.partition,
            priority=call.priority,
            opened_at=call.at,
            due_at=call.due_at,
            to=order.to,
            letter=order.letter.text,
        )
        try:
            await self.tasks.add(task)
            if await self.tasks.is_erased(task.profile):
                await self.tasks.forget([task.profile])
                return Refused(ERASED)
        except Unavailable:
            return Unknown()
        return Accepted(task.id)


@dataclass(frozen=True, slots=True)
class CallbackProvider:
    tasks: MongoTaskStore

    @property
    def repeats_safely(self) -> bool:
        """The decision is the task's key."""
        return True

    @asynccontextmanager
    async def session(self) -> AsyncIterator[CallbackSession]:
        yield CallbackSession(self.tasks)
