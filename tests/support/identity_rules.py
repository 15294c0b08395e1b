"""Rules whose limits are soon reached."""

from fidelio_shared.contracts.identity import IdentityRules, KindRule

NARROW_RULES = IdentityRules(
    version=1,
    kinds={
        "customer_id": KindRule(strength="strong", most=1),
        "email": KindRule(strength="strong", most=2),
        "phone": KindRule(strength="strong", most=2),
        "device_id": KindRule(strength="weak", most=2, people=2),
        "anonymous_id": KindRule(strength="weak", most=2, people=2),
    },
)

JOINING_RULES = NARROW_RULES.model_copy(
    update={
        "kinds": {
            **NARROW_RULES.kinds,
            "email": KindRule(strength="strong", most=3),
            "phone": KindRule(strength="strong", most=3),
        }
    }
)
"""Under which many become one before a limit is reached."""
