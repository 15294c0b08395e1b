"""Where a webhook may be: a table of addresses that must never be posted to, and of those that may."""

import pytest

from fidelio_notify.domain.addresses import Hostile, Reach, Target, checked_address, is_public, target_of

PUBLIC = Reach()
HOSTILE = [
    # another way of speaking
    "http://hooks.example.org/",
    "HTTP://hooks.example.org/",
    "ftp://hooks.example.org/",
    "file:///etc/passwd",
    "gopher://hooks.example.org/",
    "javascript:alert(1)",
    "//hooks.example.org/",
    "hooks.example.org",
    "",
    # this machine
    "https://127.0.0.1/",
    "https://127.8.9.1/",
    "https://localhost/",
    "https://localhost./",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    # this machine, written so that not every parser sees it
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://１２７.0.0.1/",
    "https://ⓛocalhost/",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1%00.example.org/",
    # this network
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.1.1/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fd12:3456::1]/",
    "https://[fec0::1]/",
    "https://intranet/",
    # what only this network knows about itself
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://100.100.100.200/latest/meta-data/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    # everybody and nobody
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://240.0.0.1/",
    "https://[ff02::1]/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://[2001:db8::1]/",
    # tunnels to anywhere
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    # other ports
    "https://hooks.example.org:22/",
    "https://hooks.example.org:80/",
    "https://hooks.example.org:6379/",
    "https://hooks.example.org:27017/",
    "https://hooks.example.org:0/",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org:4a3/",
    "https://hooks.example.org:-1/",
    # two readings of one text
    "https://user@hooks.example.org/",
    "https://user:pass@hooks.example.org/",
    "https://hooks.example.org@127.0.0.1/",
    "https://@hooks.example.org/",
    "https://hooks.example.org\\@127.0.0.1/",
    "https://127.0.0.1\\.example.org/",
    "https://hooks.example.org#@127.0.0.1/",
    "https://hooks.example.org/\r\nHost: 127.0.0.1",
    "https://hooks.example.org/ HTTP/1.1",
    "https://hooks.example.org\t/",
    "https:///hooks.example.org",
    "https://hooks..example.org/",
    "https://.example.org/",
    "https://[hooks.example.org]/",
    "https://[::1/",
    "https://hooks.example.org/" + "a" * 2048,
    "https://" + "a" * 64 + ".example.org/",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_any_name_is_asked_for(url: str) -> None:
    with pytest.raises(Hostile):
        target_of(url, PUBLIC)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example.org", Target("https", "hooks.example.org", 443, "/")),
        ("https://Hooks.Example.ORG:443/a?b=c", Target("https", "hooks.example.org", 443, "/a?b=c")),
        ("https://xn--bcher-kva.example.org/", Target("https", "xn--bcher-kva.example.org", 443, "/")),
        ("https://93.184.215.14/hook", Target("https", "93.184.215.14", 443, "/hook")),
        (
            "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
            Target("https", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", 443, "/"),
        ),
    ],
)
def test_an_address_on_the_public_internet_is_taken_apart(url: str, target: Target) -> None:
    assert target_of(url, PUBLIC) == target


@pytest.mark.parametrize(
    "resolved",
    [
        [],
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["169.254.169.254"],
        ["fe80::1%eth0"],
        ["93.184.215.14", "127.0.0.1"],
        ["93.184.215.14", "fd00::1"],
        ["no address"],
    ],
)
def test_a_name_that_leads_into_this_network_is_refused(resolved: list[str]) -> None:
    with pytest.raises(Hostile):
        checked_address(target_of("https://hooks.example.org/", PUBLIC), resolved, PUBLIC)


def test_of_a_name_with_public_addresses_only_the_first_is_connected_to() -> None:
    target = target_of("https://hooks.example.org/", PUBLIC)

    assert checked_address(target, ["93.184.215.14", "2606:2800::1"], PUBLIC) == "93.184.215.14"


def test_what_is_connected_to_is_the_address_and_what_is_asked_for_is_the_name() -> None:
    target = target_of("https://hooks.example.org/a?b=c", PUBLIC)

    assert target.at("2606:2800::1") == "https://[2606:2800::1]:443/a?b=c"
    assert (target.host_header, target.is_numeric) == ("hooks.example.org", False)


def test_on_this_machine_only_ports_that_are_named_are_reached_and_no_other_machine_by_them() -> None:
    local = Reach(local_ports=frozenset({8080}))

    target = target_of("http://127.0.0.1:8080/", local)
    assert checked_address(target, ["127.0.0.1"], local) == "127.0.0.1"
    for url in (
        "http://127.0.0.1:8081/",
        "http://10.0.0.1:8080/",
        "http://hooks.example.org:8080/",
        "http://127.0.0.2:8080/",
    ):
        with pytest.raises(Hostile):
            target_of(url, local)
    with pytest.raises(Hostile):
        checked_address(target_of("https://hooks.example.org:8080/", local), ["93.184.215.14"], local)
    with pytest.raises(Hostile):
        checked_address(target_of("https://hooks.example.org/", local), ["127.0.0.1"], local)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "100.63.255.255", "100.128.0.0", "172.32.0.1", "2a00:1450::1", "2003::1"]
)
def test_the_neighbours_of_what_is_refused_are_public(address: str) -> None:
    assert is_public(address)
