"""An unsubscribe address says whose refusal of what it is, and nobody can write another one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_notify.domain.unsubscribing import Unsubscription, make_token, read_token, unsubscribe_record
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Identifier
from support.at_the_door import taken_in

KEY, FORMER_KEY, FOREIGN_KEY = (bytes([number]) * 32 for number in (1, 2, 3))
WANTED = Unsubscription(hash16("decision"), ProfileId(hash16("ann")), "marketing", "email")
AT = datetime(2026, 3, 1, 12, 0, 0, 250_999, tzinfo=UTC)
ANN = Identifier(kind="email", value="ann@example.org")


def test_a_token_says_what_it_was_made_of() -> None:
    assert read_token([KEY], make_token(KEY, WANTED)) == WANTED


def test_a_token_of_a_former_key_counts_and_one_of_a_foreign_key_does_not() -> None:
    assert read_token([KEY, FORMER_KEY], make_token(FORMER_KEY, WANTED)) == WANTED
    assert read_token([KEY, FORMER_KEY], make_token(FOREIGN_KEY, WANTED)) is None


def test_a_token_stands_in_an_address_as_it_is() -> None:
    token = make_token(KEY, WANTED)

    assert token.replace("-", "").replace("_", "").isalnum()
    assert len(token) == 87


@given(position=st.integers(0, 85), letter=st.sampled_from("AZaz09-_"))
def test_a_changed_token_is_none(position: int, letter: str) -> None:
    token = make_token(KEY, WANTED)
    changed = token[:position] + letter + token[position + 1 :]

    assert read_token([KEY], changed) == (WANTED if changed == token else None)


@given(st.text(max_size=100))
def test_what_is_no_token_is_none(text: str) -> None:
    assert read_token([KEY], text) is None


@pytest.mark.parametrize("text", ["", "A", "AAAA", "A" * 22, "A" * 513, make_token(KEY, WANTED) * 6, "=", "é" * 22])
def test_what_is_cut_or_endless_is_none(text: str) -> None:
    assert read_token([KEY], text) is None


@given(purpose=st.text(max_size=20), channel=st.text(max_size=20))
def test_every_purpose_and_channel_comes_back_as_it_was(purpose: str, channel: str) -> None:
    wanted = replace(WANTED, purpose=purpose, channel=channel)

    assert read_token([KEY], make_token(KEY, wanted)) == wanted


def test_purpose_and_channel_are_not_taken_for_one_another() -> None:
    tokens = {
        make_token(KEY, replace(WANTED, purpose=a, channel=b)) for a, b in [("ab", "c"), ("a", "bc"), ("c", "ab")]
    }

    assert len(tokens) == 3


def test_a_key_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        make_token(b"secret", WANTED)


def test_the_refusal_is_taken_in_by_ingest_and_names_the_decision() -> None:
    record = unsubscribe_record(WANTED, ANN, AT)

    interaction = taken_in(record, at=AT)
    assert interaction.model_dump(exclude={"id", "digest", "source_id"}, exclude_defaults=True) == {
        "source": "fidelio/notify",
        "channel": "email",
        "type": "consent.changed",
        "occurred_at": AT.replace(microsecond=250_000),
        "received_at": AT.replace(microsecond=250_000),
        "identifiers": ({"kind": "email", "value": "ann@example.org"},),
        "reference": {"kind": "decision", "id": WANTED.decision},
        "consent": {
            "purpose": "marketing",
            "channel": "email",
            "status": "denied",
            "evidence": f"decision {WANTED.decision}",
        },
    }
    assert (record.topic, record.key) == ("channels.email", WANTED.profile.encode())


def test_the_same_use_told_twice_is_one_interaction_and_a_later_use_is_another() -> None:
    same = [taken_in(unsubscribe_record(WANTED, ANN, AT), at=AT) for _ in range(2)]
    later = taken_in(unsubscribe_record(WANTED, ANN, AT + timedelta(minutes=1)), at=AT + timedelta(minutes=1))

    assert same[0] == same[1]
    assert later.id != same[0].id
