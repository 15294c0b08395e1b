"""Whatever comes, ingest either refuses it by a declared reason or makes an interaction of it, always the same one."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_ingest.domain.identifiers import IdentifierForms
from fidelio_ingest.handlers import interaction_decoder
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.ingest import DESCRIBED, Interaction, SubmittedIdentifier
from fidelio_shared.contracts.operations import DEAD_LETTER_REASONS
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.records import Headers, Incoming
from support.effort import CI, LONG
from support.incoming import a_record
from support.submissions import CHANNELS, a_submission, an_identifier, as_json

FORMS = IdentifierForms(shipped_identity_rules())
decode = interaction_decoder(CHANNELS, "wall", shipped_identity_rules())
decode_history = interaction_decoder(CHANNELS, "stream", shipped_identity_rules())

texts = st.text(st.characters(codec="utf-8"), max_size=40)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.datetimes().map(str),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
zoned = st.datetimes(timezones=st.timezones()).map(lambda each: each.isoformat())
identifiers = st.lists(
    st.builds(
        an_identifier,
        st.sampled_from((*FORMS.kinds, "other")),
        st.text(max_size=520) | st.emails() | values,
    ),
    max_size=22,
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "id": texts | values,
        "type": st.sampled_from(("order.placed", "consent.changed", "visit.made")) | values,
        "occurred_at": zoned | values,
        "sent_at": zoned | values,
        "identifiers": identifiers | values,
        "traits": st.dictionaries(texts, scalars, max_size=5) | values,
        "amount": st.fixed_dictionaries({"value": st.decimals().map(str) | scalars, "currency": st.just("EUR")})
        | values,
        "rating": st.fixed_dictionaries({"scale": st.sampled_from(("csat", "nps", "own")), "value": scalars}) | values,
        "consent": st.fixed_dictionaries(
            {"purpose": texts, "channel": texts, "status": st.sampled_from(("granted", "denied"))},
            optional={"expires_at": zoned | values},
        ),
        "data": st.dictionaries(texts, values, max_size=4) | values,
        "extra": values,
    },
)
submissions = fields.map(lambda changed: as_json(a_submission(**changed)))
headers = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "content-type",
                "ce_specversion",
                "ce_id",
                "ce_source",
                "ce_type",
                "ce_time",
                "fidelio-first-appended",
                "x",
            )
        ),
        st.none()
        | st.binary(max_size=8)
        | st.sampled_from((b"1.0", b"application/json", b"application/cloudevents+json")),
    ),
    max_size=6,
)


def outcome(body: bytes, headers: Headers = ()) -> bytes | str:
    """The interaction's bytes, or the reason of its refusal; anything else is an error."""
    found, _, again = [_outcome(decoder, body, headers) for decoder in (decode, decode_history, decode)]
    assert found == again
    assert isinstance(found, bytes) or found in DEAD_LETTER_REASONS
    return found


def _outcome(decoder: Callable[[Incoming], Interaction], body: bytes, headers: Headers) -> bytes | str:
    try:
        return encode(decoder(a_record(body, headers=headers)))
    except Rejected as rejected:
        return rejected.reason


@given(st.binary(max_size=300), headers)
@CI
def test_any_bytes_have_one_outcome(body: bytes, headers: Headers) -> None:
    outcome(body, headers)


@given(values.map(lambda value: json.dumps(value).encode()))
@CI
def test_any_json_has_one_outcome(body: bytes) -> None:
    outcome(body)


@given(submissions, headers)
@CI
def test_anything_like_a_submission_has_one_outcome(body: bytes, headers: Headers) -> None:
    found = outcome(body, headers)

    if isinstance(found, bytes):
        assert encode(Interaction.model_validate_json(found)) == found


@pytest.mark.long
@given(submissions, headers)
@LONG
def test_anything_like_a_submission_has_one_outcome_for_long(body: bytes, headers: Headers) -> None:
    outcome(body, headers)


def test_the_submissions_tried_are_not_all_refused() -> None:
    """Else the properties above would prove nothing about interactions."""
    found: list[bytes | str] = []

    @given(submissions)
    @CI
    def collect(body: bytes) -> None:
        found.append(outcome(body))

    collect()
    accepted = [each for each in found if isinstance(each, bytes)]
    assert len(accepted) > len(found) // 20
    assert len({each for each in found if isinstance(each, str)}) >= 3


@given(identifiers.filter(lambda found: all(isinstance(each["value"], str) for each in found)))
@CI
def test_identifiers_in_their_normal_form_stay_as_they_are(told: list[dict[str, str]]) -> None:
    submitted = [SubmittedIdentifier(kind=each["kind"], value=each["value"][:512]) for each in told]
    once = FORMS.normalise(submitted)

    linking = tuple(each for each in once if not each.kind.startswith(DESCRIBED))

    assert FORMS.normalise(SubmittedIdentifier(kind=each.kind, value=each.value) for each in linking) == linking


@given(st.binary(max_size=60))
@CI
def test_every_truncation_of_a_good_record_has_one_outcome(noise: bytes) -> None:
    good = as_json(a_submission(data={"a": "é"}))
    cut = len(noise) * len(good) // 60

    assert isinstance(outcome(good[:cut] + noise), str | bytes)
