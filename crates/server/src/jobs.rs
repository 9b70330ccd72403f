//! What runs in the background. Publishing sleeps until something is due; the rest is looked at on slow timers, so that
//! an installation at rest wakes a few times a minute.
//!
//! | job | when | an interrupted run |
//! |---|---|---|
//! | publishing | when a lane wakes | is recovered at the next start, or by another node |
//! | local times read anew | at start and daily | begins again |
//! | logins refreshed | every 30 s, those that are due | was journaled; the next one decides |
//! | pauses ended | every 30 s, those that are over | begins again |
//! | what is over forgotten: idempotency keys, sessions, invitations, uploads, numbers, keys | hourly | goes on where it was |

use std::{future::Future, sync::Arc, time::Duration};

use app::{
    App,
    channels::{self, grants},
    insights, media, people,
    publishing::{self, Engine, EngineSettings},
    request, workspaces,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often logins and pauses are looked at.
const OFTEN: Duration = Duration::from_secs(30);
/// How often what is old is forgotten.
const HOURLY: Duration = Duration::from_secs(3_600);
/// How often local times are read anew; a new zone table comes with a new start, so this is for long runs.
const DAILY: Duration = Duration::from_secs(86_400);
/// How many rows one sweep forgets at a time.
const SWEEP_ROWS: u32 = 1_000;

/// Starts them all. Each ends soon after `stop`; publishing first finishes what is on its way.
pub fn start(app: &App, name: &str, in_flight_max: usize, stop: &CancellationToken) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let settings = EngineSettings { name: name.to_owned(), in_flight_max, ..EngineSettings::default() };
    jobs.spawn(publish(Engine::new(app.clone(), settings), stop.clone()));
    jobs.spawn(every(app, "local times", DAILY, stop, |app| async move {
        let moved = publishing::re_resolve(&app).await?;
        if moved > 0 {
            tracing::info!(moved, "{moved} publications moved with their zone's clocks");
        }
        Ok(())
    }));
    jobs.spawn(every(app, "logins", OFTEN, stop, |app| async move { grants::refresh_due(&app).await.map(drop) }));
    jobs.spawn(every(app, "pauses", OFTEN, stop, |app| async move { channels::end_pauses(&app).await.map(drop) }));
    jobs.spawn(every(app, "retention", HOURLY, stop, |app| async move { forget(&app).await }));
    jobs
}

async fn publish(engine: Arc<Engine>, stop: CancellationToken) {
    if let Err(error) = engine.run(stop.clone()).await {
        tracing::error!(error = %error, "publishing could not begin, so Fanfare stops");
        stop.cancel();
    }
}

/// Does the work now and then again after each pause; a failure is told and tried again.
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
        let swept: u64 = app.db.write(move |tx| Box::pin(request::sweep(tx, now, SWEEP_ROWS))).await?;
        if swept < u64::from(SWEEP_ROWS) {
            break;
        }
    }
    while people::sweep_sessions(app, SWEEP_ROWS).await? >= u64::from(SWEEP_ROWS) {}
    workspaces::sweep(app).await?;
    media::sweep_uploads(app).await?;
    insights::sweep(app).await?;
    app.vault.forget_unused().await.map_err(base::Problem::from)?;
    Ok(())
}
