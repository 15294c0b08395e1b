"""More cases: what is known of a person besides the instants, calendars, other segments and groups."""

from datetime import UTC, datetime

from fidelio_scoring.domain.segments.reading import Scores
from support.segment_cases import OTHER, TICKET, Case, answer, consent, order, ticket, view
from support.segment_world import day, event


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year, month, day and so on


def in_days(count: int, zone: str) -> str:
    return f"it: {{absent: {{type: order.placed, for: {{calendar_days: {count}, zone: {zone}}}}}}}"


_WITHIN_DAYS = "it: {happened: {type: visit.made, within: {calendar_days: 1, zone: Europe/Paris}}}"

CALENDARS = (
    Case("calendar days end at the local midnight", in_days(1, "Europe/Paris"), [order(utc(2026, 1, 10, 12))],
         [(utc(2026, 1, 10, 23), "it")]),
    Case("the local day of the event counts, not that of UTC", in_days(1, "Europe/Paris"),
         [order(utc(2026, 1, 10, 23, 30))], [(utc(2026, 1, 11, 23), "it")]),
    Case("over the begin of daylight saving a day has 23 hours", in_days(2, "Europe/Paris"),
         [order(utc(2026, 3, 28, 12))], [(utc(2026, 3, 29, 22), "it")]),
    Case("over the end of daylight saving a day has 25 hours", in_days(2, "Europe/Paris"),
         [order(utc(2026, 10, 24, 12))], [(utc(2026, 10, 25, 23), "it")]),
    Case("sixty calendar days over the begin of daylight saving", in_days(60, "Europe/Paris"),
         [order(utc(2026, 3, 1, 12))], [(utc(2026, 4, 29, 22), "it")]),
    Case("a leap year has its 29th of February", in_days(2, "UTC"), [order(utc(2028, 2, 28, 12))],
         [(utc(2028, 3, 1), "it")]),
    Case("another year has none", in_days(2, "UTC"), [order(utc(2026, 2, 28, 12))], [(utc(2026, 3, 2), "it")]),
    Case("365 calendar days over a 29th of February", in_days(365, "UTC"), [order(utc(2027, 6, 1, 12))],
         [(utc(2028, 5, 31), "it")]),
    Case("where clocks jump at midnight the day begins at one", in_days(1, "America/Santiago"),
         [order(utc(2026, 9, 5, 12))], [(utc(2026, 9, 6, 4), "it")]),
    Case("a day that was skipped begins with the next", in_days(1, "Pacific/Apia"), [order(utc(2011, 12, 29, 20))],
         [(utc(2011, 12, 30, 10), "it")]),
    Case("where midnight comes twice the first counts", in_days(1, "America/St_Johns"), [order(utc(2010, 11, 6, 12))],
         [(utc(2010, 11, 7, 2, 30), "it")]),
    Case("where the clock jumps from before midnight to after it", in_days(1, "America/Toronto"),
         [order(utc(1919, 3, 30, 12), received=utc(1919, 3, 30, 12))], [(utc(1919, 3, 31, 4, 30), "it")]),
    Case("a window of one calendar day is today", _WITHIN_DAYS, [event(utc(2026, 1, 10, 12), "visit.made")],
         [(utc(2026, 1, 10, 12), "it"), (utc(2026, 1, 10, 23), "")]),
    Case("at midnight itself a new day has begun", _WITHIN_DAYS, [event(utc(2026, 1, 10, 23), "visit.made")],
         [(utc(2026, 1, 10, 23), "it"), (utc(2026, 1, 11, 23), "")]),
    Case("sixty days are 60 times 86,400 seconds", "it: {absent: {type: order.placed, for: 60 days}}",
         [order(utc(2026, 3, 1, 12, 30))], [(utc(2026, 4, 30, 12, 30), "it")]),
)  # fmt: skip

