"""The back-test as one page that a marketing team can read: no script, nothing loaded from elsewhere."""

from collections.abc import Mapping
from html import escape
from math import isfinite

import numpy as np

from fidelio_scoring.training.detection import Detection
from fidelio_scoring.training.evidence import Evidence, as_json
from fidelio_scoring.training.figures import Population
from fidelio_scoring.training.plan import PlanError
from fidelio_scoring.training.plots import (
    draw_comparison,
    draw_reach,
    draw_spread,
    draw_trust,
    draw_weights,
    reached,
)
from fidelio_scoring.training.report_texts import Words

CSS = """
body { font: 17px/1.55 Georgia, serif; color: #222; max-width: 46rem; margin: 2.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.9rem; line-height: 1.2; } h2 { font-size: 1.25rem; margin: 2.6rem 0 .3rem; line-height: 1.3; }
p.caption { color: #555; font-size: .95rem; margin-top: .2rem; } svg { width: 100%; height: auto; }
table { border-collapse: collapse; font: 14px/1.4 system-ui, sans-serif; width: 100%; }
td, th { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }
td.n, th.n { text-align: right; } td { overflow-wrap: anywhere; } section { break-inside: avoid; }
"""


def report(evidence: Evidence, words: Words) -> str:
    """Of the customers at risk, if some of them left and some stayed; otherwise of everybody."""
    trial = evidence.trial
    recent = trial.is_at_risk
    of_recent = 0 < int(trial.gone[recent].sum()) < int(recent.sum())
    shown = recent if of_recent else np.ones(recent.size, dtype=np.bool_)
    gone, population = trial.gone[shown], evidence.at_risk if of_recent else evidence.everybody
    found = evidence.found_at_risk if of_recent else evidence.found_of_everybody
    if not gone.any() or gone.all():
        raise PlanError("after the cut everybody left or everybody stayed: nothing to tell apart; try another --until")
    ours, rule = trial.scored["fidelio"].of(shown), trial.scored["days_since_last"].of(shown)
    facts = _facts(evidence, population, words) | {
        "days": words.number(found["fidelio"].delay_days),
        "reached": words.share(reached(ours.ranks, gone)),
        "rule": words.share(reached(rule.ranks, gone)),
        "rate": words.number(100 * population.churn_rate),
        "left": words.share(float(np.median(ours.chances[gone]))),
        "stayed": words.share(float(np.median(ours.chances[~gone]))),
        "population": (words.recent if of_recent else words.everybody).format(
            weeks=words.number(trial.plan.horizon_weeks)
        ),
    }
    auc = {"ours": _of_100(population, "fidelio", words), "rule": _of_100(population, "days_since_last", words)}
    parts = [
        f"<h1>{escape(words.title)}</h1><p>{escape(words.lead.format_map(facts))}</p>",
        _section(words.reach_title, draw_reach(ours.ranks, rule.ranks, gone, words), words.reach, facts),
        _section(words.compare_title, draw_comparison(population.figures, words), words.compare, facts | auc),
        _section(words.trust_title, draw_trust(ours.chances, gone, words), words.trust, facts),
        _section(words.spread_title, draw_spread(ours.chances, gone, words), words.spread, facts),
        _section(words.weights_title, draw_weights(trial.effects, words), words.weights, facts),
        _section(words.notice_title, _notice(found, words), words.notice, facts),
        f"<h2>{escape(words.method)}</h2>{_method(evidence)}",
    ]
    head = f'<meta charset="utf-8"><title>{escape(words.title)}</title><style>{CSS}</style>'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="{words.language}"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _facts(evidence: Evidence, population: Population, words: Words) -> dict[str, str]:
    plan, effects = evidence.trial.plan, evidence.trial.effects
    strongest = max(effects, key=lambda name: abs(effects[name]))
    return {
        "file": evidence.file.name,
        "customers": words.number(population.rows),
        "cut": words.day(plan.cut),
        "weeks": words.number(2 * plan.horizon_weeks),
        "off": words.number(100 * population.figures["fidelio"].ece, 1),
        "first": words.features.get(strongest, strongest),
    }


def _of_100(population: Population, name: str, words: Words) -> str:
    return words.number(100 * population.figures[name].auc)


def _section(title: str, picture: str, caption: str, facts: Mapping[str, str]) -> str:
    heading, text = escape(title.format_map(facts)), escape(caption.format_map(facts))
    return f'<section><h2>{heading}</h2>{picture}<p class="caption">{text}</p></section>'


def _notice(found: Mapping[str, Detection], words: Words) -> str:
    rows = [f'<tr><th>{words.contender}</th><th class="n">{words.flagged}</th><th class="n">{words.silence}</th></tr>']
    for name, each in found.items():
        delay = words.number(each.delay_days) if isfinite(each.delay_days) else words.never
        cells = f'<td class="n">{words.share(each.flagged)}</td><td class="n">{delay}</td>'
        rows.append(f"<tr><td>{escape(words.names[name])}</td>{cells}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _method(evidence: Evidence) -> str:
    """As the JSON says it, for who wants to repeat it."""
    told = as_json(evidence)
    rows = []
    for part in ("split", "data", "seed", "intervals", "versions"):
        value = told[part]
        named = value.items() if isinstance(value, dict) else [(part, value)]
        rows += [f"<tr><th>{escape(str(key))}</th><td>{escape(_shown(each))}</td></tr>" for key, each in named]
    return f"<table>{''.join(rows)}</table>"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
