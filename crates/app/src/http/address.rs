//! Who is at the other end of the line: the address that limits and allow-lists count by.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap},
};
use ipnet::IpNet;

/// The client's address. Kept in memory only; what is stored is at most its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The unit that limits count by: an IPv4 address, or the /64 of an IPv6 address (S-37).
    pub fn unit(self) -> IpAddr {
        match self.0 {
            IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64))),
            four => four,
        }
    }

    /// Enough to recognise a place and too little to point at a person: the /24 or /48 (S-25).
    pub fn prefix(self) -> String {
        let bits = if self.0.is_ipv4() { 24 } else { 48 };
        IpNet::new(self.0, bits).map(|net| net.trunc().to_string()).unwrap_or_default()
    }

    /// Whether it lies in one of these ranges.
    pub fn is_in(self, ranges: &[IpNet]) -> bool {
        ranges.iter().any(|range| range.contains(&self.0))
    }
}

/// The address of the client: the peer's, or what trusted proxies say (S-86).
///
/// `X-Forwarded-For` is read from its end, where our own proxies write; the first address that is not one of them is
/// the client. What stands before it was written by anybody.
pub fn client_address(extensions: &Extensions, headers: &HeaderMap, proxies: &[IpNet]) -> ClientAddress {
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), |info| info.0.ip())
        .to_canonical();
    if !ClientAddress(peer).is_in(proxies) {
        return ClientAddress(peer);
    }
    let said = headers.get_all("x-forwarded-for");
    let hops = said.iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    let hops: Vec<_> = hops.map(|hop| hop.trim().parse::<IpAddr>()).collect();
    let mut client = peer;
    for hop in hops.into_iter().rev() {
        let Ok(hop) = hop else { break };
        client = hop.to_canonical();
        if !ClientAddress(client).is_in(proxies) {
            break;
        }
    }
    ClientAddress(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &str) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().expect("address"), 1)));
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().expect("text"));
        client_address(&extensions, &headers, &["10.0.0.0/8".parse().expect("range")]).0.to_string()
    }

    #[test]
    fn s_86_only_our_own_proxies_say_who_the_client_is() {
        assert_eq!(seen("203.0.113.9", "198.51.100.1"), "203.0.113.9", "a stranger cannot pretend");
        assert_eq!(seen("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2"), "198.51.100.1", "the first entry is anybody's");
        assert_eq!(seen("10.0.0.1", "nonsense"), "10.0.0.1");
    }

    #[test]
    fn s_37_an_ipv6_network_counts_as_one() {
        let unit = |text: &str| ClientAddress(text.parse().expect("address")).unit();
        assert_eq!(unit("2001:db8:1:2:3::4"), unit("2001:db8:1:2:ffff::1"));
        assert_ne!(unit("2001:db8:1:2::1"), unit("2001:db8:1:3::1"));
        assert_eq!(ClientAddress("198.51.100.77".parse().expect("address")).prefix(), "198.51.100.0/24");
    }
}
