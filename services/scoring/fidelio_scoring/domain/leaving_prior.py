"""The head `leaving` before anybody trained one: a prior, set by judgement and said to be one.

No public log that we know holds tickets, surveys and use beside purchases. The signs are what practice agrees on; the
sizes are modest on purpose: no single signal makes a satisfied customer one at risk, several together do. Each weight
is in log-odds for one unit of its feature. A customer without any signal is taken to leave with a chance of 2.4 %.
"""

from fidelio_scoring.domain.churn import LEAVING
from fidelio_scoring.domain.heads import Head, Term

LEAVING_PRIOR = Head(
    name=LEAVING,
    intercept=-3.7,
    terms=(
        Term("open_complaint", 0.45, 0.0),
        Term("open_ticket", 0.2, 0.0),
        Term("complaints", 0.9, 0.0),
        Term("tickets", 0.25, 0.0),
        Term("reopened", 0.5, 0.0),
        Term("failed_payments", 0.7, 0.0),
        Term("downgrades", 0.8, 0.0),
        Term("unsubscribes", 0.5, 0.0),
        Term("lost_contact", 0.3, 0.0),
        Term("low_csat", 0.8, 0.0),
        Term("low_nps", 0.7, 0.0),
        Term("low_ces", 0.5, 0.0),
        Term("usage_week", -0.8, 0.0),
        Term("usage_quarter", 0.8, 0.0),
        Term("tenure", -0.15, 5.0),
    ),
    platt_a=1.0,
    platt_b=0.0,
)
