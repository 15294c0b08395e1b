"""Equal identifiers in one form, different ones in different forms."""

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from fidelio_ingest.domain.identifiers import IdentifierForms
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.ingest import SubmittedIdentifier
from support.effort import CI

FORMS = IdentifierForms(shipped_identity_rules())


def normal_form(kind: str, value: str) -> str | None:
    found = FORMS.normalise([SubmittedIdentifier(kind=kind, value=value)])
    return found[0].value if found else None


@pytest.mark.parametrize(
    ("told", "form"),
    [
        ("ann@example.org", "ann@example.org"),
        ("Ann@Example.ORG", "ann@example.org"),
        ("  ann@example.org\t", "ann@example.org"),
        ("\u00a0ann@example.org\u3000", "ann@example.org"),
        ("ann+shop@example.org", "ann+shop@example.org"),
        ("a.n.n@example.org", "a.n.n@example.org"),
        ("ann_x-1@mail.example.org", "ann_x-1@mail.example.org"),
        ("o'hara@example.org", "o'hara@example.org"),
        ("ann@xn--bcher-kva.example", "ann@bücher.example"),
        ("ann@bücher.example", "ann@bücher.example"),
        ("ann@BÜCHER.example", "ann@bücher.example"),
        ("ann@bu\u0308cher.example", "ann@bücher.example"),
        ("josé@example.org", "josé@example.org"),
        ("jose\u0301@example.org", "josé@example.org"),
        ("\u0430nn@example.org", "\u0430nn@example.org"),
        ("ann@example.org.", None),
        ("ann@localhost", None),
        ("ann@127.0.0.1", None),
        ("ann@[127.0.0.1]", None),
        ("ann.example.org", None),
        ("ann@@example.org", None),
        ("ann@example..org", None),
        (".ann@example.org", None),
        ("an n@example.org", None),
        ("Ann <ann@example.org>", None),
        ("mailto:ann@example.org", None),
        ("ann@example.org,bob@example.org", None),
        ("ann@-example.org", None),
        ("ann\u200b@example.org", "ann@example.org"),
        ("a" * 65 + "@example.org", "a" * 65 + "@example.org"),
        ("ann@" + "e" * 250 + ".org", None),
        ("@example.org", None),
        ("", None),
    ],
)
def test_an_email_address_has_one_form(told: str, form: str | None) -> None:
    assert normal_form("email", told) == form


def by_the_library(address: str) -> str | None:
    try:
        return validate_email(address, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


labels = st.from_regex(r"[a-z0-9-]{1,70}", fullmatch=True)
domains = st.lists(labels, min_size=1, max_size=4).map(".".join)
usual_domains = domains.filter(lambda name: not name.endswith(tuple(SPECIAL_USE_DOMAIN_NAMES)))
names = st.from_regex(r"[A-Za-z0-9_+.-]{1,70}", fullmatch=True)


@given(st.builds("{}@{}".format, names, st.one_of(usual_domains, usual_domains.map(lambda name: f"{name}.org"))))
@CI
def test_the_short_cut_for_plain_addresses_says_what_the_library_says(address: str) -> None:
    assert normal_form("email", address) == by_the_library(address)


@pytest.mark.parametrize(
    ("told", "form"),
    [
        ("+33612345678", "+33612345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("+33.6.12.34.56.78", "+33612345678"),
        ("+33-6-12-34-56-78", "+33612345678"),
        (" +33 612 345 678 ", "+33612345678"),
        ("tel:+33612345678", "+33612345678"),
        ("\uff0b33612345678", "+33612345678"),
        ("+\u0663\u0663612345678", "+33612345678"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("+49 30 901820", "+4930901820"),
        ("0612345678", None),
        ("0033612345678", None),
        ("33612345678", None),
        ("+33 1", None),
        ("+999 123456789", None),
        ("+33" + "6" * 30, None),
        ("call me", None),
        ("+", None),
        ("", None),
    ],
)
def test_a_phone_number_has_one_form(told: str, form: str | None) -> None:
    assert normal_form("phone", told) == form


@pytest.mark.parametrize(
    ("told", "form"),
    [
        ("42", "42"),
        (" 42\n", "42"),
        ("AbC", "AbC"),
        ("e\u0301", "é"),
        ("\u00e9", "é"),
        ("\uff14\uff12", "\uff14\uff12"),
        (" \t\u00a0", None),
        ("\u0958" * 170, "\u0915\u093c" * 170),
        ("\u0958" * 257, None),
    ],
)
def test_any_other_identifier_is_trimmed_composed_and_otherwise_left(told: str, form: str | None) -> None:
    assert normal_form("customer_id", told) == form


def test_a_kind_that_may_not_link_here_is_kept_as_a_description() -> None:
    told = [SubmittedIdentifier(kind="device_id", value="d1"), SubmittedIdentifier(kind="email", value="A@b.example")]

    found = FORMS.normalise(told, links=("email",))

    assert [(each.kind, each.value) for each in found] == [("email", "a@b.example"), ("described.device_id", "d1")]


def test_what_is_said_twice_is_kept_once() -> None:
    told = [SubmittedIdentifier(kind="email", value=value) for value in ("A@b.example", "a@b.example ", "c@b.example")]

    found = FORMS.normalise(told)

    assert [each.value for each in found] == ["a@b.example", "c@b.example"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *[
            ("customer_id", value)
            for value in ("null", "NULL", "None", " n/a ", "unknown", "0", "0000", "XXXX", "test")
        ],
        ("device_id", "00000000-0000-0000-0000-000000000000"),
        ("email", "test@shop.example"),
        ("email", "ann@none.example"),
        ("email", "noreply@shop.example"),
        ("shoe_size", "42"),
    ],
)
def test_what_integrations_send_by_mistake_is_kept_and_finds_nobody(kind: str, value: str) -> None:
    (found,) = FORMS.normalise([SubmittedIdentifier(kind=kind, value=value)])
    assert (found.kind, found.value) == (f"described.{kind}", value.strip())


@pytest.mark.parametrize("value", ["42", "1111", "Anna Null", "nullable", "none-such-7", "10000"])
def test_a_value_that_only_looks_like_a_mistake_links(value: str) -> None:
    assert normal_form("customer_id", value) == value
    assert FORMS.normalise([SubmittedIdentifier(kind="customer_id", value=value)])[0].kind == "customer_id"


def test_the_strongest_comes_first_and_what_describes_last() -> None:
    told = [("shoe_size", "42"), ("device_id", "d"), ("email", "a@b.example"), ("customer_id", "7")]
    found = FORMS.normalise([SubmittedIdentifier(kind=kind, value=value) for kind, value in told])
    assert [each.kind for each in found] == ["customer_id", "email", "device_id", "described.shoe_size"]


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\u2060", "\u00ad"])
def test_marks_that_nobody_sees_do_not_make_another_person(mark: str) -> None:
    assert normal_form("customer_id", f"4{mark}2") == "42"
