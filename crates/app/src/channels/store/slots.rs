//! The only SQL for queue slots.

use base::ids::{ChannelId, QueueSlotId};
use db::{Error, Tx, args};

use super::Channel;

/// A weekly time on a channel.
#[derive(Debug, Clone)]
pub struct QueueSlot {
    /// Its id.
    pub id: QueueSlotId,
    /// 0 is Monday.
    pub weekday: u8,
    /// Minutes since midnight.
    pub minute: u16,
    /// In this zone.
    pub zone: String,
}

/// Until the end of the transaction no one else takes a slot of this channel.
pub async fn lock_slots(tx: &mut Tx, channel: ChannelId) -> Result<(), Error> {
    tx.row("SELECT id FROM channels WHERE id = $1 {for_update}", args![channel]).await.map(drop)
}

/// A channel's slots through the week.
pub async fn slots(tx: &mut Tx, channel: ChannelId) -> Result<Vec<QueueSlot>, Error> {
    let sql = "SELECT id, weekday, minute, zone FROM queue_slots WHERE channel_id = $1 ORDER BY weekday, minute";
    let rows = tx.rows(sql, args![channel]).await?;
    rows.iter()
        .map(|row| {
            Ok(QueueSlot {
                id: row.id("id")?,
                weekday: u8::try_from(row.int("weekday")?).unwrap_or(0),
                minute: u16::try_from(row.int("minute")?).unwrap_or(0),
                zone: row.text("zone")?,
            })
        })
        .collect()
}

/// Replaces a channel's slots.
pub async fn put_slots(tx: &mut Tx, channel: &Channel, slots: &[QueueSlot]) -> Result<(), Error> {
    tx.execute("DELETE FROM queue_slots WHERE channel_id = $1", args![channel.id]).await?;
    for slot in slots {
        tx.execute(
            "INSERT INTO queue_slots (id, workspace_id, channel_id, weekday, minute, zone) VALUES ($1, $2, $3, $4, $5, $6)",
            args![slot.id, channel.workspace, channel.id, i64::from(slot.weekday), i64::from(slot.minute), slot.zone.clone()],
        )
        .await?;
    }
    Ok(())
}
