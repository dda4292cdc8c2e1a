"""Who asks, as far as an address tells it: nobody gets a budget of their own by inventing one. Pure."""

from ipaddress import IPv6Address, ip_address, ip_network

_IPV6_OF_ONE_CUSTOMER = 64


def direct_visitor(forwarded_for: str, remote: str, hops: int) -> str:
    """The address of a visitor whose browser asks us through `hops` proxies of the host.

    `forwarded_for` is the header X-Forwarded-For, to which each proxy adds who asked it, and `remote` who asked the web
    process. What stands further left was sent by the visitor and may be invented. Where the chain is too short, some
    proxy added nothing: then it is the outermost address that was told by a server we trust.
    """
    told = [*(entry.strip() for entry in forwarded_for.split(",")), remote]
    return next(filter(None, told[-(hops + 1) :]), "")


def app_proxy_visitor(forwarded_for: str, remote: str, hops: int) -> str:
    """As `direct_visitor`, for a request that Shopify's app proxy passes on: it is one more server that is trusted."""
    return direct_visitor(forwarded_for, remote, hops + 1)


def group_addresses(address: str) -> str:
    """What counts as one visitor: an IPv4 address, or the /64 of an IPv6 one, which one customer has to themselves."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unreadable"
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ip_network((int(parsed), _IPV6_OF_ONE_CUSTOMER), strict=False))
    return str(parsed)
