"""What segments do, case by case: what somebody does, and every change of their memberships with its instant.

The table is plain data: it can be told to a running service as well, as interactions and as the changes that it must
announce. Instants never coincide with those of the interactions, where it matters which comes first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fidelio_scoring.domain.segments.reading import NO_SCORES, Scores
from support.segment_world import Event, day, event

TICKET, OTHER = {"kind": "ticket", "id": "1"}, {"kind": "ticket", "id": "2"}
HORIZON = timedelta(days=1500)


@dataclass(frozen=True, slots=True)
class Case:
    """`segments`: YAML. `changes`: each with the names of all segments from then on."""

    name: str
    segments: str
    events: Sequence[Event]
    changes: Sequence[tuple[datetime, str]]
    groups: Mapping[str, str] = field(default_factory=dict)
    scores: Scores = NO_SCORES


def order(at: datetime, value: str = "10.00", currency: str = "EUR", **more: object) -> Event:
    return event(at, "order.placed", amount={"value": value, "currency": currency}, **more)


def consent(at: datetime, status: str, purpose: str = "marketing", channel: str = "email", **more: object) -> Event:
    given = {"purpose": purpose, "channel": channel, "status": status, **more}
    return event(at, "consent.changed", consent=given)


def answer(at: datetime, scale: str, value: int) -> Event:
    return event(at, "survey.answered", rating={"scale": scale, "value": value})


def ticket(at: datetime, name: str, reference: Mapping[str, str] = TICKET) -> Event:
    return event(at, f"ticket.{name}", reference=reference)


def view(at: datetime, **more: object) -> Event:
    return event(at, "page.viewed", **more)


def opened(*days: float) -> list[Event]:
    return [event(day(each), "ticket.opened") for each in days]


_THREE = "it: {happened: {type: ticket.opened, at_least: 3, within: 30 days}}"
_SILENT = "it: {absent: {type: order.placed, for: 60 days}}"
_LAPSED = "it: {absent: {type: order.placed, for: 60 days, ever: true}}"
_UNASKED = "it: {sequence: {first: ticket.resolved, then_no: survey.answered, within: 3 days}}"
_ANSWERED = "it: {sequence: {first: ticket.resolved, then: survey.answered, within: 3 days}}"

WINDOWS = (
    Case("one event is in a window of its length, and not a millisecond longer",
         "it: {happened: {type: visit.made, within: 1 hour}}",
         [event(day(0), "visit.made")], [(day(0), "it"), (day(0, hours=1), "")]),
    Case("the third of a type enters, the third latest leaves", _THREE, opened(0, 10, 20),
         [(day(20), "it"), (day(30), "")]),
    Case("two are not three", _THREE, opened(0, 10), []),
    Case("three that are too far apart never are three", _THREE, opened(0, 15, 30), []),
    Case("three that are a millisecond short of too far apart are three for that millisecond", _THREE,
         [*opened(0, 15), event(day(30, ms=-1), "ticket.opened")], [(day(30, ms=-1), "it"), (day(30), "")]),
    Case("a fourth keeps the window full until the second slides out", _THREE, opened(0, 10, 20, 25),
         [(day(20), "it"), (day(40), "")]),
    Case("what slides out comes back with a new one", _THREE, opened(0, 10, 20, 35),
         [(day(20), "it"), (day(30), ""), (day(35), "it"), (day(40), "")]),
    Case("events of one instant count as many as they are", _THREE, opened(5, 5, 5), [(day(5), "it"), (day(35), "")]),
    Case("a window is no bucket: neither months nor days cut it", _THREE,
         opened(29.9, 30.1, 31.5), [(day(31.5), "it"), (day(59.9), "")]),
    Case("other types do not count", _THREE, [*opened(0, 1), event(day(2), "ticket.reopened")], []),
    Case("one that comes late counts where it happened", _THREE,
         [*opened(0, 20), event(day(10), "ticket.opened", received=day(25))], [(day(25), "it"), (day(30), "")]),
    Case("one that comes too late changes nothing", _THREE,
         [*opened(0, 20), event(day(10), "ticket.opened", received=day(31))], []),
    Case("a clock that runs ahead does not keep anybody out, and its event ends by its own time",
         "it: {happened: {type: visit.made, within: 1 hour}}",
         [event(day(0, minutes=4), "visit.made", received=day(0))], [(day(0), "it"), (day(0, minutes=64), "")]),
    Case("fewer than so many holds until there are so many, and again when one slides out",
         "it: {happened: {type: ticket.opened, at_most: 1, within: 10 days}}", opened(0, 4),
         [(day(0), "it"), (day(4), ""), (day(10), "it")]),
    Case("none at all in a window is at most none",
         "it: {happened: {type: ticket.opened, at_most: 0, within: 10 days}}", [view(day(0)), *opened(4)],
         [(day(0), "it"), (day(4), ""), (day(14), "it")]),
    Case("over one channel only the latest there counts",
         "it: {happened: {type: order.placed, channel: store, within: 10 days}}",
         [order(day(0), channel="web"), order(day(3), channel="store"), order(day(5), channel="web")],
         [(day(3), "it"), (day(13), "")]),
    Case("the latest of a type of which the profile keeps no instants is known by its counts",
         "it: {happened: {type: page.viewed, within: 2 days}}",
         [view(day(0), channel="web"), view(day(1), channel="app")], [(day(0), "it"), (day(3), "")]),
    Case("three channels within a window, until the third latest used was used too long ago",
         "it: {channels: {types: [order.placed, visit.made], at_least: 3, within: 90 days}}",
         [order(day(0), channel="web"), event(day(10), "visit.made", channel="store"), order(day(20), channel="phone"),
          order(day(30), channel="web")],
         [(day(20), "it"), (day(100), "")]),
    Case("types that are not asked for use no channel",
         "it: {channels: {types: [order.placed], at_least: 2, within: 90 days}}",
         [order(day(0), channel="web"), event(day(1), "message.sent", channel="email")], []),
    Case("a week is seven days and a minute sixty seconds",
         "a: {happened: {type: visit.made, within: 1 week}}\nb: {happened: {type: visit.made, within: 1 minute}}\n"
         "c: {happened: {type: visit.made, within: 1 second}}",
         [event(day(0), "visit.made")],
         [(day(0), "a b c"), (day(0, seconds=1), "a b"), (day(0, minutes=1), "a"), (day(7), "")]),
)  # fmt: skip

ABSENCES = (
    Case("silence counts from the last one", _SILENT, [order(day(0)), order(day(10))], [(day(70), "it")]),
    Case("a new one ends the silence at once", _SILENT, [order(day(0)), order(day(70))],
         [(day(60), "it"), (day(70), ""), (day(130), "it")]),
    Case("for somebody who never had one it counts from the first contact", _SILENT, [view(day(0)), view(day(50))],
         [(day(60), "it")]),
    Case("one that comes within a millisecond of the silence prevents it", _SILENT,
         [order(day(0)), order(day(60, ms=-1))], [(day(120, ms=-1), "it")]),
    Case("with ever, who never had one is not absent", _LAPSED, [view(day(0))], []),
    Case("with ever, it counts from the last one", _LAPSED, [view(day(0)), order(day(5))], [(day(65), "it")]),
    Case("one that comes late ends a silence that was announced", _SILENT,
         [order(day(0)), order(day(20), received=day(70))], [(day(60), "it"), (day(70), ""), (day(80), "it")]),
    Case("an older first contact that comes late begins the silence earlier", _SILENT,
         [view(day(0)), view(day(-30), received=day(10))], [(day(30), "it")]),
    Case("a first contact that comes so late that the silence is over long ago", _SILENT,
         [view(day(0)), view(day(-90), received=day(10))], [(day(10), "it")]),
    Case("absent of two types needs both silent",
         "it: {all: [{absent: {type: order.placed, for: 10 days}}, {absent: {type: visit.made, for: 20 days}}]}",
         [order(day(0)), event(day(1), "visit.made"), order(day(15))], [(day(25), "it")]),
)  # fmt: skip

SEQUENCES = (
    Case("nobody answered in time", _UNASKED, [ticket(day(0), "resolved")], [(day(3), "it")]),
    Case("an answer in time prevents it", _UNASKED, [ticket(day(0), "resolved"), answer(day(2), "csat", 5)], []),
    Case("a late answer ends it", _UNASKED, [ticket(day(0), "resolved"), answer(day(5), "csat", 5)],
         [(day(3), "it"), (day(5), "")]),
    Case("an answer before does not count", _UNASKED, [answer(day(0), "csat", 5), ticket(day(1), "resolved")],
         [(day(4), "it")]),
    Case("an answer at the same instant counts", _UNASKED, [ticket(day(0), "resolved"), answer(day(0), "csat", 5)], []),
    Case("the next one begins the wait anew", _UNASKED, [ticket(day(0), "resolved"), ticket(day(2), "resolved", OTHER)],
         [(day(5), "it")]),
    Case("the next one ends it until it has waited too", _UNASKED,
         [ticket(day(0), "resolved"), ticket(day(4), "resolved", OTHER)],
         [(day(3), "it"), (day(4), ""), (day(7), "it")]),
    Case("an answer that comes late but was in time ends it", _UNASKED,
         [ticket(day(0), "resolved"),
          event(day(1), "survey.answered", received=day(6), rating={"scale": "csat", "value": 3})],
         [(day(3), "it"), (day(6), "")]),
    Case("without the first there is no sequence", _UNASKED, [answer(day(0), "csat", 5)], []),
    Case("an answer in time is a sequence", _ANSWERED, [ticket(day(0), "resolved"), answer(day(2), "csat", 5)],
         [(day(2), "it")]),
    Case("an answer exactly at the end is too late", _ANSWERED, [ticket(day(0), "resolved"), answer(day(3), "csat", 5)],
         []),
    Case("an answer a millisecond before the end is in time", _ANSWERED,
         [ticket(day(0), "resolved"), answer(day(3, ms=-1), "csat", 5)], [(day(3, ms=-1), "it")]),
    Case("the next first ends the sequence", _ANSWERED,
         [ticket(day(0), "resolved"), answer(day(1), "csat", 5), ticket(day(9), "resolved")],
         [(day(1), "it"), (day(9), "")]),
    Case("a cart that was left, within a window",
         "it: {all: [{sequence: {first: cart.abandoned, then_no: order.placed, within: 4 hours}},"
         " {happened: {type: cart.abandoned, within: 30 days}}]}",
         [event(day(0), "cart.abandoned")], [(day(0, hours=4), "it"), (day(30), "")]),
    Case("types of which no instants are kept can be a sequence",
         "it: {sequence: {first: ticket.opened, then_no: ticket.replied, within: 2 days}}",
         [ticket(day(0), "opened"), ticket(day(4), "replied")], [(day(2), "it"), (day(4), "")]),
)  # fmt: skip
