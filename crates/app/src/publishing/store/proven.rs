//! What is known of publications beside their life: what is live of each, and why it stands where it does.

use base::ids::{PublicationId, VariantId};
use db::{Error, Tx, args};

use super::Publication;

/// What is live of a variant that says something else from now on: its publications keep what they said, unless that is
/// kept already. What is live and what is said are the same again where they agree.
pub async fn keep_live(tx: &mut Tx, variant: VariantId, said: &str, says: &str) -> Result<(), Error> {
    let sql = "UPDATE publications SET live_content = $2 WHERE variant_id = $1 AND part > 0 AND live_content IS NULL";
    tx.execute(sql, args![variant, said]).await?;
    let sql = "UPDATE publications SET live_content = NULL WHERE variant_id = $1 AND live_content = $2";
    tx.execute(sql, args![variant, says]).await?;
    Ok(())
}

/// Notes what is live of a publication; `None` is what its variant says.
pub async fn says_live(tx: &mut Tx, id: PublicationId, said: Option<&str>) -> Result<(), Error> {
    tx.execute("UPDATE publications SET live_content = $2 WHERE id = $1", args![id, said]).await?;
    Ok(())
}

/// Notes that some of its live parts were deleted at the platform.
pub async fn parts_gone(tx: &mut Tx, id: PublicationId, gone: u32) -> Result<(), Error> {
    tx.execute("UPDATE publications SET parts_gone = {greatest}(parts_gone, $2) WHERE id = $1", args![id, gone])
        .await?;
    Ok(())
}

/// Notes why a publication stands where it does.
pub async fn because(tx: &mut Tx, id: PublicationId, reason: &str) -> Result<(), Error> {
    tx.execute("UPDATE publications SET reason = $2 WHERE id = $1", args![id, reason]).await?;
    Ok(())
}

/// What the variant of a publication says now (JSON), if its post still goes there.
pub async fn said_by_variant(tx: &mut Tx, p: &Publication) -> Result<Option<String>, Error> {
    let sql = "SELECT v.content FROM variants v JOIN posts o ON o.id = v.post_id
                WHERE v.id = $1 AND v.ended_at IS NULL AND o.ended_at IS NULL";
    tx.row(sql, args![p.variant]).await?.map(|row| row.text("content")).transpose()
}

/// A publication has as many parts as its variant now.
pub async fn put_parts(tx: &mut Tx, id: PublicationId, parts: u32) -> Result<(), Error> {
    tx.execute("UPDATE publications SET parts = $2 WHERE id = $1", args![id, parts]).await?;
    Ok(())
}
