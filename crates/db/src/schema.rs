//! The actual schema in portable terms, for comparing both engines with each other and with the inventory of personal data.

use std::collections::BTreeMap;

use crate::{Db, Dialect, Error, Row, Tx};

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `TEXT`, `BIGINT`, `BOOLEAN`, `DOUBLE PRECISION`, `BYTEA`, or what else the engine calls it, in capitals.
    pub kind: String,
    /// Whether it may be NULL. A column of the primary key may not.
    pub nullable: bool,
}

const SQLITE: &str = "SELECT t.name AS table_name, c.name AS column_name, UPPER(c.type) AS kind,
       c.\"notnull\" = 0 AND c.pk = 0 AS nullable
  FROM sqlite_schema t JOIN pragma_table_info(t.name) c
 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'refinery_schema_history'
 ORDER BY t.name, c.cid";

const POSTGRES: &str = "SELECT CAST(table_name AS TEXT) AS table_name, CAST(column_name AS TEXT) AS column_name,
       UPPER(data_type) AS kind, is_nullable = 'YES' AS nullable
  FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
 WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> 'refinery_schema_history'
 ORDER BY table_name, ordinal_position";

/// Every table with its columns in order; the book-keeping of migrations is left out.
///
/// # Errors
/// As for [`Db::read`].
pub async fn schema(db: &Db) -> Result<BTreeMap<String, Vec<Column>>, Error> {
    db.read(async |tx| tables(tx).await).await
}

async fn tables(tx: &mut Tx) -> Result<BTreeMap<String, Vec<Column>>, Error> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
    };
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in tx.rows(sql, crate::args![]).await? {
        tables.entry(row.text("table_name")?).or_default().push(column(&row)?);
    }
    Ok(tables)
}

fn column(row: &Row) -> Result<Column, Error> {
    Ok(Column { name: row.text("column_name")?, kind: row.text("kind")?, nullable: row.bool("nullable")? })
}
