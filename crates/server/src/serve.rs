//! `serve`, `web` and `work`: runs an installation, or part of it, from its start to a graceful stop.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use app::{App, people};
use base::{Clock, SystemClock};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::{front, jobs, say, seat::Seat, settings::Settings, trust, web, wiring};

/// How long a graceful stop may take.
const STOP: Duration = Duration::from_secs(29);

/// Which parts of an installation this process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Web app and API.
    pub web: bool,
    /// Publishing and the other jobs.
    pub work: bool,
}

impl Roles {
    /// Everything.
    pub const ALL: Self = Self { web: true, work: true };
}

/// Runs until the operator stops it.
///
/// # Errors
/// If it can't start.
pub async fn run(settings: Settings, roles: Roles) -> anyhow::Result<()> {
    let listener = match roles.web {
        true => Some(listen(&settings).await?),
        false => None,
    };
    let installation = Running::start(&settings, roles, listener, Arc::new(SystemClock)).await?;
    installation.greet().await?;
    installation.until_signal().await
}

/// Listens at the address of the settings.
///
/// # Errors
/// If the address is taken.
pub async fn listen(settings: &Settings) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(settings.listen).await;
    bound.with_context(|| format!("can't listen on {}; set `listen` to another address", settings.listen))
}

/// A running installation.
pub struct Running {
    /// The installation.
    pub app: App,
    roles: Roles,
    ending: Ending,
    /// Cancelled when everything is to stop.
    stop: CancellationToken,
    front: Option<tokio::task::JoinHandle<()>>,
    jobs: tokio::task::JoinSet<()>,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// If a part of it can't be opened.
    pub async fn start(
        settings: &Settings,
        roles: Roles,
        listener: Option<TcpListener>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let ending = Ending::listen()?;
        let listens = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let db = wiring::own_database(settings).await?;
        let app = wiring::installation(settings, db, listens, clock).await?;
        trust::warn_of_gaps(&app);
        let stop = CancellationToken::new();
        // Before anything is taken or sent.
        app::ops::keep_room(&app).await;
        let mut front = None;
        if let Some(listener) = listener {
            web::documents::prepare(&app).await;
            let in_flight = front::InFlight::default();
            let pages = web::router(&app, settings, &in_flight).await;
            let router = app::api::serve(app.clone(), pages);
            let (proxies, stop) = (app.settings.trusted_proxies.clone(), stop.clone());
            front = Some(tokio::spawn(async move {
                front::serve(listener, router, in_flight, &proxies, stop).await;
            }));
        }
        let jobs = match roles.work {
            true => {
                let seat = Seat::find(&settings.data, &settings.node);
                jobs::start(&app, &settings.node, settings.in_flight_max, seat, &stop)
            }
            false => tokio::task::JoinSet::new(),
        };
        tokio::spawn(jobs::watch_disk(&app, &stop));
        tokio::spawn(check(app.clone(), stop.clone()));
        Ok(Self { app, roles, ending, stop, front, jobs })
    }

    /// Prints its address, and at the first start the link for becoming its owner (S-07).
    async fn greet(&self) -> anyhow::Result<()> {
        if !self.roles.web {
            say::out("Fanfare is running its jobs. It serves no web pages.");
            return Ok(());
        }
        say::out(format_args!("Fanfare listens on {}", self.app.settings.public_url));
        if let Some(link) = people::owner_link(&self.app).await? {
            say::out("This installation has no owner yet. To become its owner, open this link within a day:");
            say::out(format_args!("  {link}"));
        }
        Ok(())
    }

    /// Waits for SIGTERM or SIGINT, then stops gracefully.
    ///
    /// # Errors
    /// If it stopped because of a failure.
    pub async fn until_signal(mut self) -> anyhow::Result<()> {
        let failed = tokio::select! {
            () = self.ending.asked() => false,
            () = self.stop.cancelled() => true,
        };
        self.stop().await;
        if failed { anyhow::bail!("Fanfare stopped because of a failure; see the log") } else { Ok(()) }
    }

    /// Stops accepting work, finishes what has begun and closes the database.
    pub async fn stop(mut self) {
        tracing::info!("stopping: finishing current work");
        self.stop.cancel();
        self.app.memory.stopping.cancel();
        let finishing = async {
            if let Some(front) = self.front.take() {
                let _ = front.await;
            }
            while self.jobs.join_next().await.is_some() {}
        };
        tokio::select! {
            done = tokio::time::timeout(STOP, finishing) => {
                if done.is_err() {
                    tracing::warn!("not everything finished in time; unfinished publications are checked at the next start");
                }
            }
            () = self.ending.asked() => tracing::warn!("second signal: stopping immediately"),
        }
        self.app.db.close().await;
        tracing::info!("stopped");
    }
}

/// Receives the operator's stop signals. Created before anything else, so that none is missed.
pub struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    /// Starts listening for SIGTERM and SIGINT.
    ///
    /// # Errors
    /// If signal handlers can't be installed.
    pub fn listen() -> anyhow::Result<Self> {
        let hear = |kind| signal(kind).context("signal handlers can't be installed");
        Ok(Self { terminate: hear(SignalKind::terminate())?, interrupt: hear(SignalKind::interrupt())? })
    }

    /// Returns at the next signal.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Checks the whole database in the background, so that a large one does not delay the start. Damage stops Fanfare.
async fn check(app: App, stop: CancellationToken) {
    if let Err(error) = app.db.check().await
        && !stop.is_cancelled()
    {
        tracing::error!(error = %error, "the database is damaged; Fanfare stops");
        stop.cancel();
    }
}
