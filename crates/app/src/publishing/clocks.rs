//! Scheduled times after a change of time zone data.

use base::{Timestamp, say};

use super::{ANNOUNCED, Event, Publication, news, step, store};
use crate::{App, events, fault::Fault, schedule::times};

/// Reads the local times of what is scheduled anew: when a country changes its clocks, the post keeps the time that the
/// person chose. Says how many moved.
///
/// # Errors
/// Those of the database.
pub async fn re_resolve(app: &App) -> Result<usize, Fault> {
    let now = app.clock.now();
    let (mut after, mut moved) = (None, 0);
    loop {
        let page = app.read(async move |tx| store::with_local_time(tx, after, now).await).await?;
        let Some(last) = page.last() else { return Ok(moved) };
        after = Some(last.id);
        for p in page {
            let Some((local, zone)) = p.local_time.clone().zip(p.zone.clone()) else { continue };
            let (Ok(civil), Ok(known)) = (times::local(&local), times::zone(&zone)) else { continue };
            let due_at = times::resolve(civil, &known);
            if due_at != p.due_at && due_at > now {
                moved += usize::from(keep_local_time(app, &p, due_at, (local, zone)).await?);
            }
        }
    }
}

/// Moves one publication to where its local time is now, unless someone was faster.
async fn keep_local_time(
    app: &App,
    p: &Publication,
    due_at: Timestamp,
    local: (String, String),
) -> Result<bool, Fault> {
    let (p, now) = (p.clone(), app.clock.now());
    let Ok(to) = step(p.life, Event::Changed) else { return Ok(false) };
    app.db
        .write(async move |tx| {
            if !store::reschedule(tx, &p, to, due_at, Some(local.clone()), None).await? {
                return Ok(false);
            }
            let detail = Some(say!("Moved to {at}, because the clocks of its time zone change.", at = due_at));
            let actor = "system:time_zones".to_owned();
            let line = store::Line { at: now, act: "moved".to_owned(), actor, detail, exchanges: Vec::new() };
            store::tell(tx, p.id, p.workspace, &line).await?;
            let data = news(&Publication { due_at, ..p.clone() }, to.state);
            events::emit(tx, p.workspace, "publication.moved", &p.id.to_string(), data, now).await?;
            tx.notify(ANNOUNCED, &due_at.as_micros().to_string()).await?;
            Ok(true)
        })
        .await
}
