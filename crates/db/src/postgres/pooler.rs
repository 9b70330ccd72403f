//! Detects a pooler in transaction mode.
//!
//! Behind one, prepared statements are missing at random, and notices and the migration lock end up with other clients. Such
//! errors come late and everywhere, so opening the database checks for it once.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::{address::Address, errors, tls};
use crate::Error;

/// What to do about it.
const REFUSAL: &str = "the address leads to a connection pooler, such as PgBouncer, that lends connections by the \
    transaction; Fanfare has a pool of its own and needs connections that stay: let it connect to PostgreSQL itself, or \
    set `pool_mode = session` for this database in the pooler";

/// Refuses an address behind which two connections share a server process, or one connection changes it.
///
/// `first` is a connection outside of any transaction.
pub(super) async fn refuse(first: &Client, address: &Address) -> Result<(), Error> {
    let connected = address.config.connect(tls::connector(address)?).await;
    let (second, connection) = connected.map_err(|why| errors::on_connect(&why))?;
    // Ends with its client.
    tokio::spawn(connection);
    let before = process(first).await?;
    // In a transaction it keeps the process that a pooler lends it, which is the one that was given back last.
    match second.batch_execute("BEGIN").await {
        // Lending by the statement leaves no room for a transaction.
        Err(why) if why.as_db_error().is_some() => return Err(refusal()),
        begun => begun.map_err(|why| errors::on_run(&why))?,
    }
    let beside = process(&second).await?;
    let after = process(first).await?;
    if before == beside || before != after { Err(refusal()) } else { Ok(()) }
}

fn refusal() -> Error {
    Error::Connection(REFUSAL.to_owned())
}

/// The server process behind a connection. Asked without a prepared statement, which a pooler may not know.
async fn process(client: &Client) -> Result<Option<String>, Error> {
    let rows = client.simple_query("SELECT pg_backend_pid()").await.map_err(|why| errors::on_run(&why))?;
    Ok(rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

#[cfg(test)]
mod tests {
    use std::{
        os::unix::fs::PermissionsExt as _,
        path::Path,
        process::{Child, Command, Stdio},
        time::Duration,
    };

    use tokio_postgres::config::Host;

    use crate::{Db, Error, testing};

    struct Pooler {
        child: Child,
        /// Bound, so that no one else gets the port before the pooler does; kept as long as it runs.
        _port: tokio::net::TcpSocket,
    }

    impl Drop for Pooler {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// A real PgBouncer in front of the tests' server, and the address behind it; `None` if this machine has none.
    async fn pooler(server: &str, mode: &str, folder: &Path) -> Option<(Pooler, String)> {
        let config: tokio_postgres::Config = server.parse().expect("an address");
        let (Some(Host::Tcp(host)), Some(port)) = (config.get_hosts().first(), config.get_ports().first()) else {
            return None;
        };
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("as the pooler does");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
        let listen = socket.local_addr().expect("an address").port();
        let user = config.get_user().unwrap_or("postgres");
        let password =
            config.get_password().map(|word| format!("password={}", String::from_utf8_lossy(word))).unwrap_or_default();
        let file = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host={host} port={port} user={user} {password}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {listen}\nauth_type = any\npool_mode = {mode}\nunix_socket_dir =\n"
        );
        std::fs::write(&file, text).expect("written");
        // It gives up root's rights before it reads the file.
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("opened");
        let program =
            ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].into_iter().find(|path| Path::new(path).exists())?;
        let mut command = Command::new(program);
        if rustix::process::geteuid().is_root() {
            command.args(["-u", "nobody"]);
        }
        let child = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let pooler = Pooler { child, _port: socket };
        for _ in 0..1_200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", listen)).await.is_ok() {
                let name = config.get_dbname().unwrap_or("postgres");
                return Some((pooler, format!("postgres://{user}@127.0.0.1:{listen}/{name}")));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the pooler does not answer");
    }

    #[tokio::test]
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    async fn a_pooler_that_lends_by_the_transaction_is_refused_by_name_and_one_that_lends_for_good_is_fine() {
        let Some(server) = testing::postgres_server() else { return };
        for (mode, fine) in [("transaction", false), ("statement", false), ("session", true)] {
            let folder = tempfile::tempdir().expect("a folder");
            let Some((_pooler, address)) = pooler(&server, mode, folder.path()).await else {
                println!("skipped: poolers are refused: there is no pgbouncer on this machine");
                return;
            };
            match Db::open(&address).await {
                Ok(db) => {
                    assert!(fine, "{mode} was taken");
                    db.close().await;
                }
                Err(Error::Connection(why)) => assert!(!fine && why.contains("pool_mode = session"), "{mode}: {why}"),
                Err(other) => panic!("{mode}: {other}"),
            }
        }
    }
}
