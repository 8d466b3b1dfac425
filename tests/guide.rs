//! Promise: the guide says what the code does: every setting, every error with its next step, every page.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use databricks_mcp::settings::{Section, Setting, setting};
use syn::visit::Visit;
use syn::{Arm, Attribute, Expr, Lit, Meta, Pat};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn page(name: &str) -> PathBuf {
    Path::new(ROOT).join("docs/guide").join(name)
}

/// Two parts of one page are not written at once.
static PAGES: Mutex<()> = Mutex::new(());

/// Compares the generated part of a page with what it should be, or writes it.
fn check(name: &str, part: &str, wanted: &str) {
    let _turn = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let path = page(name);
    let before = std::fs::read_to_string(&path).unwrap();
    let marker = format!("<!-- generated: {part} -->\n");
    let start = before.find(&marker).expect(&marker) + marker.len();
    let end = start + before[start..].find("<!-- end -->").expect("the end");
    let mut text = before.clone();
    text.replace_range(start..end, &format!("\n{}\n\n", wanted.trim()));
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        std::fs::write(&path, &text).unwrap();
        return;
    }
    assert!(
        text == before,
        "docs/guide/{name} is not what the code says\nhint: run `UPDATE_GUIDE=1 cargo t --test guide`"
    );
}

fn codes(names: impl IntoIterator<Item = String>) -> String {
    let names = names.into_iter().map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(", ")
}

/// One setting: its key, the ways it comes in, and what it takes.
fn entry(row: &Setting) -> String {
    let mut text = format!("### {}\n\n{}.\n\n", row.name, row.help());
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            writeln!(text, "- {name}: {value}").unwrap();
        }
    };
    let flags = row.flag.map(|flag| {
        let names = std::iter::once(flag.long).chain(flag.alias);
        codes(names.map(|name| format!("--{name}")))
    });
    line("flag", flags.unwrap_or_default());
    line(
        "variable",
        codes(row.variables.iter().map(|name| (*name).to_owned())),
    );
    line("in a profile", codes(row.profile_key.map(str::to_owned)));
    line("takes", row.takes.to_string());
    line("default", codes(row.default.map(str::to_owned)));
    if row.secret {
        line(
            "secret",
            "never shown, neither in the log nor in answers".to_owned(),
        );
    }
    text
}

#[test]
fn the_guide_has_every_setting() {
    let mut text = String::new();
    for (title, section) in [
        ("The workspace and its credential", Section::Credentials),
        ("Which tools", Section::Tools),
        ("Everything else", Section::Other),
    ] {
        writeln!(text, "## {title}\n").unwrap();
        let rows = setting::ALL.iter().filter(|row| row.section == section);
        // What no source but the open folder's has is no setting that a person sets.
        let rows = rows.filter(|row| !row.variables.is_empty() || row.profile_key.is_some());
        for row in rows {
            writeln!(text, "{}", entry(row)).unwrap();
        }
    }
    check("settings.md", "settings", &text);
}

/// The text of an attribute such as `#[error("…")]` or a line of a doc comment.
fn said(attribute: &Attribute, name: &str) -> Option<String> {
    if !attribute.path().is_ident(name) {
        return None;
    }
    let tokens = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(pair) => {
            let Expr::Lit(value) = &pair.value else {
                return None;
            };
            let Lit::Str(text) = &value.lit else {
                return None;
            };
            return Some(text.value().trim().to_owned());
        }
        Meta::Path(_) => return None,
    };
    match syn::parse2::<Lit>(tokens.into_iter().next()?.into()).ok()? {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// A message with `…` for what varies in it, and its first line only.
fn plain(message: &str) -> String {
    let mut text = String::new();
    let mut depth = 0;
    for letter in message.lines().next().unwrap_or_default().chars() {
        match letter {
            '{' => {
                depth += 1;
                text.push('…');
            }
            '}' => depth -= 1,
            _ if depth == 0 => text.push(letter),
            _ => {}
        }
    }
    let mut text = text.replace("`…`", "…").replace('`', "");
    while text.contains("……") {
        text = text.replace("……", "…");
    }
    text
}

/// The hints that stand as they are, by the variants that they are of.
#[derive(Default)]
struct Hints(BTreeMap<String, Vec<String>>);

impl Hints {
    fn variants(pattern: &Pat, found: &mut Vec<String>) {
        match pattern {
            Pat::Or(or) => or.cases.iter().for_each(|one| Self::variants(one, found)),
            Pat::Struct(one) => {
                found.extend(one.path.segments.last().map(|last| last.ident.to_string()));
            }
            _ => {}
        }
    }
}

impl Visit<'_> for Hints {
    fn visit_arm(&mut self, arm: &Arm) {
        let body = match &*arm.body {
            Expr::Block(block) => match block.block.stmts.as_slice() {
                [syn::Stmt::Expr(only, None)] => only,
                _ => return,
            },
            other => other,
        };
        if let Expr::Lit(literal) = body
            && let Lit::Str(text) = &literal.lit
        {
            let mut variants = Vec::new();
            Self::variants(&arm.pat, &mut variants);
            for variant in variants {
                let known = self.0.entry(variant).or_default();
                if !known.contains(&text.value()) {
                    known.push(text.value());
                }
            }
        }
    }
}

