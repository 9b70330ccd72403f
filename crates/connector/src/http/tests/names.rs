//! S-53: a name is looked up once, and what was checked is what is connected to.

use futures::future::BoxFuture;

use super::*;
use crate::http::Transport;

/// Answers with one list after the other, round and round, and counts.
#[derive(Clone)]
struct Rounds {
    answers: Arc<Vec<Vec<IpAddr>>>,
    asked: Arc<AtomicUsize>,
}

impl Rounds {
    fn new(answers: &[&[[u8; 4]]]) -> Self {
        let answers = answers.iter().map(|list| list.iter().copied().map(IpAddr::from).collect()).collect();
        Self { answers: Arc::new(answers), asked: Arc::default() }
    }
}

impl Lookup for Rounds {
    fn lookup(&self, _host: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers[turn % self.answers.len()].clone();
        Box::pin(async move { Ok(answer) })
    }
}

const GOOD: [u8; 4] = [127, 0, 0, 2];
const VICTIM: [u8; 4] = [127, 0, 0, 1];

/// Two servers on the same port: one that may be called, one that may not.
async fn good_and_victim() -> (u16, Seen, Seen) {
    loop {
        let victim = TcpListener::bind((IpAddr::from(VICTIM), 0)).await.expect("a free port");
        let port = victim.local_addr().expect("bound").port();
        let Ok(good) = TcpListener::bind((IpAddr::from(GOOD), port)).await else { continue };
        let (good_seen, victim_seen) = (Seen::default(), Seen::default());
        let serve = |mut stream: TcpStream, seen: Seen| async move {
            while seen.read(&mut stream).await.is_some() {
                let _ = stream.write_all(&ok("connection: close\r\n", b"{}")).await;
            }
        };
        tokio::spawn(listen(good, good_seen.clone(), serve));
        tokio::spawn(listen(victim, victim_seen.clone(), serve));
        return (port, good_seen, victim_seen);
    }
}

#[tokio::test]
async fn s_53_a_thousand_rebinding_tries_never_reach_the_closed_server() {
    let (port, good, victim) = good_and_victim().await;
    // Round after round: fine, closed, both in one answer (either first). A guard that looks up twice, or checks
    // only the first address, lets some of these through.
    let lookup = Rounds::new(&[&[GOOD], &[VICTIM], &[GOOD, VICTIM], &[VICTIM, GOOD]]);
    let rules = GuardRules { allowed: vec![range(GOOD, 32, &[port])], ..GuardRules::default() };
    let guard = guard_asking(rules, lookup.clone());
    let (mut through, mut refused) = (0, 0);
    for batch in 0..20 {
        let tries = (0..50).map(|number| {
            let http = guard.http(Policy::fetch(1000));
            async move { http.get("read", format!("http://n{batch}-{number}.example:{port}/")).send().await }
        });
        for said in futures::future::join_all(tries).await {
            match said {
                Ok(_) => through += 1,
                Err(Transport::Refused(refusal)) => {
                    assert!(!refusal.why.contains("127."), "who asks learns no address: {refusal}");
                    refused += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    assert_eq!((through, refused), (250, 750));
    assert_eq!(victim.connections(), 0);
    assert_eq!(good.requests().len(), 250);
    assert_eq!(lookup.asked.load(Ordering::SeqCst), 1000, "each name is asked for once");
}

#[tokio::test]
async fn s_53_a_burst_asks_for_a_name_once_and_still_checks_each_connection() {
    let (port, good, victim) = good_and_victim().await;
    let lookup = Rounds::new(&[&[GOOD], &[VICTIM]]);
    let rules = GuardRules { allowed: vec![range(GOOD, 32, &[port])], ..GuardRules::default() };
    let guard = guard_asking(rules, lookup.clone());
    let calls =
        (0..100).map(|_| guard.http(Policy::fetch(1000)).get("read", format!("http://one.example:{port}/")).send());
    let said = futures::future::join_all(calls).await;
    assert!(said.iter().all(Result::is_ok), "{said:?}");
    assert_eq!(lookup.asked.load(Ordering::SeqCst), 1);
    assert_eq!((good.requests().len(), victim.connections()), (100, 0));
}

#[tokio::test]
async fn s_53_an_exception_for_one_port_does_not_open_another() {
    let (port, good, _) = good_and_victim().await;
    let rules =
        GuardRules { allowed: vec![range(GOOD, 32, &[1]), range([10, 0, 0, 0], 8, &[port])], ..GuardRules::default() };
    let guard = guard_asking(rules, Rounds::new(&[&[GOOD]]));
    let said = guard.http(Policy::fetch(1000)).get("read", format!("http://a.example:{port}/")).send().await;
    assert!(matches!(said, Err(Transport::Refused(_))), "{said:?}");
    assert_eq!(good.connections(), 0);
}

#[tokio::test]
async fn s_54_names_of_this_machine_are_looked_up_and_refused() {
    let guard = guard_with(GuardRules::default());
    for host in ["localhost", "LOCALHOST"] {
        let said = guard.http(Policy::fetch(1000)).get("read", format!("https://{host}/")).send().await;
        assert!(matches!(said, Err(Transport::Refused(_))), "{host}: {said:?}");
    }
    // Not every resolver knows the name with its dot; none may lead anywhere.
    assert!(guard.http(Policy::fetch(1000)).get("read", "https://localhost./").send().await.is_err());
}
