"""The demo's last page."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from fidelio_deploy.addresses import StackAddresses
from fidelio_deploy.demo import tables
from fidelio_deploy.demo.cast import cast
from fidelio_deploy.demo.figures import bands_and_stages
from fidelio_deploy.demo.mail import mail_of
from fidelio_deploy.demo.performance import Performance
from fidelio_deploy.demo.story import Origin

AFTERWARDS = """\
Look further:
  make up                                                          the same, on the wall clock, until make down
  .venv/bin/fidelio-stack status                                   what runs where
  .venv/bin/fidelio-tail scores --from-beginning -n 3              records of a topic, readable
  .venv/bin/fidelio-stack up --clock stream --directory .replay    for a history of your own
  .venv/bin/fidelio-world write DIRECTORY --seed 1                 more customers whose truth is known
  .venv/bin/fidelio-replay FILE.ndjson --directory .replay         one interaction a line, sorted by occurred_at
"""


def print_report(console: Console, performance: Performance, shown: Mapping[Origin, int], mailbox: Path) -> None:
    flow, decisions = performance.flow, performance.decisions
    parts = cast(performance.customers, decisions)
    for table in (
        tables.origin_table(shown),
        tables.flow_table(flow, shown),
        tables.dead_letter_table(flow),
        tables.people_table(bands_and_stages(performance.customers)),
        tables.cast_table(parts),
        tables.message_table(decisions),
    ):
        console.print(table)
    written_to = {part.customer.score.profile for part in parts}
    sent = {each.decision for each in decisions if each.step == "sent"}
    preferred = {each.decision for each in decisions if each.step == "sent" and each.profile in written_to}
    if mail := mail_of(mailbox, preferred or sent):
        console.print(tables.mail_panel(mail))
    if performance.judgement:
        console.print(tables.backtest_table(performance.judgement))
        auc = performance.judgement.announced.at_risk.model.auc
        console.print(f"back-test at-risk AUC {auc:.3f}\n", highlight=False)
    console.print(tables.lap_table(performance.laps))
    console.print(tables.cpu_table(performance.cpu, flow.accepted))


def print_whereabouts(console: Console, addresses: StackAddresses, directory: Path) -> None:
    """Where to look while the stack is up."""
    console.print("Still up, until Ctrl-C:", style="bold")
    lines = (
        f"curl -H 'X-API-Key: {addresses.api_key}' {addresses.profile}/profiles/by/customer_id/00001",
        *(f"curl {url}/metrics    # {name}" for name, url in addresses.processes.items()),
        f".venv/bin/fidelio-tail scores --from-beginning -n 3 --directory {directory}",
        f"ls {addresses.mailbox}",
    )
    for line in lines:
        console.print(f"  {line}", highlight=False, soft_wrap=True)
