"""Who a client is, behind proxies and without any."""

from pathlib import Path
from typing import Any

import pytest

from sids_service.addresses import networks
from sids_service.jobs.store import Part, open_store
from sids_service.settings import Settings
from sids_service.web.clients import Clients, client_of

TRUSTED = "10.0.0.0/8, 2001:db8:ffff::1"


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return {"type": "http", "client": (peer, 4711) if peer is not None else None, "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", (), "192.0.2.1"),
        ("192.0.2.1", ("203.0.113.9",), "192.0.2.1"),  # its own claim
        ("10.1.2.3", (), "10.1.2.3"),
        ("10.1.2.3", ("203.0.113.9",), "203.0.113.9"),
        ("10.1.2.3", ("6.6.6.6, 203.0.113.9",), "203.0.113.9"),
        ("10.1.2.3", ("6.6.6.6", "203.0.113.9"), "203.0.113.9"),
        ("10.1.2.3", ("6.6.6.6, 203.0.113.9, 10.9.9.9",), "203.0.113.9"),
        ("10.1.2.3", ("10.0.0.1, 10.0.0.2",), "10.0.0.1"),
        ("10.1.2.3", ("203.0.113.9, nonsense",), "10.1.2.3"),
        ("10.1.2.3", ("",), "10.1.2.3"),
        ("::ffff:10.1.2.3", ("203.0.113.9:5678",), "203.0.113.9"),
        ("2001:db8:ffff::1", ("[2001:db8:1:2:3:4:5:6]:443",), "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", (), "2001:db8:1:2::/64"),
        ("fe80::1%eth0", (), "fe80::/64"),
        # The Functions host tells no peer: the last entry is what the front end saw.
        (None, ("203.0.113.9:5678",), "203.0.113.9"),
        (None, ("6.6.6.6, 203.0.113.9:5678",), "203.0.113.9"),
        (None, ("6.6.6.6, 203.0.113.9, 10.9.9.9:80",), "203.0.113.9"),
        (None, ("[2001:db8:1:2:3:4:5:6]:443",), "2001:db8:1:2::/64"),
        (None, ("2001:db8:1:2:3:4:5:6",), "2001:db8:1:2::/64"),
        (None, ("nonsense",), ""),
        (None, (), ""),
        ("testclient", ("203.0.113.9",), ""),
    ],
)
def test_the_client_is_the_first_that_no_trusted_proxy_vouches_for(
    peer: str | None, forwarded: tuple[str, ...], client: str
) -> None:
    assert client_of(scope(peer, *forwarded), networks(TRUSTED)) == client


def test_names_hide_addresses_and_are_the_same_in_every_process(tmp_path: Path) -> None:
    store = open_store(Settings(jobs_path=tmp_path))
    one, other = Clients(store, ""), Clients(store, "")
    name = one.name(scope("192.0.2.1"))
    assert name == other.name(scope("192.0.2.1", "203.0.113.9"))
    assert name != one.name(scope("192.0.2.2"))
    assert len(name) == 16
    assert "192" not in store.content(Part.KEY, "clients").decode("latin-1")  # type: ignore[union-attr]
    elsewhere = Clients(open_store(Settings(jobs_path=tmp_path / "other")), "")
    assert elsewhere.name(scope("192.0.2.1")) != name


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy.example.org", "10.0.0.1/8", "1.2.3.4:80"])
def test_what_is_no_network_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="a network is, for example") as refused:
        networks(f"10.0.0.0/8,{text}")
    assert text in str(refused.value)
