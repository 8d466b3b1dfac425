//! The tables and views that code writes, read from its text: from calls and SQL that name one.

use std::sync::LazyLock;

use regex::Regex;

/// Names of one text.
const MOST: usize = 50;

/// A name, whose parts may be in backticks or filled in when the code runs.
const NAME: &str = r"((?:`[^`\n]+`|[\w{}$:]+)(?:\s?\.\s?(?:`[^`\n]+`|[\w{}$:]+)){0,2})";
/// The begin of a statement that writes what it names next.
const STATEMENTS: &[&str] = &[
    r"INSERT\s+(?:INTO|OVERWRITE)(?:\s+TABLE)?",
    r"MERGE\s+(?:WITH\s+SCHEMA\s+EVOLUTION\s+)?INTO",
    r"COPY\s+INTO",
    r"DELETE\s+FROM",
    r"TRUNCATE\s+TABLE",
    r"REFRESH\s+(?:MATERIALIZED\s+VIEW|STREAMING\s+TABLE|TABLE)",
    r"CREATE\s+(?:OR\s+(?:REPLACE|REFRESH)\s+)?(?:(?:LIVE|STREAMING|MATERIALIZED|EXTERNAL|PRIVATE)\s+)*(?:TABLE|VIEW)(?:\s+IF\s+NOT\s+EXISTS)?",
];

static STATEMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let begins = STATEMENTS.join("|");
    Regex::new(&format!(
        r"(?i)\b(?:{begins})\s+{NAME}|\bUPDATE\s+{NAME}\s+SET\b"
    ))
    .ok()
});
static CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let quote = "[fsr]?(?:\"\"\"|\"|')";
    Regex::new(&format!(
        r"\.\s*(?:saveAsTable|insertInto|toTable|writeTo|create(?:_s|S)treaming(?:_t|T)able)\(\s*(?:name\s*=\s*)?{quote}([^\x22'\n]+)"
    ))
    .ok()
});
/// A function that a pipeline makes a table of, by its own name unless another is given.
static DATASET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?s)@(?:dlt|dp|sdp)\.(?:table|view|materialized_view)\b(.{0,500}?)\bdef\s+(\w+)\s*\("#,
    )
    .ok()
});
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\bname\s*=\s*["']([^"'\n]+)["']"#).ok());

