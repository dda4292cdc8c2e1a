"""Whose address counts, whatever a visitor sends and however many servers stand between."""

import pytest

from service.access.visitors import app_proxy_visitor, direct_visitor, group_addresses

VISITOR, SHOPIFY, PROXIES = "203.0.113.9", "198.51.100.1", ("10.0.0.1", "10.0.0.2")


def chain_through(*servers: str, invented: str) -> tuple[str, str]:
    """What the web process is told when the visitor asks the first server: X-Forwarded-For and the last server."""
    askers = [VISITOR, *servers]
    return ", ".join(filter(None, [invented, *askers[:-1]])), askers[-1]


@pytest.mark.parametrize("hops", [0, 1, 2])
@pytest.mark.parametrize("invented", ["", "1.1.1.1", "1.1.1.1, 2.2.2.2,  3.3.3.3", ",", "<script>"])
def test_whatever_a_visitor_invents_their_own_address_counts(hops: int, invented: str) -> None:
    directly = chain_through(*PROXIES[:hops], invented=invented)
    through_shopify = chain_through(SHOPIFY, *PROXIES[:hops], invented=invented)

    assert direct_visitor(*directly, hops) == VISITOR
    assert app_proxy_visitor(*through_shopify, hops) == VISITOR


@pytest.mark.parametrize(
    ("forwarded", "hops", "address"),
    [
        ("", 1, "10.0.0.9"),
        (VISITOR, 2, VISITOR),
        ("", 2, "10.0.0.9"),
        (f"1.1.1.1, {VISITOR}, ", 1, "10.0.0.9"),
        (f"1.1.1.1, {VISITOR}, ", 2, VISITOR),
    ],
)
def test_where_a_proxy_added_nothing_the_outermost_address_that_is_trusted_counts(
    forwarded: str, hops: int, address: str
) -> None:
    assert direct_visitor(forwarded, "10.0.0.9", hops) == address
    assert app_proxy_visitor(forwarded, "10.0.0.9", hops - 1) == address


def test_a_whole_ipv6_network_is_one_visitor() -> None:
    assert group_addresses("2001:db8:1:2::1") == group_addresses("2001:db8:1:2:ffff::9")
    assert group_addresses("2001:db8:1:2::1") != group_addresses("2001:db8:1:3::1")
    assert group_addresses("::ffff:192.0.2.7") == group_addresses("192.0.2.7")
    assert group_addresses("anything") == group_addresses("<script>")
