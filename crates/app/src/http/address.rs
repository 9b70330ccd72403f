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

/// Headers that a proxy adds.
const BY_PROXIES: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/// Whether the request came through a proxy that is not among the trusted ones, so that no one knows who it is from.
pub fn is_from_unknown_caller(extensions: &Extensions, headers: &HeaderMap, proxies: &[IpNet]) -> bool {
    !peer(extensions).is_in(proxies) && BY_PROXIES.iter().any(|name| headers.contains_key(*name))
}

fn peer(extensions: &Extensions) -> ClientAddress {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    ClientAddress(peer.map_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), |info| info.0.ip()).to_canonical())
}

/// The proxy that says who the client is and is not believed: it is not among the trusted ones.
pub fn unheard_proxy(extensions: &Extensions, headers: &HeaderMap, proxies: &[IpNet]) -> Option<ClientAddress> {
    let peer = peer(extensions);
    (!peer.is_in(proxies) && hops(headers).next().is_some()).then_some(peer)
}

/// The address of the client: the peer's, or what trusted proxies say (S-86).
///
/// `X-Forwarded-For`, or `Forwarded` (RFC 7239) where there is none, is read from its end, where our own proxies write; the first
/// address that is not one of them is the client. What stands before it was written by anyone.
pub fn client_address(extensions: &Extensions, headers: &HeaderMap, proxies: &[IpNet]) -> ClientAddress {
    let mut client = peer(extensions);
    if !client.is_in(proxies) {
        return client;
    }
    for hop in hops(headers).collect::<Vec<_>>().into_iter().rev() {
        let Some(hop) = hop else { break };
        client = ClientAddress(hop.to_canonical());
        if !client.is_in(proxies) {
            break;
        }
    }
    client
}

/// What proxies wrote, in their order; `None` for what is no address, such as `unknown`.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = |name: &'static str| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let plain = lines("x-forwarded-for").flat_map(|line| line.split(',')).map(address);
    let standard = lines("forwarded").flat_map(|line| line.split(',')).map(|hop| {
        let mut pairs = hop.split(';').filter_map(|pair| pair.split_once('='));
        let of = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
        of.and_then(|(_, said)| address(said))
    });
    let has_plain = headers.contains_key("x-forwarded-for");
    plain.chain(standard.filter(move |_| !has_plain))
}

/// An address with or without a port, in brackets, in quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
        .or_else(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(peer: &str, lines: &[(&'static str, &str)]) -> (Extensions, HeaderMap) {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().expect("address"), 1)));
        let mut headers = HeaderMap::new();
        for (name, text) in lines {
            headers.append(*name, text.parse().expect("text"));
        }
        (extensions, headers)
    }

    fn proxies() -> [IpNet; 2] {
        ["10.0.0.0/8", "::1/128"].map(|range| range.parse().expect("range"))
    }

    fn seen(peer: &str, lines: &[(&'static str, &str)]) -> String {
        let (extensions, headers) = request(peer, lines);
        client_address(&extensions, &headers, &proxies()).0.to_string()
    }

    #[test]
    fn s_86_only_our_own_proxies_say_who_the_client_is() {
        let seen = |peer, said| seen(peer, &[("x-forwarded-for", said)]);
        assert_eq!(seen("203.0.113.9", "198.51.100.1"), "203.0.113.9", "a stranger cannot pretend");
        assert_eq!(seen("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(seen("::ffff:10.0.0.1", "198.51.100.1"), "198.51.100.1", "the proxy as a mapped address");
        assert_eq!(seen("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2"), "198.51.100.1", "the first entry is anybody's");
        for nonsense in ["nonsense", "unknown", "_hidden", "", "1.2.3.4.5", "[2001:db8::1"] {
            assert_eq!(seen("10.0.0.1", nonsense), "10.0.0.1", "{nonsense}");
        }
    }

    #[test]
    fn s_86_an_address_is_read_with_a_port_in_brackets_and_as_the_standard_writes_it() {
        for (said, wanted) in [
            ("198.51.100.1:50123", "198.51.100.1"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("9.9.9.9:1, 198.51.100.1:2 ,10.0.0.9:3", "198.51.100.1"),
        ] {
            assert_eq!(seen("10.0.0.1", &[("x-forwarded-for", said)]), wanted, "{said}");
        }
        for (said, wanted) in [
            ("for=198.51.100.1", "198.51.100.1"),
            ("proto=https;For=\"198.51.100.1:4711\";by=10.0.0.3", "198.51.100.1"),
            ("for=\"[2001:db8::7]:443\"", "2001:db8::7"),
            ("for=9.9.9.9, for=198.51.100.1, for=10.0.0.9", "198.51.100.1"),
            ("for=unknown", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(seen("10.0.0.1", &[("forwarded", said)]), wanted, "{said}");
        }
        let lines = [("x-forwarded-for", "9.9.9.9"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(seen("::1", &lines), "198.51.100.1", "a proxy may add a line of its own");
    }

    #[test]
    fn a_proxy_that_is_not_trusted_is_noticed() {
        let unheard = |peer, lines: &[(&'static str, &str)]| {
            let (extensions, headers) = request(peer, lines);
            unheard_proxy(&extensions, &headers, &proxies()).map(|proxy| proxy.0.to_string())
        };
        assert_eq!(unheard("127.0.0.1", &[("x-forwarded-for", "198.51.100.1")]), Some("127.0.0.1".to_owned()));
        assert_eq!(unheard("172.18.0.2", &[("forwarded", "for=_x")]), Some("172.18.0.2".to_owned()));
        assert_eq!(unheard("10.0.0.1", &[("x-forwarded-for", "198.51.100.1")]), None, "it is trusted");
        assert_eq!(unheard("127.0.0.1", &[]), None);
    }

    #[test]
    fn s_37_an_ipv6_network_counts_as_one() {
        let unit = |text: &str| ClientAddress(text.parse().expect("address")).unit();
        assert_eq!(unit("2001:db8:1:2:3::4"), unit("2001:db8:1:2:ffff::1"));
        assert_ne!(unit("2001:db8:1:2::1"), unit("2001:db8:1:3::1"));
        assert_eq!(ClientAddress("198.51.100.77".parse().expect("address")).prefix(), "198.51.100.0/24");
    }
}
