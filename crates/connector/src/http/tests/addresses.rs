//! S-52, S-54, S-55: what may be called at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{super::address::is_public, super::guard::Door, *};
use crate::http::{Refusal, Transport};

/// Addresses that must never be called by default.
const CLOSED: &[&str] = &[
    // this network
    "0.0.0.0",
    "0.0.0.1",
    "0.1.2.3",
    "0.255.255.255",
    // private
    "10.0.0.0",
    "10.0.0.1",
    "10.1.2.3",
    "10.255.255.255",
    "172.16.0.0",
    "172.16.0.1",
    "172.20.10.2",
    "172.31.255.255",
    "192.168.0.0",
    "192.168.0.1",
    "192.168.1.1",
    "192.168.255.255",
    // carriers
    "100.64.0.0",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    // loopback
    "127.0.0.0",
    "127.0.0.1",
    "127.0.0.2",
    "127.1.2.3",
    "127.255.255.255",
    // link-local, metadata services
    "169.254.0.0",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "168.63.129.16",
    // protocol, documentation, relays, benchmarks
    "192.0.0.0",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.0.192",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.1",
    "192.0.2.255",
    "192.88.99.0",
    "192.88.99.1",
    "192.88.99.255",
    "198.18.0.0",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.7",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.9",
    "203.0.113.255",
    // multicast, reserved, broadcast
    "224.0.0.0",
    "224.0.0.1",
    "224.0.0.251",
    "232.1.1.1",
    "239.255.255.255",
    "240.0.0.0",
    "240.0.0.1",
    "250.1.2.3",
    "255.255.255.254",
    "255.255.255.255",
    // IPv6: unspecified, loopback, compatible
    "::",
    "::1",
    "::2",
    "::7f00:1",
    "::127.0.0.1",
    "::10.0.0.1",
    "::8.8.8.8",
    // mapped
    "::ffff:0.0.0.0",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::ffff:192.168.1.1",
    "::ffff:172.16.0.1",
    "::ffff:100.64.0.1",
    "::ffff:224.0.0.1",
    "::ffff:255.255.255.255",
    "::ffff:0:127.0.0.1",
    "::ffff:0:10.0.0.1",
    // translated (NAT64), well-known and local
    "64:ff9b::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::192.168.0.1",
    "64:ff9b::0.0.0.0",
    "64:ff9b::224.0.0.1",
    "64:ff9b:1::",
    "64:ff9b:1::1",
    "64:ff9b:1::127.0.0.1",
    "64:ff9b:1:a00:0:100::",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    "64:ff9b:0:1::1",
    // 6to4
    "2002::",
    "2002:7f00:1::",
    "2002:7f00:1::1",
    "2002:a00:1::",
    "2002:a9fe:a9fe::",
    "2002:c0a8:101::1",
    "2002:ac10:1::",
    "2002:e000:1::",
    "2002:6440:1::",
    // Teredo and the other protocol assignments
    "2001::",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:0:a00:1:0:0:80ff:fffe",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:1::1",
    "2001:2::1",
    "2001:3::1",
    "2001:4:112::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff:ffff::1",
    // documentation
    "2001:db8::",
    "2001:db8::1",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "3fff::",
    "3fff::1",
    "3fff:fff::1",
    // discard, unique local, link-local, site-local, multicast
    "100::",
    "100::1",
    "100:0:0:1::1",
    "fc00::",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fd12:3456:789a::1",
    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe80::",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "fec0::",
    "fec0::1",
    "feff::1",
    "ff00::",
    "ff01::1",
    "ff02::1",
    "ff02::fb",
    "ff05::2",
    "ff0e::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    // not handed out, or segment routing
    "1::1",
    "400::1",
    "5f00::1",
    "1000::1",
    "4000::1",
    "8000::1",
    "a000::1",
    "e000::1",
];

/// Hosts as someone might write a closed address so that it is not seen.
const DISGUISED: &[&str] = &[
    "127.1",
    "127.0.1",
    "0",
    "0x0",
    "00",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "0177.1",
    "017700000001",
    "127.0.0.1.",
    "127.1.",
    "2130706433.",
    "0x7f000001.",
    "127.0.0.0x1",
    "127.0.00.01",
    "0x7F.0x0.0x0.0x1",
    "0300.0250.1.1",
    "192.168.257",
    "10.1",
    "0xa000001",
    "167772161",
    "3232235777",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.16689662",
    "0xA9.0xFE.0xA9.0xFE",
    "%31%32%37.0.0.1",
    "%30%78%37%66.1",
    "１２７.０.０.１",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "①②⑦.⓪.⓪.①",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[::FFFF:A9FE:A9FE]",
];