#[test]
fn the_guide_has_every_error_with_its_next_step() {
    let source = std::fs::read_to_string(Path::new(ROOT).join("src/error.rs")).unwrap();
    let file = syn::parse_file(&source).unwrap();
    let variants = file.items.iter().find_map(|item| match item {
        syn::Item::Enum(one) if one.ident == "Error" => Some(&one.variants),
        _ => None,
    });
    let mut hints = Hints::default();
    for item in &file.items {
        let syn::Item::Impl(block) = item else {
            continue;
        };
        for inner in &block.items {
            if let syn::ImplItem::Fn(function) = inner
                && function.sig.ident == "hint"
            {
                hints.visit_block(&function.block);
            }
        }
    }
    let mut text = "| message | meaning | what to do |\n|---|---|---|\n".to_owned();
    let mut rows = 0;
    for variant in variants.expect("the enum of errors") {
        let attributes = &variant.attrs;
        let doc: Vec<String> = attributes
            .iter()
            .filter_map(|one| said(one, "doc"))
            .collect();
        let message = attributes.iter().find_map(|one| said(one, "error"));
        let message = plain(&message.expect("a message"));
        // What wraps another error says nothing of its own.
        if message.trim_matches('…').is_empty() && variant.ident != "Unconfirmed" {
            continue;
        }
        let known = hints.0.get(&variant.ident.to_string());
        let next = known.map_or_else(
            || "what its `hint:` says, where there is one".to_owned(),
            |known| known.join("; or ").replace('|', "\\|"),
        );
        let message = if message == "…" {
            "a question"
        } else {
            &message
        };
        writeln!(
            text,
            "| {message} | {} | {next} |",
            doc.join(" ").trim_end_matches('.')
        )
        .unwrap();
        rows += 1;
    }
    assert!(rows > 15, "{rows}");
    assert!(hints.0.len() > 8, "{:?}", hints.0.keys());
    check("troubleshooting.md", "errors", &text);
}

/// Every text of a function that is a sentence by itself.
#[derive(Default)]
struct Sentences(Vec<String>);

impl Visit<'_> for Sentences {
    fn visit_lit_str(&mut self, text: &syn::LitStr) {
        let text = text.value();
        if text.split(' ').count() > 3 {
            self.0.push(text);
        }
    }
}

#[test]
fn the_guide_has_what_to_do_about_every_refusal_of_access() {
    let source = Path::new(ROOT).join("src/transport/access_hint.rs");
    let file = syn::parse_file(&std::fs::read_to_string(source).unwrap()).unwrap();
    let mut found = Sentences::default();
    for item in &file.items {
        match item {
            syn::Item::Fn(function) => found.visit_block(&function.block),
            syn::Item::Const(one) => found.visit_expr(&one.expr),
            _ => {}
        }
    }
    assert!(found.0.len() > 10, "{:?}", found.0);
    let lines: Vec<String> = found.0.iter().map(|text| format!("- {text}")).collect();
    check("troubleshooting.md", "access", &lines.join("\n"));
}

#[test]
fn every_page_is_in_the_summary_and_every_link_leads_to_one() {
    let summary = std::fs::read_to_string(page("SUMMARY.md")).unwrap();
    let mut pages = 0;
    for file in std::fs::read_dir(page("")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name == "SUMMARY.md" {
            continue;
        }
        pages += 1;
        assert!(
            summary.contains(&format!("({name})")),
            "{name} is in no summary"
        );
        let text = std::fs::read_to_string(page(&name)).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let file = link.split('#').next().unwrap();
            if !file.is_empty() && !file.starts_with("http") {
                assert!(page(file).is_file(), "{name} links to {file}");
            }
        }
        // Whoever reads of a variable must find it.
        for word in text
            .split('`')
            .filter(|word| word.starts_with("DATABRICKS_"))
        {
            let variable = word.split('=').next().unwrap();
            let known = setting::ALL
                .iter()
                .any(|row| row.variables.contains(&variable));
            assert!(known, "{name} names `{variable}`, which is no setting");
        }
    }
    assert!(pages > 5, "{pages}");
}

#[test]
fn the_recorded_session_is_one_of_this_server_and_names_no_machine() {
    let drawn = std::fs::read_to_string(Path::new(ROOT).join("docs/session.svg")).unwrap();
    for part in [
        "<svg ",
        "make demo",
        "execute_sql",
        "hint:",
        "run_job",
        "prefers-reduced-motion",
    ] {
        assert!(
            drawn.contains(part),
            "{part}\nhint: `make session` records it"
        );
    }
    for place in ["/home/", "/tmp/", "/root/", "/Users/", "\\"] {
        assert!(!drawn.contains(place), "{place}");
    }
    let readme = std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    assert!(readme.contains("](docs/session.svg)"));
}

/// The tests and commands that the README gives as proofs.
#[test]
fn every_proof_of_the_readme_is_there() {
    let readme = std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let table = readme.split("<!-- proofs -->").nth(1).unwrap();
    let table = table.split("<!-- end -->").next().unwrap();
    let makefile = std::fs::read_to_string(Path::new(ROOT).join("Makefile")).unwrap();
    let mut proofs = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cell = row
            .trim_end_matches(['|', ' '])
            .rsplit("| ")
            .next()
            .unwrap();
        let before = proofs;
        for code in cell.split('`').skip(1).step_by(2) {
            if let Some(target) = code.strip_prefix("make ") {
                let target = target.split(' ').next().unwrap();
                assert!(makefile.contains(&format!("\n{target}:")), "{code}");
            } else if let Some((file, test)) = code.split_once(": ") {
                let source = std::fs::read_to_string(Path::new(ROOT).join(file));
                let source = source.unwrap_or_else(|error| panic!("{file}: {error}"));
                assert!(source.contains(&format!("fn {test}(")), "{code}");
            } else {
                continue;
            }
            proofs += 1;
        }
        assert!(proofs > before, "no proof in {row}");
    }
    assert!(proofs > 8, "{proofs}");
}
