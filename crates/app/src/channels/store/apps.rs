//! The only SQL for platform apps.

use base::Timestamp;
use db::{Error, Tx, args};

/// The installation's app at a platform, sealed.
pub async fn platform_app(tx: &mut Tx, platform: &str, instance: &str) -> Result<Option<Vec<u8>>, Error> {
    let sql = "SELECT sealed FROM platform_apps WHERE platform = $1 AND instance = $2";
    tx.row(sql, args![platform, instance]).await?.map(|row| row.bytes("sealed")).transpose()
}

/// Stores the installation's app at a platform.
pub async fn put_platform_app(
    tx: &mut Tx,
    platform: &str,
    instance: &str,
    sealed: &[u8],
    by: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO platform_apps (platform, instance, sealed, made_at, made_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (platform, instance) DO UPDATE SET sealed = $3, made_at = $4, made_by = $5",
        args![platform, instance, sealed.to_vec(), now, by],
    )
    .await?;
    Ok(())
}

/// The platforms whose own app (not an instance's) is stored.
pub async fn platform_apps(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let rows = tx.rows("SELECT platform FROM platform_apps WHERE instance = ''", &[]).await?;
    rows.iter().map(|row| row.text("platform")).collect()
}

/// Takes the installation's app at a platform or one of its instances away; `false` if there was none.
pub async fn delete_platform_app(tx: &mut Tx, platform: &str, instance: &str) -> Result<bool, Error> {
    let sql = "DELETE FROM platform_apps WHERE platform = $1 AND instance = $2";
    Ok(tx.execute(sql, args![platform, instance]).await? > 0)
}
