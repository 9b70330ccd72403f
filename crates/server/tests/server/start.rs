//! Starting, refusing to start, stopping.

use std::time::{Duration, Instant};

use crate::support::{Engine, PATIENCE, Place, Process, free_port, run};

const SOON: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_clean_folder_becomes_an_installation_that_shows_one_owner_link() {
    let folder = tempfile::tempdir().unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let set = [("FANFARE_LISTEN", listen.as_str())];
    let begun = Instant::now();
    let mut process = Process::start(folder.path(), &["serve"], &set);
    let token = process.hears("/setup#").await;
    let took = begun.elapsed();
    assert!(token.len() >= 43, "256 bits: {token}");
    // The floor is 300 ms for the release build; this one is unoptimised and may share its cores.
    assert!(took < Duration::from_secs(60), "{took:?}");
    for (path, status, words) in [
        ("/health/live", 200, "live"),
        ("/health/ready", 200, "ready"),
        ("/metrics", 200, "fanfare_db_commits_total"),
        ("/v1/docs", 200, "create_post"),
        ("/v1/openapi.json", 200, "\"openapi\""),
        ("/problems/post-refused", 200, "What to do"),
        ("/", 200, "<!doctype html"),
        ("/setup", 200, "<!doctype html"),
        ("/calendar", 200, "<!doctype html"),
        ("/posts/post_01", 200, "<!doctype html"),
        ("/privacy", 200, "has not filled in yet"),
        ("/privacy.json", 200, "\"sections\""),
        ("/v1/nowhere", 404, "There is no such route"),
        ("/hooks/nowhere", 404, "This installation has no such platform"),
        ("/hooks/nowhere/at/all", 404, "There is no such route"),
        ("/connect/nowhere", 404, "There is no such route"),
        ("/connect/nowhere/callback", 404, "There is no such route"),
    ] {
        let (got, body) = get(&format!("http://{listen}{path}")).await;
        assert_eq!(got, status, "{path}: {body}");
        assert!(body.contains(words), "{path}: {body}");
    }
    let ready = run(folder.path(), &["doctor", "ready"], &set).await;
    assert_eq!((ready.0, ready.1.trim()), (true, "ready"), "{ready:?}");
    assert!(process.stop().await.success(), "a graceful end is a success");
    assert!(!run(folder.path(), &["doctor", "ready"], &set).await.0, "nothing runs any more");

    let mut again = Process::start(folder.path(), &["serve"], &set);
    let other = again.hears("/setup#").await;
    assert_ne!(token, other, "the earlier link has ended");
    assert!(again.stop().await.success());
}

#[tokio::test]
async fn gp_01_the_policy_is_made_from_the_operators_profile_and_checked_against_the_software() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (fine, profile, told) = run(at, &["trust", "profile", "mind"], &[]).await;
    assert!(fine, "{told}");
    let file = at.join("profile.toml");
    std::fs::write(&file, &profile).unwrap();
    let set = [("FANFARE_PRIVACY_PROFILE", file.to_str().unwrap())];

    let (fine, said, _) = run(at, &["trust", "check"], &set).await;
    assert!(!fine && said.contains("controller.name") && said.contains("6 differences"), "{said}");

    let filled = profile
        .replace("name = \"\"", "name = \"Harbour Post Ltd\"")
        .replace("email = \"\"", "email = \"privacy@harbour.example\"")
        .replace("country = \"\"", "country = \"Ireland\"")
        .replace("authority = \"\"", "authority = \"Data Protection Commission\"")
        .replace("authority_url = \"\"", "authority_url = \"https://www.dataprotection.ie\"")
        .replace("storage = []", "storage = [\"Ireland\"]");
    std::fs::write(&file, &filled).unwrap();
    for _ in 0..2 {
        let (fine, said, told) = run(at, &["trust", "check"], &set).await;
        assert!(fine && said.contains("says what the software does"), "{said}{told}");
    }
    let (fine, policy, _) = run(at, &["trust", "policy", "--language", "nl"], &set).await;
    assert!(fine && policy.starts_with("# Privacybeleid") && policy.contains("Harbour Post Ltd"), "{policy}");

    // A cookie that the software doesn't set, a word that no profile has, and a file that isn't there.
    std::fs::write(&file, filled.replace("\"connect\"]", "\"connect\", \"tracker\"]")).unwrap();
    let (fine, said, _) = run(at, &["trust", "check"], &set).await;
    assert!(!fine && said.contains("cookie tracker") && said.contains("1 difference "), "{said}");
    std::fs::write(&file, format!("shoes = 1\n{filled}")).unwrap();
    let (fine, _, told) = run(at, &["serve"], &set).await;
    assert!(!fine && told.contains("profile.toml") && told.contains("shoes"), "{told}");
    let (fine, _, told) = run(at, &["trust", "check"], &[("FANFARE_PRIVACY_PROFILE", "strict")]).await;
    assert!(!fine && told.contains("socialconnect"), "{told}");
}

