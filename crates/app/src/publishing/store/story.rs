//! The story of a publication, line by line.

use base::{
    Text, Timestamp,
    ids::{PublicationId, WorkspaceId},
};
use connector::Exchange;
use db::{Error, Tx, Value, args};

use super::{json, parse};

/// One line of a publication's story.
#[derive(Debug, Clone)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What happened (`looked_up`, `moved`, `parked`, …).
    pub act: String,
    /// Who did it.
    pub actor: String,
    /// For people.
    pub detail: Option<Text>,
    /// What was said.
    pub exchanges: Vec<Exchange>,
}

/// Adds a line to the story. Of an account whose data were erased, none of what the platform says is kept.
pub const TELL: &str = "INSERT INTO story (publication_id, seq, workspace_id, at, act, actor, detail, exchanges)
     SELECT given.publication, (SELECT COALESCE(MAX(s.seq), 0) + 1 FROM story s WHERE s.publication_id = given.publication),
            given.workspace, given.at, given.act, given.actor,
            CASE WHEN given.act IN ('late_answer', 'duplicate_found')
                  AND EXISTS (SELECT 1 FROM publications p JOIN channels c ON c.id = p.channel_id
                              WHERE p.id = given.publication AND c.account_id = '') THEN NULL ELSE given.detail END,
            CASE WHEN given.exchanges IS NOT NULL
                  AND EXISTS (SELECT 1 FROM publications p JOIN channels c ON c.id = p.channel_id
                              WHERE p.id = given.publication AND c.account_id = '') THEN NULL ELSE given.exchanges END
     {given: publication TEXT, workspace TEXT, at BIGINT, act TEXT, actor TEXT, detail TEXT, exchanges TEXT}";

impl Line {
    /// The arguments of [`TELL`].
    pub fn args(&self, id: PublicationId, workspace: WorkspaceId) -> Vec<Value> {
        let exchanges = (!self.exchanges.is_empty()).then(|| json(&self.exchanges));
        args![
            id,
            workspace,
            self.at,
            self.act.as_str(),
            self.actor.as_str(),
            self.detail.as_ref().map(Text::stored),
            exchanges
        ]
        .to_vec()
    }
}

/// Adds a line to the story of a publication that this transaction has not changed.
pub async fn tell(tx: &mut Tx, id: PublicationId, workspace: WorkspaceId, line: &Line) -> Result<(), Error> {
    // Two writers of one story take turns, so that both lines get a number of their own.
    tx.row("SELECT id FROM publications WHERE id = $1 {for_update}", args![id]).await?;
    tx.execute(TELL, &line.args(id, workspace)).await?;
    Ok(())
}

/// The story in order.
pub async fn story_of(tx: &mut Tx, id: PublicationId) -> Result<Vec<Line>, Error> {
    let sql = "SELECT at, act, actor, detail, exchanges FROM story WHERE publication_id = $1 ORDER BY seq";
    let rows = tx.rows(sql, args![id]).await?;
    rows.iter()
        .map(|row| {
            Ok(Line {
                at: row.timestamp("at")?,
                act: row.text("act")?,
                actor: row.text("actor")?,
                detail: row.opt_text("detail")?.as_deref().map(Text::from_stored),
                exchanges: row.opt_text("exchanges")?.map(|text| parse(&text)).transpose()?.unwrap_or_default(),
            })
        })
        .collect()
}
