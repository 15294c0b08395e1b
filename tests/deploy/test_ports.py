import socket
from pathlib import Path

import pytest

from fidelio_deploy.errors import StackError
from fidelio_deploy.ports import HIGHEST, LOWEST, free_port, kept_ports


def test_a_directory_keeps_its_ports(tmp_path: Path) -> None:
    first = kept_ports(tmp_path, ("kafka", "mongo"))

    assert kept_ports(tmp_path, ("kafka", "mongo")) == first
    assert kept_ports(tmp_path, ("mongo",)) == {"mongo": first["mongo"]}


def test_a_given_port_wins_over_the_kept_one(tmp_path: Path) -> None:
    kept_ports(tmp_path, ("kafka",))
    given = free_port()

    assert kept_ports(tmp_path, ("kafka",), {"kafka": given}) == {"kafka": given}
    assert kept_ports(tmp_path, ("kafka",)) == {"kafka": given}


def test_a_taken_port_is_refused_by_its_number(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as other:
        port = other.getsockname()[1]
        with pytest.raises(StackError, match=f"port {port} on 127.0.0.1 is taken"):
            kept_ports(tmp_path, ("kafka",), {"kafka": port})


def test_chosen_ports_lie_below_those_that_clients_get_from_the_kernel() -> None:
    lowest_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert LOWEST <= free_port() < HIGHEST <= lowest_ephemeral


@pytest.mark.parametrize("way", ["free", "kept"])
def test_a_port_that_was_given_is_not_given_again_before_anybody_listens(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = free_port() if way == "free" else kept_ports(tmp_path, ("kafka",))["kafka"]
    drawn = iter([first, first, first + 1 if first + 1 < HIGHEST else LOWEST])
    monkeypatch.setattr("fidelio_deploy.ports.secrets.choice", lambda _: next(drawn))
    monkeypatch.setattr("fidelio_deploy.ports.is_free", lambda _: True)

    assert free_port() != first
