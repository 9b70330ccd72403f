//! Pictures of channels.

use base::ids::{ChannelId, WorkspaceId};
use connector::Account;
use db::{Error, Tx, args};

use crate::channels::Picture;

/// The longest address of a picture, in bytes. A longer one is as good as none.
const ADDRESS_MAX: usize = 4_000;

/// A picture that is to be fetched.
#[derive(Debug, Clone)]
pub struct PictureDue {
    /// Whose it is.
    pub channel: ChannelId,
    /// Where the channel belongs.
    pub workspace: WorkspaceId,
    /// Its address.
    pub from: String,
}

/// The platform says where a channel's picture is: it is fetched soon, unless it is the one that is here. Without one,
/// the old picture goes.
pub(super) async fn picture_at(tx: &mut Tx, id: ChannelId, account: &Account) -> Result<(), Error> {
    match account.avatar.as_ref().filter(|address| address.len() <= ADDRESS_MAX) {
        Some(address) => {
            let sql =
                "UPDATE channels SET picture_from = $2 WHERE id = $1 AND (picture_of IS NULL OR picture_of <> $2)";
            tx.execute(sql, args![id, address.clone()]).await
        }
        None => {
            let sql =
                "UPDATE channels SET picture = NULL, picture_digest = NULL, picture_of = NULL, picture_from = NULL
                        WHERE id = $1 AND (picture IS NOT NULL OR picture_from IS NOT NULL)";
            tx.execute(sql, args![id]).await
        }
    }
    .map(drop)
}

/// Pictures that are to be fetched.
pub async fn pictures_due(tx: &mut Tx, limit: u32) -> Result<Vec<PictureDue>, Error> {
    let sql = "SELECT id, workspace_id, picture_from FROM channels
                WHERE picture_from IS NOT NULL AND ended_at IS NULL ORDER BY id LIMIT $1";
    let due = tx.rows(sql, args![limit]).await?;
    due.iter()
        .map(|row| {
            let (channel, workspace) = (row.id("id")?, row.id("workspace_id")?);
            Ok(PictureDue { channel, workspace, from: row.text("picture_from")? })
        })
        .collect()
}

/// Stores what was found at an address; without a picture the address is forgotten until the platform names it again. `false` if the
/// platform has named another meanwhile.
pub async fn put_picture(tx: &mut Tx, id: ChannelId, from: &str, picture: Option<&Picture>) -> Result<bool, Error> {
    let changed = match picture {
        Some(Picture { bytes, digest }) => {
            let sql =
                "UPDATE channels SET picture = $3, picture_digest = $4, picture_of = picture_from, picture_from = NULL
                        WHERE id = $1 AND picture_from = $2 AND ended_at IS NULL";
            tx.execute(sql, args![id, from, bytes.to_vec(), digest.clone()]).await?
        }
        None => {
            let sql = "UPDATE channels SET picture_from = NULL WHERE id = $1 AND picture_from = $2";
            tx.execute(sql, args![id, from]).await?
        }
    };
    Ok(changed == 1)
}

/// A channel's picture.
pub async fn picture(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId) -> Result<Option<Picture>, Error> {
    let sql = "SELECT picture, picture_digest FROM channels
                WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL AND picture IS NOT NULL";
    let row = tx.row(sql, args![workspace, id]).await?;
    row.map(|row| Ok(Picture { bytes: row.bytes("picture")?.into(), digest: row.text("picture_digest")? })).transpose()
}
