//! The next free slot of a channel's queue.

use std::collections::BTreeSet;

use base::{Code, Problem, Timestamp, say};
use db::Tx;

use crate::{
    channels::{self, Channel},
    fault::Fault,
    publishing,
    schedule::{self, Place, Slot},
};

/// The next free slot of a channel and its zone, inside the transaction that takes it. Who else wants one waits until this
/// is stored.
///
/// # Errors
/// No slot is free; those of the database.
pub(super) async fn next_slot(tx: &mut Tx, channel: &Channel, now: Timestamp) -> Result<(Place, String), Fault> {
    let slots = channels::slots_to_take(tx, channel.id).await?;
    let none = || {
        let detail = say!("{name} has no free queue slot in the coming year.", name = channel.name);
        Problem::new(Code::NoSlot, detail)
    };
    let zone_name = slots.first().map(|slot| slot.zone.clone()).ok_or_else(none)?;
    let zone = schedule::times::zone(&zone_name)?;
    let taken: BTreeSet<Timestamp> = publishing::scheduled_at(tx, channel.id, now).await?.into_iter().collect();
    let weekly: Vec<Slot> = slots.iter().map(|slot| Slot { weekday: slot.weekday, minute: slot.minute }).collect();
    let place = schedule::next_free(&weekly, &zone, now, &taken).ok_or_else(none)?;
    Ok((place, zone_name))
}
