//! The inventory of personal data: for every column whose data it is, why and how long it is kept (P-026).
//!
//! `inventory.toml` declares every column of every table. Export, erasure, retention, the record of processing and the
//! policy page are derived from it, so a column that is not declared fails the tests. Adding one:
//!
//! ```toml
//! [tables.posts]
//! default = { category = "content", subject = "member", purpose = "publishing", basis = "contract", retention = "workspace", export = "include", erase = "delete" }
//! columns = ["id", "body"]                       # these use the default
//! except.made_by = { category = "activity" }     # this one differs in the fields given
//! ```

mod facts;
pub(crate) mod http;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};
pub use trust::{Basis, Category, Subject};

pub use facts::facts;

/// How an export of a person's data treats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Export {
    /// Included unchanged.
    Include,
    /// Included, decrypted by the vault.
    Opened,
    /// Left out: a secret, or not about the person.
    Exclude,
}

/// How erasing a person's data treats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Erase {
    /// The row is deleted.
    Delete,
    /// The row stays, without a reference to the person.
    Anonymise,
    /// It stays until its retention ends, for the reason given in the retention rule.
    Keep,
}

/// The declaration of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The kind of data.
    pub category: Category,
    /// Whose data it is.
    pub subject: Subject,
    /// The purpose: a name in `[purposes]`.
    pub purpose: String,
    /// The legal basis.
    pub basis: Basis,
    /// How long it is kept: a name in `[retention]`.
    pub retention: String,
    /// What an export does.
    pub export: Export,
    /// What erasure does.
    pub erase: Erase,
}

/// How long something is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days after `from`; left out if it ends with something else, as `from` says.
    pub days: Option<u32>,
    /// When the period starts.
    pub from: String,
    /// The function that deletes what is over, by itself and regularly. Without one the policy promises no period.
    pub swept_by: Option<String>,
}

/// The declarations of one table, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    default: Entry,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    except: BTreeMap<String, Difference>,
}

/// The fields that differ from the table's default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    category: Option<Category>,
    subject: Option<Subject>,
    purpose: Option<String>,
    basis: Option<Basis>,
    retention: Option<String>,
    export: Option<Export>,
    erase: Option<Erase>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    purposes: BTreeMap<String, String>,
    retention: BTreeMap<String, Retention>,
    tables: BTreeMap<String, Table>,
}

/// The whole inventory.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// What the purposes mean.
    pub purposes: BTreeMap<String, String>,
    /// How long things are kept.
    pub retention: BTreeMap<String, Retention>,
    /// Table, column, declaration.
    pub tables: BTreeMap<String, BTreeMap<String, Entry>>,
}

/// The inventory of this version.
///
/// # Panics
/// Never in a tested build: a test reads it, too.
pub fn inventory() -> &'static Inventory {
    static INVENTORY: LazyLock<Inventory> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "it is part of the binary, and a test reads it")]
        Inventory::read(include_str!("inventory.toml")).expect("the inventory can be read")
    });
    &INVENTORY
}

impl Inventory {
    /// Reads it from TOML.
    ///
    /// # Errors
    /// If a declaration is wrong; names the table or column.
    pub fn read(text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut tables = BTreeMap::new();
        for (name, table) in written.tables {
            let columns = table.entries().map_err(|column| format!("{name}.{column} is declared twice"))?;
            tables.insert(name, columns);
        }
        let inventory = Self { purposes: written.purposes, retention: written.retention, tables };
        inventory.check()?;
        Ok(inventory)
    }

    /// The declaration of a column.
    pub fn of(&self, table: &str, column: &str) -> Option<&Entry> {
        self.tables.get(table)?.get(column)
    }

    /// The columns of the schema that are not declared, and those declared that are not in the schema.
    pub fn differences(&self, schema: &BTreeMap<String, Vec<db::Column>>) -> Vec<String> {
        let there = |table: &str, column: &str| {
            schema.get(table).is_some_and(|columns| columns.iter().any(|one| one.name == column))
        };
        let missing = schema.iter().flat_map(|(table, columns)| {
            let undeclared = columns.iter().filter(|column| self.of(table, &column.name).is_none());
            undeclared.map(move |column| format!("{table}.{} is not declared in inventory.toml", column.name))
        });
        let gone = self.tables.iter().flat_map(|(table, columns)| {
            let gone = columns.keys().filter(|column| !there(table, column));
            gone.map(move |column| format!("{table}.{column} is declared, but the schema does not have it"))
        });
        missing.chain(gone).collect()
    }

    fn check(&self) -> Result<(), String> {
        for (table, columns) in &self.tables {
            for (column, entry) in columns {
                if let Some(wrong) = self.complaint(entry) {
                    return Err(format!("{table}.{column}: {wrong}"));
                }
            }
        }
        Ok(())
    }

    fn complaint(&self, entry: &Entry) -> Option<String> {
        if !self.purposes.contains_key(&entry.purpose) {
            return Some(format!("the purpose `{}` is not explained in [purposes]", entry.purpose));
        }
        if !self.retention.contains_key(&entry.retention) {
            return Some(format!("the retention rule `{}` is not in [retention]", entry.retention));
        }
        if (entry.subject == Subject::Nobody) != (entry.basis == Basis::None) {
            return Some("data about somebody needs a basis, and data about nobody has none".to_owned());
        }
        if entry.category == Category::Credential && entry.export != Export::Exclude {
            return Some("credentials are in no export (S-09)".to_owned());
        }
        None
    }
}

impl Table {
    /// The declaration of each column; an error is the name of a duplicate.
    fn entries(self) -> Result<BTreeMap<String, Entry>, String> {
        let default = self.default;
        let mut columns: BTreeMap<String, Entry> = BTreeMap::new();
        let plain = self.columns.into_iter().map(|column| (column, Difference::default()));
        for (column, difference) in plain.chain(self.except) {
            if columns.insert(column.clone(), difference.applied_to(&default)).is_some() {
                return Err(column);
            }
        }
        Ok(columns)
    }
}

impl Difference {
    fn applied_to(self, default: &Entry) -> Entry {
        Entry {
            category: self.category.unwrap_or(default.category),
            subject: self.subject.unwrap_or(default.subject),
            purpose: self.purpose.unwrap_or_else(|| default.purpose.clone()),
            basis: self.basis.unwrap_or(default.basis),
            retention: self.retention.unwrap_or_else(|| default.retention.clone()),
            export: self.export.unwrap_or(default.export),
            erase: self.erase.unwrap_or(default.erase),
        }
    }
}
