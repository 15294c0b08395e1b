"""What the demo tells of scores and decisions, and how it counts them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

from fidelio_deploy.demo import tables, words
from fidelio_deploy.demo.cast import cast
from fidelio_deploy.demo.figures import Flow, bands_and_stages
from fidelio_deploy.demo.outcome import Customer, DeadLetter
from fidelio_deploy.demo.performance import TWO_DAYS, WEEK, Lap, Leg, legs
from fidelio_deploy.demo.story import Origin
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.notify import NotificationChanged, Reason, Step, Verdict
from fidelio_shared.contracts.profile import Cause, Orders, ProfileSnapshot, ProfileState
from fidelio_shared.contracts.scoring import Band, ChurnScore, Facts, Head, ScoreChanged, ScoringCause

JUNE = datetime(1997, 6, 1, tzinfo=UTC)


def a_score(
    name: str = "00001",
    *,
    after: float = 0.82,
    before: float | None = 0.74,
    band: Band = "high",
    band_before: Band | None = "watch",
    cause: ScoringCause | None = None,
    contributions: Mapping[str, float] | None = None,
    orders: int = 2,
) -> ScoreChanged:
    head = Head(name="gone", log_odds=1.5, baseline=1.0, contributions=dict(contributions or {}), change=0.1)
    facts = Facts(orders=orders, last_order_at=JUNE, silence_days=112.4, usual_gap_days=30, purchase_days=orders)
    churn = ChurnScore(before=before, after=after, band_before=band_before, band=band, heads=(head,), facts=facts)
    return ScoreChanged(
        profile=profile_of(name),
        epoch=1,
        sequence=2,
        revision=3,
        at=JUNE,
        cause=cause or ScoringCause(kind="review", at=JUNE),
        model="cdnow",
        churn=churn,
    )


def a_customer(name: str, *, stage: str = "active", score: ScoreChanged) -> Customer:
    cause = Cause(
        kind="interaction", id="0" * 32, type="order.placed", channel="store", occurred_at=JUNE, received_at=JUNE
    )
    orders = Orders(count=1, first_at=JUNE, last_at=JUNE, first_day=0, days="1", totals=())
    state = ProfileState(interactions=1, first_at=JUNE, last_at=JUNE, identifiers=(), orders=orders)
    snapshot = ProfileSnapshot(profile=score.profile, epoch=1, revision=1, state_version=1, cause=cause, state=state)
    return Customer(name, snapshot, score, stage)


def a_decision(name: str, step: Step, **refused: str) -> NotificationChanged:
    gates = ("freshness", "contact", "consent", "cap")
    return NotificationChanged(
        decision=hash16(name, step),
        step=step,
        profile=profile_of(name),
        playbook="check_in",
        playbook_version=1,
        channel="email",
        at=JUNE,
        reason=Reason(kind="score", epoch=1, sequence=2, revision=3, band="high", at=JUNE),
        verdicts=tuple(
            Verdict.model_validate({"gate": gate, "passed": gate not in refused, "reason": refused.get(gate, "")})
            for gate in gates
        ),
    )


def profile_of(name: str) -> ProfileId:
    return ProfileId(hash16("profile", name))


def rows(table: Table) -> list[list[str]]:
    """Its cells, without the heads."""
    columns = [list(column.cells) for column in table.columns]
    return [[str(cell) for cell in row] for row in zip(*columns, strict=True)]


@pytest.mark.parametrize(("before", "text"), [(None, "82%"), (0.74, "74% → 82%")])
def test_a_first_score_has_no_before(before: float | None, text: str) -> None:
    assert words.risk_change(a_score(before=before)) == text


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (ScoringCause(kind="review", at=JUNE), "silence of 112 days, noticed on 1997-06-01"),
        (ScoringCause(kind="interaction", type="order.placed", at=JUNE), "order placed on 1997-06-01"),
        (ScoringCause(kind="refold", at=JUNE), "refold on 1997-06-01"),
    ],
)
def test_the_cause_says_what_happened_and_when(cause: ScoringCause, text: str) -> None:
    assert words.cause(a_score(cause=cause)) == text


def test_contributions_are_told_the_strongest_first_and_both_measures_of_silence_as_one() -> None:
    score = a_score(contributions={"habit": -0.51, "lapse": 0.6, "silence": 0.3, "overdue": 0.01, "tickets": 0.2})

    assert (
        words.contributions(score) == "silent for longer than most +0.9, buys more often than most −0.5, tickets +0.2"
    )


def test_every_gate_that_refused_is_named() -> None:
    decision = a_decision("00001", "suppressed", contact="no_address", consent="unknown", cap="a_new_reason")

    assert words.refusal(decision) == "no e-mail address and never consented and cap a new reason"


def test_each_part_goes_to_who_fits_it_best_and_nobody_has_two() -> None:
    order = ScoringCause(kind="interaction", type="order.placed", at=JUNE)
    customers = [
        a_customer("written to", score=a_score("written to", orders=9)),
        a_customer("loyal", score=a_score("loyal", band="low", cause=order, orders=8)),
        a_customer("less loyal", score=a_score("less loyal", band="low", cause=order, orders=7)),
        a_customer(
            "back", score=a_score("back", before=0.9, after=0.1, band_before="high", band="low", cause=order, orders=3)
        ),
        a_customer("silent", score=a_score("silent", orders=5)),
    ]

    parts = cast(customers, [a_decision("written to", "sent"), a_decision("silent", "suppressed")])

    assert {part.title: part.customer.name for part in parts} == {
        "got a message": "written to",
        "most loyal": "loyal",
        "came back": "back",
        "gone silent": "silent",
    }


def test_the_flow_adds_up_beside_what_was_put_in() -> None:
    flow = Flow(
        received=135,
        accepted=134,
        duplicates=2,
        dead_letters={DeadLetter("schema", "amount is wrong"): 1},
        on_profiles={
            ("order.placed", "store"): 104,
            ("order.placed", "web"): 3,
            ("consent.changed", "store"): 12,
            ("message.sent", "email"): 13,
        },
        profiles=40,
    )
    put_in = {
        Origin.PURCHASE: 100,
        Origin.ORDER: 7,
        Origin.LIFE: 10,
        Origin.CONSENT: 12,
        Origin.REPETITION: 2,
        Origin.FAULT: 1,
    }

    assert rows(tables.flow_table(flow, put_in)) == [
        ["135", "received on all channels", "the topics", "132 published, and what Fidelio sent itself"],
        ["134", "accepted by ingest", "its metrics", ""],
        ["1", "dead letters", "topic dead-letters", "1 broken on purpose"],
        ["2", "duplicates refused", "metrics of fold", "2 repeated on purpose"],
        ["107", "orders accepted", "topic profiles", "100 real purchases, 7 simulated"],
        ["132", "all interactions on profiles", "topic profiles", "135 − 1 − 2 = 132"],
        ["40", "profiles", "topic profiles", ""],
    ]


def test_people_are_counted_by_band_and_segment() -> None:
    customers = [
        a_customer("a", stage="active", score=a_score("a", band="low")),
        a_customer("b", stage="active", score=a_score("b", band="low")),
        a_customer("c", stage="lapsed", score=a_score("c", band="high")),
    ]

    assert rows(tables.people_table(bands_and_stages(customers))) == [
        ["low", "0", "2", "0", "0", "0", "0", "2"],
        ["watch", "0", "0", "0", "0", "0", "0", "0"],
        ["high", "0", "0", "0", "0", "0", "1", "1"],
        ["all", "0", "2", "0", "0", "0", "1", "3"],
    ]


def test_decisions_are_counted_by_outcome_and_reasons() -> None:
    decisions = [
        a_decision("a", "suppressed", consent="denied"),
        a_decision("b", "suppressed", contact="no_address", consent="unknown"),
        a_decision("c", "suppressed", contact="no_address", consent="unknown"),
        a_decision("d", "sent"),
    ]

    assert rows(tables.message_table(decisions)) == [
        ["1", "check in", "sent", "consent on record, fresh, not written to within 30 days"],
        ["2", "check in", "suppressed", "no e-mail address and never consented"],
        ["1", "check in", "suppressed", "consent denied"],
    ]


def test_speed_is_told_for_every_lap() -> None:
    laps = [Lap(Leg(JUNE, WEEK), 3000, 10.0), Lap(Leg(JUNE + TWO_DAYS, TWO_DAYS), 50, 0.5)]

    assert rows(tables.lap_table(laps)) == [
        ["3,000", "1997-06-01", "7 days", "10", "300"],
        ["50", "1997-06-03", "2 days", "0", "100"],
    ]


def test_the_clock_goes_in_steps_of_two_days_from_when_silence_can_move_anybody() -> None:
    december, june = datetime(1997, 12, 31, tzinfo=UTC), datetime(1998, 6, 30, tzinfo=UTC)
    quarter = legs(cutoff=december, until=june)[0]

    assert legs(cutoff=december, until=june) == (quarter, Leg(december, TWO_DAYS), Leg(june, TWO_DAYS))
    assert (quarter.step, quarter.until.date().isoformat()) == (WEEK, "1997-03-31")
    assert legs(cutoff=december, until=JUNE) == (quarter, Leg(JUNE, TWO_DAYS))
    assert legs(cutoff=december, until=quarter.until - timedelta(days=30)) == (
        Leg(quarter.until - timedelta(days=30), WEEK),
    )


def test_tables_can_be_read_in_a_file_of_132_columns() -> None:
    out = StringIO()
    parts = cast([a_customer("00001", score=a_score(contributions={"habit": 1.0}))], [])

    Console(file=out, width=132).print(tables.cast_table(parts))

    assert "gone silent" in out.getvalue()
    assert max(len(line) for line in out.getvalue().splitlines()) <= 132