async fn get(url: &str) -> (u16, String) {
    #[expect(clippy::disallowed_methods, reason = "the test's own client, which calls only what the test started")]
    let answer = reqwest::get(url).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn behind_https_it_serves_its_connectors_documents_and_keeps_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let set = [("FANFARE_LISTEN", listen.as_str()), ("FANFARE_PUBLIC_URL", "https://fanfare.example.org")];
    let mut before = None;
    for _ in 0..2 {
        let mut process = Process::start(folder.path(), &["serve"], &set);
        process.hears("https://fanfare.example.org/setup#").await;
        let (status, metadata) = get(&format!("http://{listen}/oauth-client-metadata.json")).await;
        let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
        assert_eq!(status, 200);
        assert_eq!(metadata["client_id"], "https://fanfare.example.org/oauth-client-metadata.json");
        let keys = metadata["jwks_uri"].as_str().unwrap().replace("https://fanfare.example.org", "");
        let (status, keys) = get(&format!("http://{listen}{keys}")).await;
        assert!(status == 200 && keys.contains("\"use\":\"sig\"") && !keys.contains("\"d\":"), "{keys}");
        assert!(before.is_none_or(|before| before == keys), "sessions are bound to the key they began with");
        before = Some(keys);
        assert!(process.stop().await.success());
    }
}

#[tokio::test]
async fn f_19_a_second_start_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let set = [("FANFARE_LISTEN", "127.0.0.1:0")];
    let mut first = Process::start(folder.path(), &["serve"], &set);
    first.hears("listens on").await;
    for role in ["serve", "web", "work"] {
        let (fine, _, told) = run(folder.path(), &[role], &set).await;
        assert!(!fine && told.contains("another Fanfare is running on this data folder"), "{role}: {told}");
    }
    first.signal(rustix::process::Signal::KILL);
    first.ends().await;
    let mut next = Process::start(folder.path(), &["serve"], &set);
    next.hears("listens on").await;
    assert!(next.stop().await.success(), "a lock dies with its process");
}

#[tokio::test]
async fn s_07_bad_keys_and_bad_secrets_refuse_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |set: &[(&str, &str)]| {
        let set = [&[("FANFARE_LISTEN", "127.0.0.1:0")], set].concat();
        run(folder.path(), &["serve"], &set).await
    };
    let zeros = "00".repeat(32);
    for key in ["changeme", "secret", zeros.as_str()] {
        let (fine, said, told) = start(&[("FANFARE_KEY", key)]).await;
        assert!(!fine && !said.contains("listens"), "{told}");
        assert!(told.contains("FANFARE_KEY") && !told.contains(key), "{told}");
    }
    let bucket = [("FANFARE_S3_BUCKET", "b"), ("FANFARE_S3_KEY", "k"), ("FANFARE_S3_SECRET", "minioadmin")];
    let (fine, _, told) = start(&bucket).await;
    assert!(!fine && told.contains("`s3.secret` is shorter") && !told.contains("minioadmin"), "{told}");
}

#[tokio::test]
async fn the_environment_overrides_the_file_and_mistakes_in_both_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fanfare.toml"), "data = \"from-the-file\"\n").unwrap();
    let (_, said, _) = run(folder.path(), &["doctor"], &[]).await;
    assert!(said.contains("from-the-file"), "{said}");
    let (_, said, _) = run(folder.path(), &["doctor"], &[("FANFARE_DATA", "from-outside")]).await;
    assert!(said.contains("from-outside"), "{said}");
    let (fine, said, _) = run(folder.path(), &["doctor"], &[("FANFARE_DTA", "x")]).await;
    assert!(!fine && said.contains("did you mean `FANFARE_DATA`?"), "{said}");
    std::fs::write(folder.path().join("fanfare.toml"), "dta = \"x\"\n").unwrap();
    let (fine, _, told) = run(folder.path(), &["serve"], &[]).await;
    assert!(!fine && told.contains("did you mean `data`?"), "{told}");
    let (fine, _, told) = run(folder.path(), &["serve", "--settings", "nowhere.toml"], &[]).await;
    assert!(!fine && told.contains("nowhere.toml can't be read"), "{told}");
}