ATTRIBUTES = (
    Case("a trait is so until it is told otherwise", "it: {trait: {name: city, is: Lyon}}",
         [view(day(0), traits={"city": "Lyon"}), view(day(1)), view(day(2), traits={"city": "Paris"})],
         [(day(0), "it"), (day(2), "")]),
    Case("an older word on a trait that comes late changes nothing", "it: {trait: {name: city, is: Lyon}}",
         [view(day(5), traits={"city": "Lyon"}), view(day(1), traits={"city": "Paris"}, received=day(6))],
         [(day(5), "it")]),
    Case("a trait is one of several", "it: {trait: {name: city, in: [Lyon, Nice]}}",
         [view(day(0), traits={"city": "Nice"}), view(day(1), traits={"city": "Rome"})],
         [(day(0), "it"), (day(1), "")]),
    Case("true is not one", "a: {trait: {name: vip, is: true}}\nb: {trait: {name: vip, is: 1}}",
         [view(day(0), traits={"vip": 1}), view(day(1), traits={"vip": True})], [(day(0), "b"), (day(1), "a")]),
    Case("a trait that was emptied is not known",
         "a: {trait: {name: city, exists: true}}\nb: {trait: {name: city, exists: false}}",
         [view(day(0)), view(day(1), traits={"city": "Lyon"}), view(day(2), traits={"city": None})],
         [(day(0), "b"), (day(1), "a"), (day(2), "b")]),
    Case("a trait is compared as a number", "it: {trait: {name: seats, at_least: 10, less_than: 20.5}}",
         [view(day(0), traits={"seats": 9}), view(day(1), traits={"seats": 10}), view(day(2), traits={"seats": 20.5}),
          view(day(3), traits={"seats": 20}), view(day(4), traits={"seats": "15"})],
         [(day(1), "it"), (day(2), ""), (day(3), "it"), (day(4), "")]),
    Case("a language holds for all its regions", "a: {language: {is: fr}}\nb: {language: {is: fr-CA}}",
         [view(day(0), traits={"language": "fr_ca"}), view(day(1), traits={"language": "fr"})],
         [(day(0), "a b"), (day(1), "a")]),
    Case("the time zone", "it: {time_zone: {in: [Europe/Paris, Europe/Rome]}}",
         [view(day(0), traits={"time_zone": "Europe/Paris"})], [(day(0), "it")]),
    Case("any of several accounts", "a: {account: {is: acme}}\nb: {account: {exists: true}}",
         [view(day(0)), view(day(1), account_id="umbrella"), view(day(2), account_id="acme")],
         [(day(1), "b"), (day(2), "a b")]),
)  # fmt: skip

AGGREGATES = (
    Case("orders are counted from none", "a: {orders: {is: 0}}\nb: {orders: {more_than: 1}}",
         [view(day(0)), order(day(1)), order(day(2))], [(day(0), "a"), (day(1), ""), (day(2), "b")]),
    Case("two orders of one day are one purchase day", "it: {purchase_days: {at_least: 2}}",
         [order(day(0)), order(day(0, hours=5)), order(day(1))], [(day(1), "it")]),
    Case("revenue is that of one currency, exactly", "it: {revenue: {currency: EUR, at_least: 0.3}}",
         [order(day(0), "0.10"), order(day(1), "9.00", "USD"), order(day(2), "0.20")], [(day(2), "it")]),
    Case("the average order", "it: {average_order: {currency: EUR, less_than: 10}}",
         [order(day(0), "10.00"), order(day(1), "9.99")], [(day(1), "it")]),
    Case("the mean gap needs two purchase days", "it: {mean_gap_days: {at_most: 10}}",
         [order(day(0)), order(day(10)), order(day(21))], [(day(10), "it"), (day(21), "")]),
    Case("the gap before the last purchase", "it: {last_gap_days: {at_least: 182}}",
         [order(day(0)), order(day(182)), order(day(182, hours=1)), order(day(183))],
         [(day(182), "it"), (day(183), "")]),
    Case("the share of orders that were returned", "it: {return_share: {at_least: 0.5}}",
         [order(day(0)), event(day(1), "order.returned"), order(day(2)), order(day(3))],
         [(day(1), "it"), (day(3), "")]),
    Case("interactions by type and channel", "a: {interactions: {at_least: 3}}\n"
         "b: {interactions: {type: visit.made, at_least: 2}}\n"
         "c: {interactions: {type: visit.made, channel: store, at_least: 1}}",
         [event(day(0), "visit.made", channel="web"), event(day(1), "visit.made", channel="store"), view(day(2))],
         [(day(1), "b c"), (day(2), "a b c")]),
    Case("channels ever used", "it: {channels: {types: [visit.made], at_least: 2}}",
         [event(day(0), "visit.made", channel="web"), event(day(1), "visit.made", channel="store")], [(day(1), "it")]),
    Case("tenure counts from the first contact", "it: {tenure: {at_least: 365 days}}", [view(day(0))],
         [(day(365), "it")]),
    Case("an age between two", "it: {last_order: {at_least: 5 days, less_than: 9 days}}", [order(day(0))],
         [(day(5), "it"), (day(9), "")]),
    Case("the first order's age", "it: {first_order: {less_than: 60 days}}", [order(day(0)), order(day(50))],
         [(day(0), "it"), (day(60), "")]),
    Case("the latest answer counts, while it is fresh",
         "it: {rating: {scale: csat, latest: {at_most: 2}, within: 90 days}}",
         [answer(day(0), "csat", 1), answer(day(10), "csat", 5), answer(day(20), "csat", 2), answer(day(21), "nps", 9)],
         [(day(0), "it"), (day(10), ""), (day(20), "it"), (day(110), "")]),
    Case("the average and the number of answers",
         "it: {rating: {scale: nps, average: {at_least: 7}, count: {at_least: 2}}}",
         [answer(day(0), "nps", 9), answer(day(1), "nps", 6), answer(day(2), "nps", 0)],
         [(day(1), "it"), (day(2), "")]),
)  # fmt: skip

