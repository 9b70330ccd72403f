//! The platforms Fanfare can publish to: one folder each, and this list.

pub mod bluesky;
pub mod facebook;
pub mod instagram;
pub mod instagram_pages;
mod kit;
// Not in the list below until it has been through the crash runs, and the demo shows it.
pub mod linkedin;
mod links;
pub mod mastodon;
mod meta;
#[cfg(test)]
mod noticeboard;
pub mod telegram;
#[cfg(test)]
mod test_kit;
pub mod threads;
pub mod whatsapp;
pub mod x;

use std::sync::Arc;

use connector::Connector;

/// Every connector, in the order in which people see them.
pub fn all() -> Vec<Arc<dyn Connector>> {
    base::words::add_dutch(include_str!("kit/nl.json"));
    base::words::add_dutch(include_str!("meta/nl.json"));
    vec![
        Arc::new(bluesky::Bluesky::new()),
        Arc::new(mastodon::Mastodon),
        Arc::new(x::X),
        Arc::new(threads::Threads),
        Arc::new(facebook::Facebook),
        Arc::new(instagram::Instagram),
        Arc::new(instagram_pages::InstagramPages),
        Arc::new(telegram::Telegram),
        Arc::new(whatsapp::WhatsApp),
    ]
}

#[cfg(test)]
mod tests {
    use base::words::{Language, Reader, keep, read_by, tell};
    use serde_json::{Value, json};

    #[tokio::test]
    async fn p_056_a_connector_calls_its_own_hosts_and_none_else() {
        use std::sync::Arc;

        use base::TestClock;
        use connector::{
            Transport,
            http::{AllowedRange, Guard, GuardRules, Refusal},
        };
        let loopback = AllowedRange { address: [127, 0, 0, 1].into(), prefix: 32, ports: vec![] };
        let rules = GuardRules { allowed: vec![loopback], only_allowed: true, ..GuardRules::default() };
        let clock = Arc::new(TestClock::at(base::Timestamp::from_seconds(1_900_000_000)));
        let guard = Guard::new(rules, clock).expect("a guard");
        let refused = async |http: &connector::Http, url: &str| match http.get("a test", url).send().await {
            Err(Transport::Refused(refusal)) => refusal.rule == Refusal::FOREIGN_HOST,
            _ => false,
        };
        // Port 1 answers no one: what gets past the list of hosts is refused by the machine.
        let stand_in = [("api".to_owned(), url::Url::parse("http://127.0.0.1:1").expect("an address"))].into();
        for connector in super::all() {
            let about = connector.about();
            let http = guard.http(about.policy(&stand_in));
            assert!(!refused(&http, "http://127.0.0.1:1/x").await, "{}: the address that stands in", about.id);
            for host in about.hosts {
                assert!(!refused(&http, &format!("https://{host}/x")).await, "{}: {host}", about.id);
            }
            assert!(about.federated || !about.hosts.is_empty(), "{}: a platform without hosts", about.id);
            assert_eq!(refused(&http, "https://elsewhere.example/x").await, !about.federated, "{}", about.id);
            let own = http.only("http://127.0.0.1:1");
            assert!(!refused(&own, "http://127.0.0.1:1/x").await && refused(&own, "http://127.0.0.1:2/x").await);
            assert!(refused(&http.only("nonsense"), "http://127.0.0.1:1/x").await);
        }
    }

    /// Where an object of a schema doesn't name its properties in the order in which a form shows them.
    fn without_order(schema: &Value, at: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(properties) = schema["properties"].as_object() {
            let mut order: Vec<&str> =
                schema["x-order"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            order.sort_unstable();
            if !order.iter().eq(properties.keys()) {
                wrong.push(at.to_owned());
            }
        }
        let inner = schema.as_object().into_iter().flatten();
        wrong.extend(inner.flat_map(|(name, value)| without_order(value, &format!("{at}/{name}"))));
        wrong
    }

    #[test]
    fn every_form_of_options_has_an_order() {
        for connector in super::all() {
            let about = connector.about();
            assert_eq!(without_order(&(about.options)(), about.id), Vec::<String>::new());
        }
        assert_eq!(without_order(&json!({ "properties": { "a": {} } }), "x"), ["x"]);
    }

    /// What is the same in both languages.
    const SAME: &[&str] = &["Community", "X Internet Unlimited Company", "Handle", "Reel", "Story"];

    /// Every text that a form, the register of recipients or the setup page shows, and where.
    fn shown(value: &Value, at: &str, found: &mut Vec<(String, Value)>) {
        const WORDS: &[&str] = &["title", "description", "label", "summary", "reads", "country", "steps"];
        let mut member = |name: &str, inner: &Value| {
            let at = format!("{at}/{name}");
            let is_text = inner.is_string() || inner.get("$say").is_some();
            if is_text && (WORDS.contains(&name) || at.contains("/steps/")) {
                found.push((at, inner.clone()));
            } else {
                shown(inner, &at, found);
            }
        };
        match value {
            Value::Object(members) => members.iter().for_each(|(name, inner)| member(name, inner)),
            Value::Array(items) => items.iter().enumerate().for_each(|(at, inner)| member(&at.to_string(), inner)),
            _ => {}
        }
    }

    #[tokio::test]
    async fn what_a_platform_shows_of_itself_is_shown_in_dutch() {
        let connectors = connector::Connectors::new(super::all());
        let dutch = Reader { language: Language::Dutch, zone: None };
        for connector in connectors.iter() {
            let about = connector.about();
            let whole = || {
                json!({
                    "summary": about.summary, "recipient": about.recipient, "ways": about.ways,
                    "app_fields": about.app_fields, "setup": about.setup, "options": (about.options)(),
                })
            };
            let (mut english, mut translated) = (Vec::new(), Vec::new());
            shown(&whole(), about.id, &mut english);
            shown(&read_by(dutch.clone(), async { whole() }).await, about.id, &mut translated);
            assert!(english.len() > 10, "{}: {english:?}", about.id);
            for ((at, one), (_, other)) in english.iter().zip(&translated) {
                let is_same = SAME.iter().any(|same| one == same);
                assert!(one != other || is_same, "{at} is shown in English: {one}");
            }
        }
        // What is kept is said later, to each reader in their language.
        let mut kept = keep(&connectors.iter().next().expect("a platform").about().summary);
        read_by(dutch, async { tell(&mut kept) }).await;
        assert!(kept.as_str().is_some_and(|said| said.contains("berichten") || said.contains("Berichten")), "{kept}");
    }
}
