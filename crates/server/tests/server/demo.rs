//! The first two minutes, as a newcomer has them.

use std::{path::Path, time::Duration};

use serde_json::Value;

use crate::support::{PATIENCE, Process, run, run_typing};

async fn demo(folder: &Path) -> (Process, String, String) {
    let mut process = Process::start(folder, &["demo", "--data", "demo", "--any-ports"], &[]);
    let link = process.hears("Fanfare is ready: ").await;
    let (address, _) = link.split_once("sign-in#").expect("the link leads to the page for signing in, filled in");
    let address = address.to_owned();
    let networks = process.hears("sandbox platforms: ").await;
    (process, address, networks)
}

/// Where the demo has a channel.
const PLATFORMS: [&str; 8] = ["bluesky", "mastodon", "x ", "threads", "facebook", "instagram", "telegram", "whatsapp"];

/// How many posts the demo's month has.
const MONTH: usize = 38;

async fn posts(at: &Path) -> Vec<Value> {
    let (_, said, told) = run(at, &["--json", "posts", "--limit", "200"], &[]).await;
    let page: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}{told}"));
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_demo_s_calendar_has_a_month_that_was_really_published() {
    let folder = tempfile::tempdir().unwrap();
    let (process, _, networks) = demo(folder.path()).await;
    let posts = posts(folder.path()).await;
    assert_eq!(posts.len(), MONTH);
    let of = |state: &str| posts.iter().filter(|post| post["state"] == state).count();
    let found = ["published", "partly_published", "needs_you", "scheduled", "draft", "failed", "publishing"].map(of);
    assert_eq!(found, [16, 1, 2, 16, 3, 0, 0], "one text too often, lost answers and a pause; nothing is stuck");

    let publications: Vec<&Value> = posts.iter().flat_map(|post| post["publications"].as_array().unwrap()).collect();
    let troubles = ["needs_eyes", "missed", "failed", "parked"]
        .map(|state| publications.iter().filter(|publication| publication["state"] == state).count());
    assert_eq!(troubles, [1, 1, 1, 0], "what a person must look at, and nothing that waits for no reason");
    let live: Vec<_> = publications.iter().filter(|publication| publication["state"] == "published").collect();
    assert!(
        live.iter().all(|one| one["published_at"].as_str().unwrap()[..16] == one["due_at"].as_str().unwrap()[..16])
    );
    let made = ledger(&networks, "").await;
    assert_eq!(made.len(), live.len(), "each is on its network once, and nothing else is");
    for network in ["threads", "instagram", "facebook", "telegram"] {
        let shown = made.iter().filter(|entry| entry["network"] == network && entry["media_count"] == 1).count();
        assert_eq!(shown, 5, "{network} has the pictures");
    }

    let shown = async || {
        let (_, channels, told) = run(folder.path(), &["--json", "channels"], &[]).await;
        let channels: Value = serde_json::from_str(&channels).unwrap_or_else(|_| panic!("{channels}{told}"));
        // At Telegram a picture's address has the bot's token in it, so it is not read.
        let has_picture = |channel: &Value| channel["picture"].is_string() || channel["platform"] == "telegram";
        channels.as_array().unwrap().iter().all(has_picture)
    };
    let all_shown = async {
        while !shown().await {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all_shown)
        .await
        .expect("each channel shows the picture that its platform has of it");
    process.stop().await;
}

async fn ledger(networks: &str, text: &str) -> Vec<Value> {
    #[expect(clippy::disallowed_methods, reason = "the test's own client, which calls only what the test started")]
    let answer = reqwest::get(format!("{networks}ledger")).await.unwrap();
    let entries: Vec<Value> = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    entries.into_iter().filter(|entry| entry["text"].as_str().unwrap().contains(text)).collect()
}

#[tokio::test]
async fn a_newcomer_posts_to_every_platform_and_finds_everything_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (process, address, networks) = demo(at).await;

    let (fine, said, told) = run(at, &["channels"], &[]).await;
    assert!(fine && PLATFORMS.iter().all(|name| said.contains(name)), "{said}{told}");
    let hello = ["post", "Hello from a newcomer", "--to", "bluesky,mastodon,x,threads,facebook,telegram", "--now"];
    let (fine, said, told) = run(at, &hello, &[]).await;
    assert!(fine && said.matches("published http://127.0.0.1:").count() == 6, "{said}{told}");
    let entries = ledger(&networks, "Hello from a newcomer").await;
    let mut seen: Vec<&str> = entries.iter().map(|entry| entry["network"].as_str().unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(seen, ["bluesky", "facebook", "mastodon", "telegram", "threads", "x"], "once each");

    let link = said.lines().find_map(|line| line.split_once("published ")).unwrap().1.trim().to_owned();
    #[expect(clippy::disallowed_methods, reason = "the test's own client, which calls only what the test started")]
    let page = reqwest::get(&link).await.unwrap().text().await.unwrap();
    assert!(page.contains("Hello from a newcomer"), "{link} shows it");

    let (fine, said, _) = run(at, &["--json", "posts", "--limit", "1"], &[]).await;
    let page: Value = serde_json::from_str(&said).unwrap();
    let post = page["items"][0]["id"].as_str().unwrap();
    assert!(fine && page["items"][0]["state"] == "published");
    let (fine, story, told) = run(at, &["explain", post], &[]).await;
    assert!(fine && story.matches("armed").count() >= 6 && story.contains("-> 200"), "{story}{told}");

    std::fs::write(at.join("quay.png"), crate::support::picture()).unwrap();
    let to = "bluesky,mastodon,x,facebook,instagram,telegram";
    let picture = ["post", "The quay", "--to", to, "--media", "quay.png", "--alt", "Boats at dusk", "--now"];
    let (fine, said, told) = run(at, &picture, &[]).await;
    assert!(fine && said.matches("published").count() == 6, "{said}{told}");
    let entries = ledger(&networks, "The quay").await;
    assert!(entries.len() == 6 && entries.iter().all(|entry| entry["media_count"] == 1), "{entries:#?}");

    // “Nothing here leaves this computer”: a link's page is not read.
    let (fine, said, told) = run(at, &["post", "See https://example.org/quay", "--to", "bluesky", "--now"], &[]).await;
    assert!(fine && said.contains("published"), "{said}{told}");
    let (_, said, _) = run(at, &["--json", "posts", "--limit", "1"], &[]).await;
    let page: Value = serde_json::from_str(&said).unwrap();
    let (_, story, told) = run(at, &["--json", "explain", page["items"][0]["id"].as_str().unwrap()], &[]).await;
    assert!(story.contains("read the linked page") && story.contains("guard.only_allowed"), "{story}{told}");

    assert!(process.stop().await.success());
    let (process, again, _) = demo(at).await;
    assert_eq!(again, address, "the ports are remembered");
    let (_, channels, _) = run(at, &["--json", "channels"], &[]).await;
    let channels: Value = serde_json::from_str(&channels).unwrap();
    assert_eq!(channels.as_array().unwrap().len(), PLATFORMS.len(), "nothing is made twice");
    assert!(channels.as_array().unwrap().iter().all(|channel| channel["state"] == "active"), "{channels:#}");
    assert_eq!(posts(at).await.len(), MONTH + 3, "the month, and the newcomer's three");
    let (fine, said, told) = run(at, &["post", "Still here", "--to", "x", "--now"], &[]).await;
    assert!(fine && said.contains("published"), "{said}{told}");
    process.stop().await;
}

#[tokio::test]
async fn a_person_logs_in_with_a_password_or_a_key_and_connects_an_account_in_their_browser() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (process, address, _) = demo(at).await;
    let kept: Value = serde_json::from_slice(&std::fs::read(at.join("demo/demo.json")).unwrap()).unwrap();
    let (email, password) = (kept["email"].as_str().unwrap(), kept["password"].as_str().unwrap());
    std::fs::remove_file(at.join("login.toml")).unwrap();

    let (fine, said, told) = run_typing(at, &["login", &address, "--email", email], password).await;
    assert!(fine && said.contains(&format!("{} channels", PLATFORMS.len())), "{said}{told}");
    assert!(!said.contains(password) && !told.contains(password));
    let (fine, _, told) = run_typing(at, &["login", &address, "--email", email], "not the password").await;
    assert!(!fine && told.contains("e-mail address or the password is wrong"), "{told}");
    let (fine, _, told) = run_typing(at, &["login", &address], "fanfare_live_nonsense").await;
    assert!(!fine && !told.is_empty());
    let (fine, said, _) = run_typing(at, &["login", &address], kept["key"].as_str().unwrap()).await;
    assert!(fine && said.contains("Logged in"), "{said}");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(at.join("login.toml")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let instance = format!("instance=http://127.0.0.1:{}", kept["mastodon"]);
    let mut connecting = Process::start(at, &["connect", "mastodon", &instance], &[]);
    let link = connecting.hears("  http://").await;
    follow(&address, &link, "ferry").await;
    connecting.hears("ferry@127.0.0.1").await;
    assert!(connecting.ends().await.success());
    let mut again = Process::start(at, &["connect", "mastodon", &instance], &[]);
    let link = again.hears("  http://").await;
    follow(&address, &link, "ferry").await;
    again.hears("already connected").await;
    assert!(again.ends().await.success());
    let (fine, said, _) = run(at, &["channels"], &[]).await;
    assert!(fine && said.lines().count() == PLATFORMS.len() + 1, "{said}");
    process.stop().await;
}

/// What a browser does with a link to connect an account: opens it, says yes on the consent page, and comes back.
async fn follow(address: &str, link: &str, account: &str) {
    let token = link.split_once('#').unwrap().1.trim();
    #[expect(clippy::disallowed_methods, reason = "the test's own client, which calls only what the test started")]
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    let at = |path: &str| format!("{}{path}", address.trim_end_matches('/'));
    let body = serde_json::json!({ "token": token });
    let looked = browser.post(at("/v1/connections/look")).json(&body).send().await.unwrap();
    assert_eq!(looked.json::<Value>().await.unwrap()["platform"], "Mastodon");
    let opened = browser.post(at("/v1/connections/open")).json(&body).send().await.unwrap();
    let cookie = opened.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = opened.json::<Value>().await.unwrap()["redirect_to"].as_str().unwrap().to_owned();
    assert_eq!(browser.post(at("/v1/connections/open")).json(&body).send().await.unwrap().status(), 410, "once");
    say_yes(&page, "new_account", account, &cookie).await;
}

/// What a browser does when someone says yes on a consent page: the form as it stands, then the way back.
async fn say_yes(page: &str, field: &str, account: &str, cookie: &str) {
    let url: url::Url = page.parse().unwrap();
    let mut form: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    form.extend([(field.to_owned(), account.to_owned()), ("decision".to_owned(), "allow".to_owned())]);
    let mut target = url.clone();
    target.set_query(None);
    #[expect(clippy::disallowed_methods, reason = "the test's own client, which calls only what the test started")]
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let led = |answer: &reqwest::Response| answer.headers()["location"].to_str().unwrap().to_owned();
    let back = led(&browser.post(target).form(&form).send().await.unwrap());
    let ended = led(&browser.get(&back).header("cookie", cookie).send().await.unwrap());
    assert_eq!(ended, "/link?connected=mastodon");
}

#[tokio::test]
async fn the_command_line_says_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (fine, _, told) = run(at, &["channels"], &[]).await;
    assert!(!fine && told.contains("fanfare login"), "{told}");
    let (process, address, networks) = demo(at).await;

    let (fine, _, told) = run(at, &["post", "x", "--to", "myspace", "--now"], &[]).await;
    assert!(!fine && told.contains("there is no channel `myspace`; the channels are: bluesky:lena.test"), "{told}");
    let long = "long ".repeat(100);
    let (fine, said, told) = run(at, &["post", &long, "--to", "bluesky,mastodon", "--now"], &[]).await;
    assert!(!fine && said.is_empty() && told.contains("bluesky:") && told.contains("300"), "{said}{told}");
    assert!(ledger(&networks, "long long").await.is_empty(), "not even where it would have fitted");
    let (fine, _, told) = run(at, &["--json", "explain", "pub_01m80nj5d4f68vv3z53fp2fy0t"], &[]).await;
    let problem: Value = serde_json::from_str(&told).unwrap();
    assert!(!fine && problem["status"] == 404 && problem["remedy"].is_string(), "{told}");

    let (fine, said, told) =
        run(at, &["post", "Later", "--to", "x", "--at", "2040-01-31 09:30", "--zone", "Europe/Amsterdam"], &[]).await;
    assert!(fine && said.contains("due 2040-01-31T08:30:00Z"), "{said}{told}");
    let publication = said.rsplit_once('(').unwrap().1.trim_end().trim_end_matches(')');
    let (fine, said, told) = run(at, &["decide", publication, "cancel"], &[]).await;
    assert!(fine && said.contains("cancelled"), "{said}{told}");
    let (fine, _, told) = run(at, &["decide", publication, "send"], &[]).await;
    assert!(!fine && told.contains("What to do:"), "{told}");

    let (fine, said, told) =
        run(at, &["post", "One", "--thread", "Two", "--thread", "Three", "--to", "bluesky", "--now"], &[]).await;
    assert!(fine && said.contains("published"), "{said}{told}");
    assert_eq!(ledger(&networks, "Three").await.len(), 1);

    let password =
        ["connect", "bluesky", "handle=harbour-bakery.test", "app_password=abcd-efgh-ijkl-mnop", "--password"];
    let (fine, _, told) = run(at, &password, &[]).await;
    assert!(!fine && told.contains("What to do:"), "{told}");

    process.stop().await;
    let (fine, _, told) = run(at, &["channels"], &[]).await;
    assert!(!fine && told.contains(&address) && told.contains("is it running?"), "{told}");
}

