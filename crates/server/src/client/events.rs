//! `fanfare events`.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;

use super::{Api, Told, Way, items, text};
use crate::say;

/// How many events one request reads.
const PAGE: u32 = 200;
/// How long to wait before a broken stream is opened again.
const PAUSE: Duration = Duration::from_secs(2);

/// Lists events after a number; with `follow`, keeps listening until the program is stopped.
///
/// # Errors
/// See [`Told`].
pub async fn events(api: &Api, after: i64, follow: bool, way: Way) -> Result<(), Told> {
    if follow {
        return listen(api, after, way).await;
    }
    let mut after = after;
    loop {
        let page = api.get(&format!("/v1/events?after={after}&limit={PAGE}")).await?;
        let Some(last) = items(&page).last().and_then(|event| event["seq"].as_i64()) else { return Ok(()) };
        items(&page).for_each(|event| tell(event, way));
        after = last;
    }
}

/// One line for each event, in JSON too, so that a reader can process them one by one.
fn tell(event: &Value, way: Way) {
    if way.json {
        return say::out(event);
    }
    let number = event["seq"].as_i64().unwrap_or_default();
    say::out(format_args!("{number:>8}  {}  {:<26} {}", text(event, "at"), text(event, "kind"), text(event, "object")));
}

/// Reads the stream (server-sent events) and reopens it after the last event when it breaks.
async fn listen(api: &Api, after: i64, way: Way) -> Result<(), Told> {
    let mut after = (after > 0).then_some(after);
    loop {
        let from = after.map(|after| format!("?after={after}")).unwrap_or_default();
        let answer = api.stream(&format!("/v1/events/stream{from}")).await?;
        let mut bytes = answer.bytes_stream();
        let mut waiting = Vec::new();
        while let Some(Ok(piece)) = bytes.next().await {
            waiting.extend_from_slice(&piece);
            while let Some(end) = waiting.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = waiting.drain(..end + 2).collect();
                let Some(event) = read(&block) else { continue };
                after = event["seq"].as_i64().or(after);
                tell(&event, way);
            }
        }
        if !way.json {
            say::err("Connection lost; reconnecting.");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The event of a block. Comments, which keep the connection open, have none.
fn read(block: &[u8]) -> Option<Value> {
    let block = String::from_utf8_lossy(block);
    let data: Vec<&str> = block
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| data.strip_prefix(' ').unwrap_or(data))
        .collect();
    serde_json::from_str(&data.join("\n")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_from_its_block_and_a_comment_is_none() {
        assert_eq!(read(b": connected\n\n"), None);
        let event = read(b"id: 7\nevent: post.created\ndata: {\"seq\":7,\ndata: \"kind\":\"post.created\"}\n\n")
            .expect("an event");
        assert_eq!((event["seq"].as_i64(), text(&event, "kind")), (Some(7), "post.created"));
    }
}
