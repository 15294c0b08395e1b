"""What a person is, by word."""

from fidelio_scoring.domain.segments.reading import Reading, Scalar


def trait(reading: Reading, name: str) -> tuple[Scalar, ...]:
    return (reading.trait(name),)


def language(reading: Reading) -> tuple[Scalar, ...]:
    """As told and without its region: who speaks fr-CA speaks fr."""
    told = reading.facts.language
    return (told, told.partition("-")[0]) if told else ()


def time_zone(reading: Reading) -> tuple[Scalar, ...]:
    return (reading.facts.time_zone,)


def account(reading: Reading) -> tuple[Scalar, ...]:
    return reading.facts.accounts


def band(reading: Reading) -> tuple[Scalar, ...]:
    return (reading.scores.band,)
