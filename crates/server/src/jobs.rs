//! Background jobs. Publishing sleeps until something is due; the others run on slow timers, so that an idle installation
//! wakes only a few times a minute.
//!
//! | job | when | an interrupted run |
//! |---|---|---|
//! | room on the disk looked at, in every process | every 15 s | begins again |
//! | publishing | when a lane wakes | is recovered at the next start, or by another node |
//! | recompute local times | at start and daily | starts over |
//! | refresh access tokens | every 30 s, those that are due | was journaled; the next run decides |
//! | convert videos, one at a time, where ffmpeg is installed | when one is asked for, and every 30 s | is begun again, by any node, at most three times |
//! | carry out requests of platforms: removed access, erasure | when one is stored, and every 30 s | begins again |
//! | ask platforms how channels are | every minute, each account about daily | is taken over after five minutes |
//! | judge posts by new limits | every minute, those of channels whose limits changed | starts over |
//! | fetch pictures of channels | every 30 s, those that are due | starts over |
//! | revoke consents that no one used | every minute, those that are over | starts over |
//! | end pauses | every 30 s, those that are over | starts over |
//! | sign the audit log's last entries | every minute, those that are due | starts over |
//! | delete expired idempotency keys, sessions, invitations, uploads, metrics, keys | hourly | continues |

use std::{future::Future, sync::Arc, time::Duration};

use app::{
    App, audit,
    channels::{self, grants},
    hooks, insights, media, ops, people, posts,
    publishing::{self, Engine, EngineSettings},
    request, workspaces,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::seat::Seat;

/// How often the room on the disk is looked at. A refused write is heard of at once, so this can be seldom.
const DISK: Duration = Duration::from_secs(15);
/// How often access tokens and pauses are checked.
const OFTEN: Duration = Duration::from_secs(30);
/// How often it is checked whether the audit log has to be signed, channels are to be checked, or consents are over.
const MINUTE: Duration = Duration::from_secs(60);
/// How often expired rows are deleted.
const HOURLY: Duration = Duration::from_secs(3_600);
/// How often local times are recomputed.
const DAILY: Duration = Duration::from_secs(86_400);
/// How many rows one sweep deletes at a time.
const SWEEP_ROWS: u32 = 1_000;

/// Starts all jobs. Each ends soon after `stop`; publishing first finishes what it is sending.
/// `seat` is where this node works, if no one else does.
pub fn start(app: &App, name: &str, in_flight_max: usize, seat: Option<Seat>, stop: &CancellationToken) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let dead = seat.as_ref().map(Seat::before).unwrap_or_default();
    let settings = EngineSettings { name: name.to_owned(), in_flight_max, dead, ..EngineSettings::default() };
    jobs.spawn(publish(Engine::new(app.clone(), settings), seat, stop.clone()));
    jobs.spawn(media::transcoding::work(app.clone(), stop.clone()));
    jobs.spawn(hooks::work(app.clone(), stop.clone()));
    jobs.spawn(every(app, "local times", DAILY, stop, |app| async move {
        let moved = publishing::re_resolve(&app).await?;
        if moved > 0 {
            tracing::info!(moved, "{moved} publications moved with their zone's clocks");
        }
        Ok(())
    }));
    jobs.spawn(every(app, "logins", OFTEN, stop, |app| async move { grants::refresh_due(&app).await.map(drop) }));
    jobs.spawn(every(app, "pauses", OFTEN, stop, |app| async move { channels::end_pauses(&app).await.map(drop) }));
    jobs.spawn(every(app, "checkpoints", MINUTE, stop, |app| async move {
        audit::checkpoints::checkpoint(&app.db, &app.vault, app.clock.now()).await?;
        Ok(())
    }));
    jobs.spawn(every(app, "checks", MINUTE, stop, |app| async move { channels::check_due(&app).await.map(drop) }));
    jobs.spawn(every(
        app,
        "pictures",
        OFTEN,
        stop,
        |app| async move { channels::fetch_pictures(&app).await.map(drop) },
    ));
    jobs.spawn(every(app, "new limits", MINUTE, stop, |app| async move { posts::judge_again(&app).await.map(drop) }));
    jobs.spawn(every(app, "choices", MINUTE, stop, |app| async move { channels::end_unchosen(&app).await.map(drop) }));
    jobs.spawn(every(app, "retention", HOURLY, stop, |app| async move { forget(&app).await }));
    jobs
}

/// Keeps an eye on the disk. For every process, whatever its part.
pub fn watch_disk(app: &App, stop: &CancellationToken) -> impl Future<Output = ()> + use<> {
    every(app, "disk", DISK, stop, |app| async move {
        ops::keep_room(&app).await;
        Ok(())
    })
}

async fn publish(engine: Arc<Engine>, seat: Option<Seat>, stop: CancellationToken) {
    if let Some(seat) = &seat {
        seat.take(engine.node());
    }
    if let Err(error) = engine.run(stop.clone()).await {
        tracing::error!(error = %error, "publishing couldn't start; Fanfare stops");
        stop.cancel();
    }
}

/// Runs the job now and again after each pause. A failure is logged, and the job runs again.
fn every<W, F>(
    app: &App,
    name: &'static str,
    pause: Duration,
    stop: &CancellationToken,
    work: W,
) -> impl Future<Output = ()> + use<W, F>
where
    W: Fn(App) -> F + Send + 'static,
    F: Future<Output = Result<(), app::fault::Fault>> + Send,
{
    let (app, stop) = (app.clone(), stop.clone());
    async move {
        loop {
            if let Err(error) = work(app.clone()).await {
                tracing::error!(job = name, error = %error, "the job {name} failed; it runs again in {} s", pause.as_secs());
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

async fn forget(app: &App) -> Result<(), app::fault::Fault> {
    loop {
        let now = app.clock.now();
        let swept: u64 = app.db.write(async move |tx| request::sweep(tx, now, SWEEP_ROWS).await).await?;
        if swept < u64::from(SWEEP_ROWS) {
            break;
        }
    }
    while people::sweep_sessions(app, SWEEP_ROWS).await? >= u64::from(SWEEP_ROWS) {}
    workspaces::sweep(app).await?;
    media::sweep_uploads(app).await?;
    hooks::sweep(app).await?;
    insights::sweep(app).await?;
    app.vault.forget_unused().await.map_err(base::Problem::from)?;
    Ok(())
}
