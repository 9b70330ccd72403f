//! Random lives of posts: whatever people do with them, and whatever becomes of it at the networks, lists, counts, the calendar,
//! pages and publications tell the same story, and that is what is there.

use std::collections::{BTreeMap, BTreeSet};

use connector::{Failure, FailureKind, testing::Behaviour};

use super::*;

/// Lives that are tried, and acts in each.
const LIVES: u64 = 8;
const ACTS: u32 = 20;

/// The same numbers for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % most as u64) as usize
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.below(all.len())) }
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

struct Life {
    desk: Desk,
    dice: Dice,
    texts: u32,
    told: Vec<String>,
}

impl Life {
    async fn of(seed: u64) -> Self {
        let desk = Desk::sqlite().await;
        desk.fake.take_edits([]);
        Self { desk, dice: Dice(seed), texts: 0, told: Vec::new() }
    }

    fn text(&mut self) -> String {
        self.texts += 1;
        let text = format!("text {}", self.texts);
        match self.dice.below(6) {
            0 => self.desk.fake.for_text(&text, [Behaviour::Refuse(FailureKind::ContentRefused)]),
            1 => self.desk.fake.for_text(&text, [Behaviour::ApplyAndLoseAnswer]),
            _ => &self.desk.fake,
        };
        text
    }

    fn parts(&mut self, count: usize) -> Value {
        let texts: Vec<String> = (0..count).map(|_| self.text()).collect();
        texts.into_iter().map(|text| json!({ "text": text })).collect()
    }

    fn when(&mut self) -> Value {
        match self.dice.below(4) {
            0 => json!({ "now": true }),
            1 => json!({ "local": "2030-01-03T10:00", "zone": "Europe/Amsterdam" }),
            more => {
                let at = self.desk.world.now() + std::time::Duration::from_secs(60 * more as u64);
                json!({ "at": at.to_string() })
            }
        }
    }

    async fn posts(&self) -> Vec<Value> {
        list(&self.desk.owner.get("/v1/posts?limit=200").await.json["items"])
    }

    /// One act on a post or a publication, whether or not it is allowed.
    async fn act(&mut self) {
        let posts = self.posts().await;
        let post = self.dice.one_of(&posts).cloned();
        let kind = self.dice.below(14);
        let (Some(post), 1..) = (post, kind) else { return self.create().await };
        let path = format!("/v1/posts/{}", text_of(&post["id"]));
        let owner = self.desk.owner.clone().with("if-match", &format!("\"r{}\"", post["revision"]));
        let publication = self.dice.one_of(&list(&post["publications"])).cloned().unwrap_or_default();
        let at = format!("/v1/publications/{}", text_of(&publication["id"]));
        let parts = list(&post["parts"]).len();
        let answer = match kind {
            1 | 2 => {
                let body = json!({ "schedule": self.when(), "again": self.dice.below(2) == 0 });
                owner.post(&format!("{path}/schedule"), body).await
            }
            3 | 4 => {
                let decision = ["cancel", "send", "drop", "restore"][self.dice.below(4)];
                self.desk.owner.post(&format!("{at}/decision"), json!({ "decision": decision })).await
            }
            5 | 6 => {
                let refusals = (0..self.dice.below(3)).map(|_| None).collect::<Vec<_>>();
                if self.dice.below(2) == 0 {
                    let refused = Failure::rejected(FailureKind::ContentRefused, "no edits today");
                    self.desk.fake.take_edits(refusals.into_iter().chain([Some(refused)]));
                }
                let new = self.parts(parts);
                self.desk.owner.put(&format!("{at}/live"), json!({ "parts": new })).await
            }
            7 | 8 => {
                if self.dice.below(3) == 0 {
                    let refused = Failure::rejected(FailureKind::Unavailable, "not now");
                    self.desk.fake.next_deletions([None, Some(refused)]);
                }
                self.desk.owner.delete(&format!("{at}/live")).await
            }
            9 => owner.patch(&path, json!({ "parts": self.parts(parts) })).await,
            10 => {
                let gone = self.desk.owner.delete(&path).await;
                if self.dice.below(3) > 0 {
                    self.desk.owner.post(&format!("{path}/restore"), json!({})).await;
                }
                gone
            }
            11 => owner.put(&format!("{path}/review"), json!({ "note": "look" })).await,
            12 => owner.post(&format!("{path}/review/return"), json!({})).await,
            _ => {
                let channel = json!(self.desk.channels[self.dice.below(2)]);
                match self.dice.below(2) {
                    0 => owner.patch(&path, json!({ "remove_channels": [channel] })).await,
                    _ => owner.patch(&path, json!({ "channels": [{ "channel": channel }] })).await,
                }
            }
        };
        assert!(answer.status < 500 || answer.status == 502, "{kind}: {} {}", answer.status, answer.text);
        self.told.push(format!("act {kind} on {}: {}", text_of(&post["id"]), answer.status));
    }

    async fn create(&mut self) {
        let count = 1 + self.dice.below(3);
        let mut body = json!({ "parts": self.parts(count), "channels": [] });
        let channels: Vec<Value> = self.desk.channels.iter().map(|channel| json!({ "channel": channel })).collect();
        body["channels"] = match self.dice.below(4) {
            0 => json!([channels[0]]),
            1 => json!([channels[1]]),
            _ => json!(channels),
        };
        match self.dice.below(3) {
            0 => body["planned"] = json!({ "at": "2030-01-04T09:00:00Z" }),
            _ => body["schedule"] = self.when(),
        }
        let made = self.desk.create(body).await;
        assert!(made.status < 500, "{}", made.text);
        self.told.push(format!("made {}: {}", text_of(&made.json["id"]), made.status));
    }

