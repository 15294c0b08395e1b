"""What the demo shows in the end."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from email.message import EmailMessage

from rich.box import SIMPLE_HEAD
from rich.panel import Panel
from rich.table import Table

from fidelio_deploy.demo import words
from fidelio_deploy.demo.backtest import Judgement
from fidelio_deploy.demo.cast import Part
from fidelio_deploy.demo.figures import Flow
from fidelio_deploy.demo.outcome import STAGES, Customer
from fidelio_deploy.demo.performance import Lap
from fidelio_deploy.demo.simulated import CUSTOMERS
from fidelio_deploy.demo.story import Origin
from fidelio_scoring.training.evaluation import Comparison
from fidelio_shared.contracts.notify import NotificationChanged

BANDS = ("low", "watch", "high")


def origin_table(origins: Mapping[Origin, int]) -> Table:
    table = _table("What is real and what is invented", "interactions", "what")
    about = {
        Origin.PURCHASE: "real: the CDNOW log, an online music shop, 1997 and 1998 (Fader and Hardie)",
        Origin.ORDER: f"simulated: what {CUSTOMERS} customers buy who live on every channel (fidelio-world)",
        Origin.LIFE: "simulated: their visits, use, payments, tickets, complaints, answers and mail",
        Origin.CONSENT: "invented: nobody consented in CDNOW; name, language and e-mail address at example.org, too",
        Origin.REPETITION: "purchases and other interactions, published a second time on purpose",
        Origin.FAULT: "invented: one a month that no system could accept",
    }
    for origin, count in origins.items():
        table.add_row(f"{count:,}", about[origin])
    return table


def flow_table(flow: Flow, origins: Mapping[Origin, int]) -> Table:
    """The numbers come from the system; what was put in stands beside them, to compare."""
    table = _table("From the channels to the profiles", "count", "what", "said by", "to compare")
    rows = (
        (flow.received, "received on all channels", "the topics", _published(origins)),
        (flow.accepted, "accepted by ingest", "its metrics", ""),
        (flow.refused, "dead letters", "topic dead-letters", f"{origins[Origin.FAULT]:,} broken on purpose"),
        (
            flow.duplicates,
            "duplicates refused",
            "metrics of fold",
            f"{origins[Origin.REPETITION]:,} repeated on purpose",
        ),
        (flow.orders, "orders accepted", "topic profiles", _bought(origins)),
        (sum(flow.on_profiles.values()), "all interactions on profiles", "topic profiles", _sum(flow)),
        (flow.profiles, "profiles", "topic profiles", ""),
    )
    for count, *texts in rows:
        table.add_row(f"{count:,}", *texts)
    return table


def dead_letter_table(flow: Flow) -> Table:
    table = _table("Dead letters, kept with their reason", "count", "reason", "what the sender is told")
    for letter, count in flow.dead_letters.items():
        table.add_row(f"{count:,}", letter.reason, letter.error)
    return table


def people_table(counts: Mapping[tuple[str, str], int]) -> Table:
    heads = ("band", *STAGES, "all")
    table = _table("Customers by churn band and lifecycle segment", *heads, numbers=range(1, len(heads)))
    for band in BANDS:
        row = [counts.get((band, stage), 0) for stage in STAGES]
        table.add_row(band, *(f"{count:,}" for count in (*row, sum(row))))
    columns = [sum(counts.get((band, stage), 0) for band in BANDS) for stage in STAGES]
    table.add_row("all", *(f"{count:,}" for count in (*columns, sum(columns))), style="bold")
    return table


def cast_table(parts: Iterable[Part]) -> Table:
    columns = (
        "who",
        "customer",
        "last order",
        "orders",
        "risk of leaving",
        "band, segment",
        "moved last by",
        "because",
    )
    table = _table("Customers worth a look", *columns, numbers=(3,))
    for part in parts:
        score = part.customer.score
        table.add_row(
            part.title,
            part.customer.name,
            f"{part.customer.last_order_at:%Y-%m-%d}",
            f"{_orders(part.customer)}",
            words.risk_change(score),
            f"{part.customer.churn.band}, {part.customer.stage}",
            words.cause(score),
            words.contributions(score),
        )
    return table


def message_table(decisions: Iterable[NotificationChanged]) -> Table:
    """Each time that a playbook had a reason, Fidelio decided: also not to write is a decision, with its reasons."""
    columns = ("decisions", "playbook", "outcome", "why")
    table = _table("Messages: one decision each time that a playbook had a reason", *columns)
    outcomes = Counter(
        (each.playbook, each.step, words.refusal(each) if each.step == "suppressed" else _why(each))
        for each in decisions
    )
    for (playbook, step, why), count in sorted(outcomes.items(), key=_by_playbook):
        table.add_row(f"{count:,}", playbook.replace("_", " "), step, why)
    return table


def _why(decision: NotificationChanged) -> str:
    is_owed = decision.step == "sent" and decision.is_transactional
    return "owed to the customer, which needs no consent" if is_owed else _OUTCOMES[decision.step]


def _by_playbook(counted: tuple[tuple[str, str, str], int]) -> tuple[str, int, int]:
    (playbook, step, _), count = counted
    return playbook, _ORDER.index(step), -count


def backtest_table(judgement: Judgement) -> Table:
    announced, offline = judgement.announced, judgement.offline
    title = f"Back-test: scores of {announced.cutoff:%Y-%m-%d}, judged by the 26 weeks after it"
    table = _table(title, "customers", "", "left", "who ranks them", "AUC", "lift, top 10 %")
    for label, live, computed in (
        ("everybody", announced.everybody, offline.everybody),
        ("bought in the last 13 weeks", announced.at_risk, offline.at_risk),
    ):
        table.add_row(
            f"{live.customers:,}",
            label,
            f"{live.gone_share:.1%}",
            "Fidelio, as announced on topic scores",
            *_ranks(live),
        )
        table.add_row("", "", "", "the same model, computed offline on that day", *_ranks(computed))
        rule = live.rule
        table.add_row(
            "", "", "", "rule: days since the last purchase", f"{rule.auc:.3f}", f"{rule.lift_at_10_percent:.2f}"
        )
        table.add_row("", "", "", "a perfect ranking", "1.000", f"{live.lift_ceiling:.2f}", end_section=True)
    return table


def lap_table(laps: Iterable[Lap]) -> Table:
    """From the channel's topic to the announced score, including the time that the clock's steps take."""
    columns = ("interactions", "up to", "clock advanced every", "seconds", "a second")
    table = _table("How fast", *columns, numbers=(0, 3, 4))
    for lap in laps:
        speed = lap.interactions / lap.seconds
        table.add_row(
            f"{lap.interactions:,}",
            f"{lap.leg.until:%Y-%m-%d}",
            f"{lap.leg.step.days} days",
            f"{lap.seconds:.0f}",
            f"{speed:,.0f}",
        )
    return table


def cpu_table(seconds: Mapping[str, float], interactions: int) -> Table:
    table = _table("Where the processor's time went", "CPU seconds", "µs an interaction", "process", numbers=(0, 1))
    for name, used in sorted(seconds.items(), key=lambda each: -each[1]):
        table.add_row(f"{used:.1f}", f"{used / max(interactions, 1) * 1e6:,.0f}", name)
    table.add_row(f"{sum(seconds.values()):.1f}", "", "all", style="bold")
    return table


def mail_panel(mail: EmailMessage) -> Panel:
    body = mail.get_body(("plain",))
    text = f"To: {mail['To']}\nSubject: {mail['Subject']}\n\n{body.get_content().strip() if body else ''}"
    return Panel(text, title="One of the mails, as the mail server got it", title_align="left", expand=False)


_ORDER = ("sent", "failed", "deferred", "decided", "suppressed")
_OUTCOMES = {
    "sent": "consent on record, fresh, not written to within 30 days",
    "failed": "the mail server said no, or nobody knows what it did",
    "deferred": "waiting for a better moment",
    "decided": "still open",
}


def _orders(customer: Customer) -> int:
    state = customer.snapshot.state
    return state.orders.count if state and state.orders else 0


def _ranks(comparison: Comparison) -> tuple[str, str]:
    return f"{comparison.model.auc:.3f}", f"{comparison.model.lift_at_10_percent:.2f}"


def _published(origins: Mapping[Origin, int]) -> str:
    return f"{sum(origins.values()):,} published, and what Fidelio sent itself"


def _bought(origins: Mapping[Origin, int]) -> str:
    return f"{origins[Origin.PURCHASE]:,} real purchases, {origins[Origin.ORDER]:,} simulated"


def _sum(flow: Flow) -> str:
    rest = flow.received - flow.refused - flow.duplicates
    return f"{flow.received:,} − {flow.refused:,} − {flow.duplicates:,} = {rest:,}"


def _table(title: str, *columns: str, numbers: Collection[int] = (0,)) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for place, column in enumerate(columns):
        is_number = place in numbers
        table.add_column(column, justify="right" if is_number else "left", no_wrap=is_number)
    return table
