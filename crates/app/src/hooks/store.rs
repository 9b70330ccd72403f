//! The only SQL for requests of platforms.

use base::Timestamp;
use db::{Error, Tx, args};

use super::Receipt;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// The account's access was removed.
    Removed,
    /// The account's data are to be erased.
    Erase,
}

impl Asks {
    fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Erase => "erase",
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Done,
    /// Nothing was stored about the account.
    Nothing,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Nothing => "nothing",
        }
    }
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Names what came.
    pub id: String,
    /// Who sent it.
    pub platform: String,
    /// What for.
    pub asks: Asks,
    /// About whom.
    pub account: String,
    /// When the platform says that it was made.
    pub said_at: Timestamp,
    /// The confirmation code of an erasure.
    pub code: Option<String>,
}

/// Stores a request unless it is there, and gives the code that stands for it. While an account's erasure waits, another request
/// for it has the same code.
pub async fn keep(tx: &mut Tx, request: &Request, now: Timestamp) -> Result<Option<String>, Error> {
    let Request { id, platform, asks, account, said_at, code } = request.clone();
    let sql = "SELECT code FROM hook_requests
                WHERE outcome IS NULL AND platform = $1 AND asks = $2 AND account_id = $3 AND code IS NOT NULL LIMIT 1";
    let same = tx.row(sql, args![platform.clone(), asks.word(), account.clone()]).await?;
    let code = same.map(|row| row.text("code")).transpose()?.or(code);
    let sql = "INSERT INTO hook_requests (id, platform, asks, account_id, said_at, received_at, code)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
    tx.execute(sql, args![id.clone(), platform, asks.word(), account, said_at, now, code]).await?;
    tx.one("SELECT code FROM hook_requests WHERE id = $1", args![id]).await?.opt_text("code")
}

/// How many requests are looked up at once.
pub const AT_ONCE: usize = 100;

/// The requests that wait, oldest first.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let rows =
        tx.rows("SELECT id FROM hook_requests WHERE outcome IS NULL ORDER BY received_at LIMIT 100", &[]).await?;
    rows.iter().map(|row| row.text("id")).collect()
}

/// Locks a request that waits; `None` if it was carried out meanwhile.
pub async fn take(tx: &mut Tx, id: &str) -> Result<Option<Request>, Error> {
    let sql = "SELECT id, platform, asks, account_id, said_at, code FROM hook_requests
                WHERE id = $1 AND outcome IS NULL {for_update}";
    let Some(row) = tx.row(sql, args![id]).await? else { return Ok(None) };
    let asks = if row.text("asks")? == Asks::Erase.word() { Asks::Erase } else { Asks::Removed };
    Ok(Some(Request {
        id: row.text("id")?,
        platform: row.text("platform")?,
        asks,
        account: row.text("account_id")?,
        said_at: row.timestamp("said_at")?,
        code: row.opt_text("code")?,
    }))
}

/// It is carried out; whom it was about is forgotten.
pub async fn finish(tx: &mut Tx, id: &str, outcome: Outcome, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE hook_requests SET account_id = NULL, outcome = $2, done_at = $3 WHERE id = $1";
    tx.execute(sql, args![id, outcome.word(), now]).await.map(drop)
}

/// What came of these requests, so far.
pub async fn outcomes(tx: &mut Tx, ids: &[String]) -> Result<Vec<Option<Outcome>>, Error> {
    let mut outcomes = Vec::with_capacity(ids.len());
    for id in ids {
        let row = tx.row("SELECT outcome FROM hook_requests WHERE id = $1", args![id.clone()]).await?;
        let outcome = row.map(|row| row.opt_text("outcome")).transpose()?.flatten();
        outcomes.push(outcome.map(|word| if word == Outcome::Done.word() { Outcome::Done } else { Outcome::Nothing }));
    }
    Ok(outcomes)
}

/// The erasure with this code. Where several requests have it, it is done when all are.
pub async fn of_code(tx: &mut Tx, code: &str) -> Result<Option<Receipt>, Error> {
    let sql =
        "SELECT platform, received_at, outcome, done_at FROM hook_requests WHERE code = $1 ORDER BY received_at, id";
    let rows = tx.rows(sql, args![code]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (mut outcome, mut done_at) = (Some(Outcome::Nothing), None);
    for row in &rows {
        match row.opt_text("outcome")?.as_deref() {
            None => outcome = None,
            Some("done") if outcome.is_some() => outcome = Some(Outcome::Done),
            Some(_) => {}
        }
        done_at = done_at.max(row.opt_timestamp("done_at")?);
    }
    let done_at = done_at.filter(|_| outcome.is_some());
    Ok(Some(Receipt { platform: first.text("platform")?, asked_at: first.timestamp("received_at")?, outcome, done_at }))
}

/// Deletes what is older.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM hook_requests WHERE received_at < $1 AND outcome IS NOT NULL", args![before]).await
}