    async fn go_on(&mut self) {
        let seconds = [1, 30, 400, 4_000][self.dice.below(4)];
        self.desk.world.advance(std::time::Duration::from_secs(seconds));
        Engine::new(self.desk.world.app.clone(), EngineSettings::default()).drain().await.expect("drained");
    }

    /// Everything tells the same story, and it is what is there.
    async fn check(&self) {
        let owner = &self.desk.owner;
        let posts = self.posts().await;
        let mut by_state: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let (mut shown, mut asking, mut drafts) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        for post in &posts {
            let id = text_of(&post["id"]).to_owned();
            let page = owner.get(&format!("/v1/posts/{id}")).await;
            assert_eq!(*post, page.json, "list and page");
            by_state.entry(text_of(&post["state"]).to_owned()).or_default().insert(id.clone());
            let standing = &post["standing"];
            let replaced: Vec<Value> = list(&standing["replaced"]);
            let counted: Vec<Value> = list(&post["publications"]);
            let waits = ["failed", "needs_eyes", "parked", "missed"];
            let waiting = counted.iter().filter(|p| waits.contains(&text_of(&p["state"]))).count();
            assert_eq!(standing["attention"], json!(waiting), "{post}");
            if waiting > 0 {
                asking.insert(id.clone());
            }
            for p in counted.iter().filter(|p| !replaced.contains(&p["id"])) {
                shown.insert(text_of(&p["id"]).to_owned(), (p["state"].clone(), p["url"].clone()));
            }
            if ["draft", "in_review", "cancelled"].contains(&text_of(&post["state"])) {
                drafts.insert(id.clone());
            }
            self.is_there(post);
        }
        let counts = owner.get("/v1/posts/counts").await.json;
        assert_eq!(counts["attention"], json!(asking.len()));
        for state in [
            "draft",
            "in_review",
            "scheduled",
            "publishing",
            "published",
            "partly_published",
            "needs_you",
            "failed",
            "cancelled",
            "deleted",
        ] {
            let of = by_state.remove(state).unwrap_or_default();
            assert_eq!(counts[state], json!(of.len()), "how many are {state}");
            assert_eq!(self.ids(&format!("state={state}")).await, of, "the list of {state}");
        }
        assert!(by_state.is_empty(), "{by_state:?}");
        assert_eq!(self.ids("attention=true").await, asking);
        let calendar = owner.get("/v1/calendar?from=2029-12-31T00:00:00Z&until=2030-02-01T00:00:00Z").await.json;
        let items: BTreeMap<String, (Value, Value)> = list(&calendar["items"])
            .into_iter()
            .map(|item| (text_of(&item["publication"]).to_owned(), (item["state"].clone(), item["url"].clone())))
            .collect();
        assert_eq!(items, shown, "the calendar");
        let on_calendar: BTreeSet<String> =
            list(&calendar["drafts"]).iter().map(|draft| text_of(&draft["post"]).to_owned()).collect();
        assert_eq!(on_calendar, drafts, "drafts on the calendar");
    }

    async fn ids(&self, query: &str) -> BTreeSet<String> {
        let found = self.desk.owner.get(&format!("/v1/posts?limit=200&{query}")).await.json;
        list(&found["items"]).iter().map(|post| text_of(&post["id"]).to_owned()).collect()
    }

    /// What a post says is live is what the network has, with the very text; on as many channels as it says.
    fn is_there(&self, post: &Value) {
        let ledger = self.desk.fake.ledger();
        let there: BTreeSet<&str> = ledger.iter().map(|entry| entry.text.as_str()).collect();
        let mut whole = BTreeSet::new();
        for p in list(&post["publications"]) {
            let variant =
                list(&post["variants"]).into_iter().find(|one| one["id"] == p["variant"]).expect("its variant");
            let said = if p["live_says"].is_array() { list(&p["live_says"]) } else { list(&variant["parts"]) };
            let live = p["parts_live"].as_u64().expect("a number") as usize;
            for part in said.iter().take(live) {
                assert!(there.contains(text_of(&part["text"])), "{} is said to be live: {post}", part["text"]);
            }
            if p["state"] == "deleted" {
                assert!(live == 0 && p["url"].is_null(), "{p}");
            }
            if live == said.len() && p["state"] == "published" {
                whole.insert(text_of(&p["channel"]).to_owned());
            }
        }
        assert_eq!(post["standing"]["live"], json!(whole.len()), "{post}");
        match text_of(&post["state"]) {
            "published" => assert_eq!(post["standing"]["live"], post["standing"]["channels"], "{post}"),
            "draft" | "in_review" | "cancelled" | "deleted" | "failed" => assert!(whole.is_empty(), "{post}"),
            _ => {}
        }
    }
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "what happened before the pages differed")]
async fn whatever_becomes_of_posts_every_page_tells_the_same_story() {
    for seed in 1..=LIVES {
        let mut life = Life::of(seed).await;
        for _ in 0..ACTS {
            life.act().await;
            life.go_on().await;
            let told = life.told.join("\n");
            let checked = std::panic::AssertUnwindSafe(life.check());
            if let Err(panic) = futures::FutureExt::catch_unwind(checked).await {
                eprintln!("life {seed}:\n{told}");
                std::panic::resume_unwind(panic);
            }
        }
    }
}