_COMPLAINT = {"kind": "complaint", "id": "9"}
CARE = (
    Case("a ticket is open until it is resolved", "it: {open_tickets: {at_least: 1}}",
         [ticket(day(0), "opened"), ticket(day(1), "opened", OTHER), ticket(day(2), "resolved"),
          ticket(day(3), "resolved", OTHER)], [(day(0), "it"), (day(3), "")]),
    Case("a complaint grows old", "a: {open_complaints: {at_least: 1}}\nb: {oldest_complaint: {at_least: 2 days}}",
         [event(day(0), "complaint.filed", reference=_COMPLAINT), ticket(day(5), "resolved", _COMPLAINT)],
         [(day(0), "a"), (day(2), "a b"), (day(5), "")]),
    Case("the oldest open complaint counts", "it: {oldest_complaint: {at_least: 2 days}}",
         [event(day(0), "complaint.filed", reference=_COMPLAINT), event(day(1), "complaint.filed", reference=TICKET),
          ticket(day(1.5), "resolved", _COMPLAINT)], [(day(3), "it")]),
    Case("what was reopened counts from its reopening",
         "a: {oldest_ticket: {at_least: 2 days}}\nb: {reopenings: {at_least: 1}}",
         [ticket(day(0), "opened"), ticket(day(1), "resolved"), ticket(day(10), "reopened")],
         [(day(10), "b"), (day(12), "a b")]),
    Case("a resolution that comes late was one", "it: {open_tickets: {at_least: 1}}",
         [ticket(day(0), "opened"), event(day(1), "ticket.resolved", reference=TICKET, received=day(9))],
         [(day(0), "it"), (day(9), "")]),
    Case("an active subscription, and its plan",
         "a: {subscriptions: {at_least: 1}}\nb: {subscriptions: {plan: plus, at_least: 1}}",
         [event(day(0), "subscription.started", data={"plan": "basic"}),
          event(day(10), "subscription.upgraded", data={"plan": "plus"}), event(day(20), "subscription.cancelled")],
         [(day(0), "a"), (day(10), "a b"), (day(20), "")]),
    Case("a subscription that nobody touched", "it: {subscription_age: {at_least: 335 days, less_than: 365 days}}",
         [event(day(0), "subscription.started"), event(day(340), "subscription.renewed")],
         [(day(335), "it"), (day(340), ""), (day(675), "it"), (day(705), "")]),
)  # fmt: skip

_CONSENT = "it: {consent: {purpose: marketing, channel: email}}"
CONSENTS = (
    Case("what is unknown is not granted", _CONSENT, [view(day(0)), consent(day(1), "granted", channel="sms")], []),
    Case("a consent is granted until it is denied", _CONSENT,
         [consent(day(0), "granted"), consent(day(5), "denied")], [(day(0), "it"), (day(5), "")]),
    Case("a consent that expires has ended at that instant", _CONSENT,
         [consent(day(0), "granted", expires_at=day(9).isoformat())], [(day(0), "it"), (day(9), "")]),
    Case("a consent that had expired when it was heard of", _CONSENT,
         [view(day(20)), event(day(0), "consent.changed", received=day(21), consent={
             "purpose": "marketing", "channel": "email", "status": "granted", "expires_at": day(9).isoformat()})], []),
    Case("a grant for every channel is one for this", _CONSENT, [consent(day(0), "granted", channel="any")],
         [(day(0), "it")]),
    Case("a refusal for every channel wins over a later grant for this", _CONSENT,
         [consent(day(0), "granted"), consent(day(1), "denied", channel="any"), consent(day(2), "granted")],
         [(day(0), "it"), (day(1), "")]),
    Case("at one instant a refusal wins", _CONSENT,
         [consent(day(0), "denied"), event(day(0), "consent.changed", received=day(1), consent={
             "purpose": "marketing", "channel": "email", "status": "granted"})], []),
    Case("who objects to being contacted has not consented", _CONSENT,
         [consent(day(0), "granted"), consent(day(1), "denied", "contact", "any"),
          consent(day(2), "granted", "contact", "any")], [(day(0), "it"), (day(1), ""), (day(2), "it")]),
)  # fmt: skip