/// Addresses of the public internet, one beyond each closed range and some well-known ones.
const OPEN: &[&str] = &[
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.0.3.0",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450:400e:80e::200e",
    "2001:200::1",
    "2001:db7::1",
    "2001:db9::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
    "3ffe::1",
];

#[test]
fn s_54_no_closed_address_passes() {
    assert!(CLOSED.len() + DISGUISED.len() >= 150, "{} vectors", CLOSED.len() + DISGUISED.len());
    let passed: Vec<&&str> = CLOSED.iter().filter(|text| is_public(text.parse().expect("an address"))).collect();
    assert!(passed.is_empty(), "{passed:?}");
}

#[test]
fn s_54_what_borders_on_a_closed_range_is_public() {
    let refused: Vec<&&str> = OPEN.iter().filter(|text| !is_public(text.parse().expect("an address"))).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn s_54_no_closed_address_passes_as_a_host() {
    let guard = guard_with(GuardRules::default());
    let literals = CLOSED.iter().map(|text| match text.parse() {
        Ok(IpAddr::V6(v6)) => format!("[{v6}]"),
        _ => (*text).to_owned(),
    });
    for host in literals.chain(DISGUISED.iter().map(|host| (*host).to_owned())) {
        let Ok(url) = url::Url::parse(&format!("https://{host}/")) else { continue };
        assert!(!matches!(url.host(), Some(url::Host::Domain(_))), "{host} stays a name and says nothing here");
        let refused = guard.open(&url, &[]);
        assert!(matches!(refused, Err(Transport::Refused(_))), "{host} passed as {url}");
    }
}

#[test]
fn s_54_a_zone_is_no_part_of_an_address() {
    for host in
        ["[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%25lo]", "127.0.0.1%25lo", "1.2.3.4.5.6.7.8:", "[::1", "::1"]
    {
        assert!(url::Url::parse(&format!("https://{host}/")).is_err(), "{host}");
    }
}

#[test]
fn s_54_whatever_the_registries_set_apart_is_closed() {
    // An independent copy of IANA's registries; its exceptions that are public in fact are named here.
    let reachable = [
        "192.0.0.9/32",
        "192.0.0.10/32",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.175.48.0/24",
        "2620:4f:8000::/48",
        "64:ff9b::/96",
        "2002::/16",
    ];
    let mut checked = 0;
    for network in iprfc::RFC6890.ip_nets() {
        if reachable.contains(&network.to_string().as_str()) {
            continue;
        }
        for address in [network.network(), network.broadcast()] {
            assert!(!is_public(address), "{address} of {network}");
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked}");
}

#[test]
fn s_52_only_https_on_443_and_no_user() {
    let guard = guard_with(GuardRules::default());
    for address in [
        "http://example.com/",
        "http://example.com:443/",
        "https://example.com:80/",
        "https://example.com:8443/",
        "https://example.com:22/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "data:,hi",
        "ws://example.com/",
        "wss://example.com/",
        "javascript:alert(1)",
        "unix:/run/docker.sock",
        "about:blank",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://:password@example.com/",
        "https://example.com@127.0.0.1/",
        "https://1.1.1.1:8080/",
        "http://1.1.1.1/",
        "jar:https://example.com!/x",
    ] {
        let url = url::Url::parse(address).expect("it parses");
        assert!(matches!(guard.open(&url, &[]), Err(Transport::Refused(_))), "{address}");
    }
    for address in ["https://example.com/", "https://example.com:443/", "https://1.1.1.1/", "HTTPS://EXAMPLE.com."] {
        guard.open(&url::Url::parse(address).expect("it parses"), &[]).expect(address);
    }
}

#[test]
fn s_55_an_exception_covers_its_range_and_ports_and_nothing_else() {
    let rules = GuardRules {
        allowed: vec![range([10, 1, 0, 0], 16, &[8080, 443]), range([192, 168, 7, 7], 32, &[])],
        ..GuardRules::default()
    };
    let may =
        |address: &str, https, port| rules.permits(address.parse().expect("an address"), Door { https, port }).is_ok();
    assert!(may("10.1.0.0", false, 8080) && may("10.1.255.255", true, 8080) && may("10.1.2.3", true, 443));
    assert!(may("::ffff:10.1.2.3", false, 8080), "the same address in other letters");
    assert!(may("192.168.7.7", false, 80) && may("192.168.7.7", true, 65535));
    for (address, https, port) in [
        ("10.1.0.1", false, 8081),
        ("10.2.0.0", false, 8080),
        ("10.0.255.255", false, 8080),
        ("10.2.0.1", true, 443),
        ("192.168.7.6", false, 80),
        ("192.168.7.8", true, 443),
        ("127.0.0.1", true, 443),
        ("1.1.1.1", false, 8080),
    ] {
        assert!(!may(address, https, port), "{address} {https} {port}");
    }
}

#[test]
fn s_55_an_installation_that_stays_at_home_calls_only_what_is_allowed() {
    let allowed = vec![range([127, 0, 0, 1], 32, &[4001])];
    let guard = guard_with(GuardRules { allowed, only_allowed: true, ..GuardRules::default() });
    let may = |address: &str| guard.open(&url::Url::parse(address).expect("it parses"), &[]).is_ok();
    assert!(may("http://127.0.0.1:4001/") && may("http://localhost:4001/"));
    for address in ["https://example.com/", "https://1.1.1.1/", "http://127.0.0.1:4002/", "http://example.com:4001/"] {
        assert!(!may(address), "{address}");
    }
}

#[test]
fn s_55_a_prefix_that_cannot_be_covers_nothing() {
    let odd = [
        AllowedRange { address: Ipv4Addr::LOCALHOST.into(), prefix: 33, ports: vec![] },
        AllowedRange { address: Ipv6Addr::LOCALHOST.into(), prefix: 129, ports: vec![] },
        AllowedRange { address: Ipv6Addr::UNSPECIFIED.into(), prefix: 0, ports: vec![] },
    ];
    let rules = GuardRules { allowed: odd.to_vec(), ..GuardRules::default() };
    assert!(rules.permits(Ipv4Addr::LOCALHOST.into(), Door::WEB).is_err());
    assert!(rules.permits(Ipv6Addr::LOCALHOST.into(), Door::WEB).is_ok(), "::/0 does cover all of IPv6");
}

#[test]
fn s_54_fanfare_never_calls_itself() {
    let everything = vec![range([0, 0, 0, 0], 0, &[])];
    let door = Door { https: false, port: 8080 };
    for (own, called, refused) in [
        ("127.0.0.1:8080", [127, 0, 0, 1], true),
        ("127.0.0.1:8080", [0, 0, 0, 0], true),
        ("127.0.0.1:8080", [127, 0, 0, 2], false),
        ("127.0.0.1:8081", [127, 0, 0, 1], false),
        ("0.0.0.0:8080", [127, 0, 0, 1], true),
        ("0.0.0.0:8080", [127, 9, 9, 9], true),
        ("[::]:8080", [127, 0, 0, 1], true),
        ("0.0.0.0:8080", [1, 1, 1, 1], false),
        ("203.0.113.5:8080", [203, 0, 113, 5], true),
    ] {
        let own = vec![own.parse().expect("an address")];
        let rules = GuardRules { allowed: everything.clone(), own, ..GuardRules::default() };
        assert_eq!(rules.permits(IpAddr::from(called), door).is_err(), refused, "{called:?} with {:?}", rules.own);
    }
}

#[tokio::test]
async fn p_056_a_connector_calls_its_own_hosts_only() {
    let (address, seen) = answering(ok("", b"{}")).await;
    let port = address.port();
    let guard = guard();
    for (hosts, lets) in [
        (vec![format!("127.0.0.1:{port}")], true),
        (vec!["127.0.0.1".to_owned()], true),
        (vec!["api.example".to_owned(), "127.0.0.1".to_owned()], true),
        (vec![], true),
        (vec!["127.0.0.1:1".to_owned()], false),
        (vec!["127.0.0.11".to_owned()], false),
        (vec!["7.0.0.1".to_owned()], false),
        (vec!["0.0.1".to_owned()], false),
        (vec!["localhost".to_owned()], false),
        (vec![String::new()], false),
    ] {
        let before = seen.requests().len();
        let said = guard.http(Policy::platform(hosts.clone())).get("read", url(address, "/")).send().await;
        assert_eq!(said.is_ok(), lets, "{hosts:?}: {said:?}");
        assert_eq!(seen.requests().len() - before, usize::from(lets), "{hosts:?}");
        if !lets {
            assert!(
                matches!(said, Err(Transport::Refused(refusal)) if refusal.rule == Refusal::FOREIGN_HOST),
                "{hosts:?}"
            );
        }
    }
}

#[tokio::test]
async fn p_130_plain_http_is_spoken_only_where_the_operator_says_so() {
    let (address, seen) = answering(ok("", b"{}")).await;
    let call = async |guard: Guard| guard.http(Policy::fetch(100)).get("read", url(address, "/")).send().await;
    let elsewhere = GuardRules { allowed: vec![range([10, 0, 0, 0], 8, &[])], ..GuardRules::default() };
    for closed in [GuardRules::default(), elsewhere] {
        assert!(matches!(call(guard_with(closed)).await, Err(Transport::Refused(_))));
    }
    assert_eq!(seen.connections(), 0);
    let here = GuardRules { allowed: vec![range([127, 0, 0, 1], 32, &[address.port()])], ..GuardRules::default() };
    assert!(call(guard_with(here)).await.is_ok());
}
