//! S-66: uploads are streamed. How much memory one takes is measured in a process that does nothing else.

use axum::body::Body;
use bytes::Bytes;
use db::testing::TestDb;
use futures::{StreamExt as _, stream};

use super::send;
use crate::{
    media::tests::corpus::{Video, video},
    testing::{Client, World},
};

/// The most that a video of ten times the size may take more, in KiB.
const GROWTH_MAX_KIB: u64 = 8 * 1024;
const MIB: usize = 1 << 20;

/// A video of this many MiB that is never anywhere as a whole.
fn film(mib: usize) -> Body {
    let whole = video(b"isom", &Video { index_first: false, ..Video::default() });
    let index = whole.windows(4).position(|window| window == b"moov").expect("an index") - 4;
    let size = u32::try_from(mib * MIB + 8).expect("less than 4 GiB").to_be_bytes();
    let before = [&whole[..index], &size, b"mdat"].concat();
    let pictures = stream::repeat(Bytes::from(vec![0x5a; MIB / 4])).take(mib * 4);
    let after = Bytes::copy_from_slice(&whole[index..]);
    let pieces = stream::iter([Bytes::from(before)]).chain(pictures).chain(stream::iter([after]));
    Body::from_stream(pieces.map(Ok::<_, std::io::Error>))
}

/// A line of `/proc/self/status`, in KiB.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find(|line| line.starts_with(name)).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

async fn upload_and_read(client: &Client, mib: usize) {
    let got = send(client, "POST", "/v1/media", &[("content-type", "video/mp4")], film(mib)).await;
    let path = format!("/v1/media/{}/file", got.id());
    let request = axum::http::Request::get(path).body(Body::empty()).expect("a request");
    let answer = client.raw(request).await;
    assert_eq!(answer.status(), 200);
    let mut pieces = answer.into_body().into_data_stream();
    let mut size = 0;
    while let Some(piece) = pieces.next().await {
        size += piece.expect("whole").len();
    }
    assert!(size > mib * MIB);
}

/// Where it stands, the test is the one that measures.
const ALONE: &str = "FANFARE_TEST_ALONE";

#[tokio::test]
async fn s_66_memory_does_not_grow_with_the_size_of_a_video() {
    #[expect(clippy::disallowed_methods, reason = "how a test runs itself again is no setting of the product")]
    if std::env::var(ALONE).is_err() {
        // Other tests of this process take memory too, so it runs again in one of its own.
        let name = "media::tests::stories::memory::s_66_memory_does_not_grow_with_the_size_of_a_video";
        let program = std::env::current_exe().expect("this program");
        let run =
            std::process::Command::new(program).args(["--exact", name]).env(ALONE, "1").output().expect("started");
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let world = World::on(TestDb::sqlite().await).await;
    let owner = world.owner();
    upload_and_read(&owner, 16).await;
    // From here on the highest mark counts anew (proc_pid_clear_refs(5)).
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux");
    let before = status("VmRSS:");
    upload_and_read(&owner, 160).await;
    let growth = status("VmHWM:").saturating_sub(before);
    assert!(growth <= GROWTH_MAX_KIB, "memory grew by {growth} KiB, from {before} KiB");
}