_GROUP = {"first": "g", "second": "g", "third": "g"}
COMPOSED = (
    Case("any of two holds as long as one does",
         "it: {any: [{happened: {type: visit.made, within: 5 days}},"
         " {happened: {type: order.placed, within: 9 days}}]}",
         [event(day(0), "visit.made"), order(day(1))], [(day(0), "it"), (day(10), "")]),
    Case("not turns it round", "it: {not: {happened: {type: visit.made, within: 5 days}}}",
         [event(day(0), "visit.made")], [(day(5), "it")]),
    Case("not of all and any", "it: {not: {any: [{orders: {at_least: 1}}, {not: {tenure: {at_least: 3 days}}}]}}",
         [view(day(0)), order(day(8))], [(day(3), "it"), (day(8), "")]),
    Case("what is never and what is always so",
         "a: {all: [{orders: {is: 0}}, {not: {orders: {is: 0}}}]}\n"
         "b: {any: [{orders: {is: 0}}, {not: {orders: {is: 0}}}]}\n"
         "c: {all: [{any: [{orders: {is: 0}}, {clv: {is: 0}}]}, {any: [{tenure: {at_least: 1 day}}, {clv: {is: 0}}]}]}",
         [view(day(0))], [(day(0), "b"), (day(1), "b c")]),
    Case("another segment's time is its own", "it: {all: [{segment: other}, {tenure: {at_least: 3 days}}]}\n"
         "other: {happened: {type: visit.made, within: 5 days}}",
         [event(day(0), "visit.made")], [(day(0), "other"), (day(3), "it other"), (day(5), "")]),
    Case("what turns at the same instant turns at once",
         "a: {happened: {type: visit.made, within: 5 days}}\nb: {absent: {type: visit.made, for: 5 days}}",
         [event(day(0), "visit.made")], [(day(0), "a"), (day(5), "b")]),
    Case("turns that cancel each other out are no change",
         "it: {any: [{happened: {type: visit.made, within: 5 days}}, {absent: {type: visit.made, for: 5 days}}]}",
         [event(day(0), "visit.made")], [(day(0), "it")]),
    Case("in a group the first that holds is the one",
         "first: {last_order: {at_least: 9 days}}\nsecond: {last_order: {at_least: 4 days}}\n"
         "third: {orders: {at_least: 0}}",
         [order(day(0)), order(day(11))],
         [(day(0), "third"), (day(4), "second"), (day(9), "first"), (day(11), "third"), (day(15), "second"),
          (day(20), "first")], groups=_GROUP),
    Case("who refers to one of a group means the one that is held",
         "first: {last_order: {at_least: 9 days}}\nsecond: {orders: {at_least: 1}}\nit: {segment: second}",
         [order(day(0))], [(day(0), "second it"), (day(9), "first")], groups=_GROUP),
    Case("scores and bands are as they were announced",
         "a: {band: [watch, high]}\nb: {rfm: {recency: {at_least: 4}, frequency: {is: 2}}}\nc: {clv: {at_least: 100}}\n"
         "d: {health: {at_most: 40}}\ne: {band: low}",
         [view(day(0))], [(day(0), "a b c d")], scores=Scores(band="high", rfm=(5, 2, 1), clv=100.5, health=12.0)),
    Case("a score that there is not has no size", "a: {clv: {at_least: 0}}\nb: {clv: {less_than: 0}}\nc: {band: low}\n"
         "d: {rfm: {recency: {at_least: 1}}}\ne: {not: {band: low}}", [view(day(0))], [(day(0), "e")]),
)  # fmt: skip