#[tokio::test]
async fn an_unknown_crash_point_is_refused_with_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let set = [("FANFARE_LISTEN", "127.0.0.1:0"), ("FANFARE_CRASH_AT", "nowhere")];
    let (fine, _, told) = run(folder.path(), &["serve"], &set).await;
    assert!(!fine && told.contains("isn't a crash point; use one of: claimed, prepared"), "{told}");
}

#[tokio::test]
async fn r_27_a_stop_waits_for_posts_being_sent_but_no_longer_than_30_seconds() {
    for engine in Engine::all() {
        let place = Place::new(engine, &["mastodon"]).await;
        // The network is slow, so the stop comes while the post is on its way.
        place.sandbox.turn(sandbox::Network::Mastodon, |knobs| knobs.latency_ms = 6_000);
        let process = place.started(&[]).await;
        let post = place.schedule(&["Slowly".to_owned()], &["mastodon"], SOON).await;
        place.until(&post, PATIENCE, |publication| publication["state"] == "armed").await;
        let begun = Instant::now();
        assert!(process.stop().await.success());
        assert!(begun.elapsed() < Duration::from_secs(30));
        assert_eq!(place.appearances("Slowly"), 1, "it was finished, not cut off");
        let process = place.started(&[]).await;
        place.until(&post, PATIENCE, |publication| publication["state"] == "published").await;
        assert_eq!(place.appearances("Slowly"), 1);
        process.stop().await;
    }
}

#[tokio::test]
async fn a_blank_variable_counts_as_not_set() {
    let folder = tempfile::tempdir().unwrap();
    let (_, template, _) = run(folder.path(), &["settings"], &[]).await;
    let names: std::collections::BTreeSet<&str> = template
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("FANFARE_"))
        .collect();
    assert!(names.len() > 20, "{names:?}");
    // Compose files pass on whatever they name, filled in or not.
    let blank: Vec<_> = names.iter().map(|name| (*name, "")).collect();
    let (fine, said, told) = run(folder.path(), &["doctor"], &blank).await;
    assert!(fine && said.contains("data in data"), "{said}{told}");
    for name in ["FANFARE_S3_BUCKET", "FANFARE_DATABASE", "FANFARE_KEY_FILE", "FANFARE_LISTEN", "FANFARE_PUBLIC_URL"] {
        let (fine, said, told) = run(folder.path(), &["doctor"], &[(name, " ")]).await;
        assert!(!fine && format!("{said}{told}").contains(name), "a space is a slip: {said}{told}");
    }
}

#[tokio::test]
async fn it_starts_in_kubernetes_beside_a_service_of_the_same_name() {
    let folder = tempfile::tempdir().unwrap();
    let set = [
        ("FANFARE_LISTEN", "127.0.0.1:0"),
        ("FANFARE_PORT", "tcp://10.96.0.12:80"),
        ("FANFARE_SERVICE_HOST", "10.96.0.12"),
        ("FANFARE_PORT_80_TCP_ADDR", "10.96.0.12"),
    ];
    let mut process = Process::start(folder.path(), &["serve"], &set);
    process.hears("listens on").await;
    assert!(process.stop().await.success());
}

#[tokio::test]
async fn the_commands_that_print_documents_work() {
    let folder = tempfile::tempdir().unwrap();
    let (fine, document, _) = run(folder.path(), &["openapi"], &[]).await;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert!(fine && document["openapi"].as_str().unwrap().starts_with("3.1"));
    let (fine, script, _) = run(folder.path(), &["completions", "bash"], &[]).await;
    assert!(fine && script.contains("fanfare"));
    let (fine, template, _) = run(folder.path(), &["settings"], &[]).await;
    assert!(fine && template.contains("FANFARE_PUBLIC_URL"), "{template}");
}