/// The tables and views that the source of a notebook or a file writes, in its order, each once.
pub(super) fn tables(source: &str) -> Vec<String> {
    let code = code(source);
    let mut found: Vec<(usize, String)> = Vec::new();
    for pattern in [&STATEMENT, &CALL]
        .into_iter()
        .filter_map(|one| one.as_ref())
    {
        for groups in pattern.captures_iter(&code) {
            let name = groups.iter().skip(1).flatten().next();
            found.extend(name.map(|name| (name.start(), plain(name.as_str()))));
        }
    }
    if let (Some(datasets), Some(named)) = (DATASET.as_ref(), NAMED.as_ref()) {
        for groups in datasets.captures_iter(&code) {
            let (Some(given), Some(function)) = (groups.get(1), groups.get(2)) else {
                continue;
            };
            let name = named
                .captures(given.as_str())
                .and_then(|named| named.get(1));
            found.push((function.start(), plain(name.unwrap_or(function).as_str())));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    let mut names: Vec<String> = Vec::new();
    for (_, name) in found {
        let is_name = !KEYWORDS.contains(&name.to_ascii_uppercase().as_str());
        if is_name && !names.contains(&name) && names.len() < MOST {
            names.push(name);
        }
    }
    names
}

/// Words that stand where a name may, and are none.
const KEYWORDS: &[&str] = &[
    "IDENTIFIER",
    "TABLE",
    "IF",
    "INTO",
    "SELECT",
    "BY",
    "DIRECTORY",
    "LOCAL",
];

/// A name without backticks and blanks around its dots.
fn plain(name: &str) -> String {
    name.split('.')
        .map(|part| part.trim().trim_matches('`'))
        .collect::<Vec<_>>()
        .join(".")
}

/// The text without comments and prose, and without the marks before other languages of a notebook.
fn code(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut is_prose = false;
    for line in source.lines() {
        let bare = line.trim_start();
        let comment = ["#", "--", "//"]
            .into_iter()
            .find_map(|mark| bare.strip_prefix(mark));
        let Some(comment) = comment else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        let comment = comment.trim_start();
        if comment.starts_with("COMMAND ---") {
            is_prose = false;
        } else if let Some(cell) = comment.strip_prefix("MAGIC") {
            let cell = cell.trim_start();
            is_prose |= cell.starts_with("%md");
            if !is_prose && !cell.starts_with("--") && !cell.starts_with('#') {
                text.push_str(cell);
                text.push('\n');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_write_a_table_names_it() {
        for (source, names) in [
            (
                "df.write.mode(\"overwrite\").saveAsTable(\"main.gold.daily\")",
                "main.gold.daily",
            ),
            (
                "df.write.saveAsTable(name='a.b')\ndf.write.insertInto( \"c\" )",
                "a.b,c",
            ),
            (
                "df.writeStream.toTable(f\"{catalog}.s.t\")",
                "{catalog}.s.t",
            ),
            ("df.writeTo(s\"$db.t\").append()", "$db.t"),
            (
                "spark.sql(\"\"\"\n  insert into main.s.t\n  select 1\"\"\")",
                "main.s.t",
            ),
            (
                "INSERT OVERWRITE TABLE `my cat`.s.`t 1` SELECT 1",
                "my cat.s.t 1",
            ),
            (
                "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET b = 1",
                "t",
            ),
            (
                "CREATE OR REPLACE TABLE a.b.c AS SELECT * FROM x; CREATE VIEW IF NOT EXISTS v AS SELECT 1",
                "a.b.c,v",
            ),
            (
                "CREATE OR REFRESH STREAMING TABLE s; CREATE MATERIALIZED VIEW m AS SELECT 1",
                "s,m",
            ),
            (
                "COPY INTO a FROM '/x'; DELETE FROM b WHERE c; UPDATE d SET e = 1; REFRESH MATERIALIZED VIEW f",
                "a,b,d,f",
            ),
            (
                "import dlt\n@dlt.table(comment='x')\ndef bronze():\n  pass\n@dp.materialized_view(name=\"g.h\")\ndef other():\n  pass",
                "bronze,g.h",
            ),
            ("INSERT INTO t SELECT 1; INSERT INTO t SELECT 2", "t"),
        ] {
            assert_eq!(tables(source).join(","), names, "{source}");
        }
    }

    #[test]
    fn what_writes_no_table_names_none() {
        for source in [
            "spark.table(\"main.s.t\").show()",
            "# df.write.saveAsTable(\"a\")\n-- INSERT INTO b SELECT 1\n// c.saveAsTable(\"d\")",
            "# MAGIC %md\n# MAGIC Create table of contents\n# MAGIC INSERT INTO a",
            "CREATE TEMPORARY VIEW v AS SELECT 1; SELECT * FROM t",
            "df.createOrReplaceTempView(\"v\")",
            "CREATE TABLE IDENTIFIER(:name) AS SELECT 1",
            "df.write.saveAsTable(table_name)",
            "MERGE target",
        ] {
            assert_eq!(tables(source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn sql_in_a_notebook_of_another_language_is_read_and_prose_ends_with_its_cell() {
        let notebook = "# Databricks notebook source\n# MAGIC %md\n# MAGIC CREATE TABLE prose\n\n# COMMAND ----------\n\n\
                        # MAGIC %sql\n# MAGIC -- INSERT INTO off SELECT 1\n# MAGIC INSERT INTO\n# MAGIC   main.s.t SELECT 1";
        assert_eq!(tables(notebook), ["main.s.t"]);
    }
}
