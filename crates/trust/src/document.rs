//! A document in the language of its reader, as accessible HTML without scripts, as Markdown and as JSON.

use std::fmt::Write as _;

use base::{Text, words::Reader};
use serde::Serialize;

/// A part of a document, in every language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Text),
    /// A list.
    List(Vec<Text>),
    /// A table: its head, and its rows, each as wide as the head.
    Table {
        /// The names of the columns.
        head: Vec<Text>,
        /// The rows.
        rows: Vec<Vec<Text>>,
    },
}

/// A part of a document, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Said {
    /// A paragraph.
    Paragraph {
        /// What it says.
        text: String,
    },
    /// A list.
    List {
        /// Its items.
        items: Vec<String>,
    },
    /// A table.
    Table {
        /// The names of the columns.
        head: Vec<String>,
        /// The rows.
        rows: Vec<Vec<String>>,
    },
}

/// A document in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// `en` or `nl`.
    pub language: &'static str,
    /// The title.
    pub title: String,
    /// What stands below the title: date and version.
    pub dated: String,
    /// The hash of the profile.
    pub hash: String,
    /// The sections, in order.
    pub sections: Vec<SaidSection>,
}

/// A section of a document in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SaidSection {
    /// Its anchor.
    pub id: &'static str,
    /// Its heading.
    pub heading: String,
    /// The clauses in it.
    pub clauses: Vec<SaidClause>,
}

/// A clause in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SaidClause {
    /// Its id.
    pub id: &'static str,
    /// The facts that make it true.
    pub facts: Vec<String>,
    /// What it says.
    pub blocks: Vec<Said>,
}

impl Block {
    pub(crate) fn said(&self, reader: &Reader) -> Said {
        let all = |texts: &[Text]| texts.iter().map(|text| text.said_to(reader)).collect::<Vec<_>>();
        match self {
            Self::Paragraph(text) => Said::Paragraph { text: text.said_to(reader) },
            Self::List(items) => Said::List { items: all(items) },
            Self::Table { head, rows } => {
                Said::Table { head: all(head), rows: rows.iter().map(|row| all(row)).collect() }
            }
        }
    }

    /// In Markdown, in the language of the reader.
    pub fn markdown(&self, reader: &Reader) -> String {
        let mut out = String::new();
        self.said(reader).markdown(&mut out);
        out
    }
}

impl Document {
    /// A whole page: headings in order, tables with headers, no script, and at most this style sheet.
    pub fn html(&self, style_sheet: Option<&str>) -> String {
        let mut out = String::new();
        let style = style_sheet.map(|href| format!("<link rel=\"stylesheet\" href=\"{}\">\n", escaped(href)));
        let style = style.unwrap_or_default();
        let (title, dated) = (escaped(&self.title), escaped(&self.dated));
        let _ = write!(
            out,
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n{style}</head>\n<body>\n<main>\n\
             <h1>{title}</h1>\n<p>{dated}</p>\n",
            self.language,
        );
        for section in &self.sections {
            let (id, heading) = (section.id, escaped(&section.heading));
            let _ = writeln!(out, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>");
            for block in section.clauses.iter().flat_map(|clause| &clause.blocks) {
                block.html(&heading, &mut out);
            }
            out.push_str("</section>\n");
        }
        out.push_str("</main>\n</body>\n</html>\n");
        out
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n{}\n\n", marked(&self.title), marked(&self.dated));
        for section in &self.sections {
            let _ = write!(out, "## {}\n\n", marked(&section.heading));
            section.clauses.iter().flat_map(|clause| &clause.blocks).for_each(|block| block.markdown(&mut out));
        }
        out
    }

    /// All that it says, without marks: for searching.
    pub fn plain(&self) -> String {
        let blocks = self.sections.iter().flat_map(|section| &section.clauses).flat_map(|clause| &clause.blocks);
        let texts = blocks.flat_map(|block| match block {
            Said::Paragraph { text } => vec![text.clone()],
            Said::List { items } => items.clone(),
            Said::Table { head, rows } => head.iter().chain(rows.iter().flatten()).cloned().collect(),
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}

impl Said {
    fn html(&self, caption: &str, out: &mut String) {
        match self {
            Self::Paragraph { text } => {
                let _ = writeln!(out, "<p>{}</p>", escaped(text));
            }
            Self::List { items } => {
                out.push_str("<ul>\n");
                for item in items {
                    let _ = writeln!(out, "<li>{}</li>", escaped(item));
                }
                out.push_str("</ul>\n");
            }
            Self::Table { head, rows } => {
                let _ = write!(out, "<table>\n<caption>{caption}</caption>\n<thead><tr>");
                for name in head {
                    let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(name));
                }
                out.push_str("</tr></thead>\n<tbody>\n");
                for row in rows {
                    out.push_str("<tr>");
                    for (at, cell) in row.iter().enumerate() {
                        let cell = escaped(cell);
                        let _ = match at {
                            0 => write!(out, "<th scope=\"row\">{cell}</th>"),
                            _ => write!(out, "<td>{cell}</td>"),
                        };
                    }
                    out.push_str("</tr>\n");
                }
                out.push_str("</tbody>\n</table>\n");
            }
        }
    }

    fn markdown(&self, out: &mut String) {
        match self {
            Self::Paragraph { text } => {
                let _ = writeln!(out, "{}\n", marked(text));
            }
            Self::List { items } => {
                for item in items {
                    let _ = writeln!(out, "- {}", marked(item));
                }
                out.push('\n');
            }
            Self::Table { head, rows } => {
                let line =
                    |cells: &[String]| cells.iter().map(|cell| format!(" {} |", marked(cell))).collect::<String>();
                let _ = writeln!(out, "|{}\n|{}", line(head), " --- |".repeat(head.len()));
                for row in rows {
                    let _ = writeln!(out, "|{}", line(row));
                }
                out.push('\n');
            }
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// In one line, and with nothing in it that Markdown would read as a mark or as HTML.
fn marked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}