#[tokio::test]
async fn the_command_line_covers_the_whole_life_of_a_post() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (process, _, networks) = demo(at).await;
    let id = |said: &str| said.split_whitespace().find(|word| word.starts_with("post_")).unwrap().to_owned();

    // From the standard input, with its line breaks; the sign for it is never published itself.
    let (fine, said, told) =
        run_typing(at, &["post", "-", "--to", "mastodon", "--draft"], "First\nsecond line\n").await;
    assert!(fine, "{said}{told}");
    let post = id(&said);
    let (fine, said, _) = run(at, &["show", &post], &[]).await;
    assert!(fine && said.contains("draft") && said.ends_with("First\nsecond line\n"), "{said}");
    let (fine, _, told) = run(at, &["post", "-", "--to", "mastodon", "--draft"], &[]).await;
    assert!(!fine && told.contains("empty"), "{told}");
    let (fine, _, told) = run(at, &["validate", "one\\ntwo", "--to", "mastodon"], &[]).await;
    assert!(fine && told.contains("printf"), "a backslash and an n are told: {told}");
    let (fine, _, told) = run(at, &["validate", &"long ".repeat(120), "--to", "mastodon"], &[]).await;
    assert!(!fine && told.contains("500"), "{told}");

    let (fine, said, told) = run(at, &["edit", &post, "Better words"], &[]).await;
    assert!(fine && said.contains("draft"), "{said}{told}");
    let (fine, said, told) = run(at, &["schedule", &post, "--at", "2040-01-31 09:30", "--zone", "UTC"], &[]).await;
    assert!(fine && said.contains("due 2040-01-31T09:30:00Z"), "{said}{told}");
    for fine in [true, false] {
        let (went, said, told) = run(at, &["cancel", &post], &[]).await;
        assert!(went == fine && (said.contains("cancelled") || told.contains("isn't scheduled")), "{said}{told}");
    }
    let (fine, said, told) = run(at, &["schedule", &post, "--now"], &[]).await;
    assert!(fine && said.contains("published http"), "{said}{told}");
    assert_eq!(ledger(&networks, "Better words").await.len(), 1);

    let (fine, said, told) = run(at, &["metrics", &post], &[]).await;
    assert!(fine && said.contains("likes"), "{said}{told}");
    let (fine, _, told) = run(at, &["decide", &post, "send"], &[]).await;
    assert!(!fine && told.contains(&format!("fanfare explain {post}")), "a post's id is understood: {told}");
    let (fine, _, told) = run(at, &["decide", "nonsense", "send"], &[]).await;
    assert!(!fine && told.contains("`nonsense` is neither a post nor a publication"), "{told}");
    let (fine, said, told) = run(at, &["--json", "events"], &[]).await;
    let kinds: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(fine && kinds.iter().any(|event| event["kind"] == "publication.published"), "{told}");
    let last = kinds.last().unwrap()["seq"].to_string();
    let mut listening = Process::start(at, &["events", "--follow", "--after", &last], &[]);

    let (fine, said, told) = run(at, &["delete", &post, "--live", "--yes"], &[]).await;
    assert!(fine && said.contains("Deleted"), "{said}{told}");
    assert!(listening.hears("post.deleted").await.contains(&post));
    listening.signal(rustix::process::Signal::TERM);
    let (fine, _, told) = run(at, &["show", &post], &[]).await;
    assert!(!fine && told.contains("`fanfare posts`"), "{told}");

    let (fine, said, told) = run(at, &["whoami"], &[]).await;
    assert!(
        fine && said.contains("Logged in to http://127.0.0.1:")
            && said.contains(&format!("channels     {}", PLATFORMS.len())),
        "{said}{told}"
    );
    assert!(said.contains("permissions  ") && said.contains("posts:publish"), "what the key may do: {said}");
    let (fine, said, _) = run(at, &["logout"], &[]).await;
    assert!(fine && said.contains("Logged out"), "{said}");
    let (fine, _, told) = run(at, &["logout"], &[]).await;
    assert!(!fine && told.contains("not logged in"), "{told}");
    process.stop().await;
}
