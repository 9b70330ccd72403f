//! `LISTEN` on a separate connection, which is re-established when it breaks.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base::{OsRandom, Random as _};
use futures::{Stream, StreamExt as _, stream};
use tokio::{
    runtime::Handle,
    sync::{broadcast, mpsc},
    task::JoinHandle,
};
use tokio_postgres::{AsyncMessage, Client};

use super::{address::Address, errors, tls};
use crate::{Error, notices::Hub};

/// The longest pause between attempts to connect.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Hands what other processes notify to this process's listeners.
pub(super) struct Listener {
    address: Address,
    hub: Arc<Hub>,
    runtime: Handle,
    serving: Mutex<Option<Serving>>,
}

struct Serving {
    task: JoinHandle<()>,
    added: mpsc::UnboundedSender<String>,
}

impl Listener {
    /// Connects only when there is a listener.
    pub(super) fn new(address: Address) -> Self {
        Self { address, hub: Arc::default(), runtime: Handle::current(), serving: Mutex::new(None) }
    }

    pub(super) fn listen(&self, channel: &str) -> broadcast::Receiver<String> {
        let (receiver, first) = self.hub.listen(channel);
        let mut serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner);
        let serving = serving.get_or_insert_with(|| self.start());
        if first {
            // The task ends only with this handle.
            let _ = serving.added.send(channel.to_owned());
        }
        receiver
    }

    fn start(&self) -> Serving {
        let (added, channels) = mpsc::unbounded_channel();
        let task = self.runtime.spawn(serve(self.address.clone(), Arc::clone(&self.hub), channels));
        Serving { task, added }
    }

    pub(super) fn close(&self) {
        if let Some(serving) = self.serving.lock().unwrap_or_else(PoisonError::into_inner).take() {
            serving.task.abort();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.close();
    }
}

async fn serve(address: Address, hub: Arc<Hub>, mut added: mpsc::UnboundedReceiver<String>) {
    let mut failures = 0u32;
    while let Err((error, worked)) = connection(&address, &hub, &mut added).await {
        failures = if worked { 1 } else { failures.saturating_add(1) };
        tracing::warn!(%error, failures, "listening for notices was interrupted; connecting again");
        tokio::time::sleep(pause(failures)).await;
    }
}

/// 100 to 200 ms after the first failure, twice that after each further one, 5 s at most.
fn pause(failures: u32) -> Duration {
    let base = 100u64 << failures.saturating_sub(1).min(6);
    Duration::from_millis(base + OsRandom.below(base)).min(MAX_PAUSE)
}

/// Serves until the connection breaks (an error, and whether it ever worked) or there can be no more listeners.
async fn connection(
    address: &Address,
    hub: &Hub,
    added: &mut mpsc::UnboundedReceiver<String>,
) -> Result<(), (Error, bool)> {
    let connector = tls::connector(address).map_err(|error| (error, false))?;
    let connected = address.config.connect(connector).await;
    let (client, mut connection) = connected.map_err(|why| (errors::on_connect(&why), false))?;
    let messages = stream::poll_fn(move |context| connection.poll_message(context));
    tokio::select! {
        error = deliver(messages, hub) => Err((error, true)),
        ended = subscribe(&client, hub, added) => ended.map_err(|error| (error, true)),
    }
}

async fn deliver(
    mut messages: impl Stream<Item = Result<AsyncMessage, tokio_postgres::Error>> + Unpin,
    hub: &Hub,
) -> Error {
    while let Some(message) = messages.next().await {
        match message {
            Ok(AsyncMessage::Notification(notice)) => hub.deliver(notice.channel(), notice.payload().to_owned()),
            Ok(_) => {}
            Err(why) => return errors::on_run(&why),
        }
    }
    Error::Connection("the server ended the connection".into())
}

/// Runs `LISTEN` for every channel, existing and new. Each listener then gets an empty notice, because what was sent
/// before that is lost to it.
async fn subscribe(client: &Client, hub: &Hub, added: &mut mpsc::UnboundedReceiver<String>) -> Result<(), Error> {
    let mut wanted = hub.names();
    let mut listening = HashSet::new();
    loop {
        for channel in wanted.drain(..).filter(|channel| listening.insert(channel.clone())) {
            let sql = format!("LISTEN \"{}\"", channel.replace('"', "\"\""));
            client.batch_execute(&sql).await.map_err(|why| errors::on_run(&why))?;
            hub.deliver(&channel, String::new());
        }
        match added.recv().await {
            Some(channel) => wanted.push(channel),
            None => return Ok(()),
        }
    }
}
