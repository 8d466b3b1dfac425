//! Compares operations: those that came, went, moved, or changed their arguments, waits, pages or marks.

use super::change::{Change, Section};
use super::fields::{Changed, Kind, bare, changed, parts};
use super::look::{Look, Users};
use super::side::Facts;

/// Every change of an operation.
pub(super) fn all(look: &Look<'_>) -> Vec<Change> {
    let mut changes = removed(look);
    changes.extend(added(look));
    for (id, was, is) in look.kept() {
        let users = look.users(id);
        let touched = users.lines();
        let mut push = |section, said: Vec<String>, next| {
            if !said.is_empty() {
                let (subject, touched) = (id.to_owned(), touched.clone());
                changes.push(Change {
                    section,
                    subject,
                    said,
                    touched,
                    next,
                });
            }
        };
        if was.place != is.place {
            let said = format!("{} -> {}", was.place, is.place);
            push(Section::Moved, vec![said], moved(was, is, &users));
        }
        let arguments = changed(&was.takes, &is.takes, |a, b| same(look, a, b));
        let next = of_arguments(id, &arguments, &users);
        push(Section::Arguments, words(&arguments), next);
        if was.answer != is.answer && !same(look, &was.answer, &is.answer) {
            let (said, next) = of_answer(was, is, &users);
            push(Section::AnswerFields, vec![said], next);
        }
        let waits = parts(&was.waits, &is.waits);
        push(Section::Waits, waits, of_waits(&users));
        let pages = parts(&was.pages, &is.pages);
        push(Section::Pagination, pages, of_pages(&users));
        let marks = parts(&was.marks, &is.marks);
        let (deprecation, marks): (Vec<String>, Vec<String>) = marks
            .into_iter()
            .partition(|mark| mark.ends_with(" deprecated"));
        let now = deprecation.iter().any(|mark| mark.starts_with('+'));
        let said = deprecation.iter().map(|_| match now {
            true => "now deprecated".to_owned(),
            false => "no longer deprecated".to_owned(),
        });
        let next = of_deprecation(now, &users);
        push(Section::Deprecation, said.collect(), next);
        push(Section::Marks, marks, of_marks(&users));
    }
    changes
}

fn words(changes: &[Changed]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

/// True if two schemas have the same content under two names.
pub(super) fn same(look: &Look<'_>, before: &str, after: &str) -> bool {
    const DEEP: usize = 6;
    let bare = |text: &str| {
        text.trim_start_matches("list of ")
            .trim_start_matches("map of ")
            .to_owned()
    };
    let (was, is) = (bare(before), bare(after));
    // The words around the name must agree.
    before.strip_suffix(&was) == after.strip_suffix(&is)
        && match (look.old.api.schema(&was), look.new.api.schema(&is)) {
            (Some(was), Some(is)) => {
                look.old.api.inline(was, DEEP) == look.new.api.inline(is, DEEP)
            }
            _ => false,
        }
}

fn removed(look: &Look<'_>) -> Vec<Change> {
    let old = look.old.operations.iter();
    let gone = old.filter(|(id, _)| !look.new.operations.contains_key(*id));
    gone.map(|(id, facts)| {
        let mut said = vec![facts.place.clone()];
        let successor = successor(look, id, facts);
        said.extend(successor.map(|id| format!("perhaps now `{id}` (a guess)")));
        let users = look.users(id);
        let mut next = Vec::new();
        if !users.is_empty() {
            next.push(format!(
                "`cargo build` stops at {users}: name another operation, or remove the tool (CONTRIBUTING.md, Remove a tool)"
            ));
        }
        if look.manifest.is_reviewed(id) {
            next.push("`cargo build` stops at it in specs/effects.yaml: take it out".to_owned());
        }
        if look.manifest.client.contains_key(id) {
            next.push("`make generate` stops at it in specs/client.yaml: take it out".to_owned());
        }
        Change {
            section: Section::Removed,
            subject: id.clone(),
            said,
            touched: users.lines(),
            next,
        }
    })
    .collect()
}

/// The new operation that may be what this one was: of the same place, else of a name like it.
fn successor<'a>(look: &Look<'a>, id: &str, facts: &Facts) -> Option<&'a str> {
    let (old, new) = (look.old, look.new);
    let came = || {
        new.operations
            .iter()
            .filter(|(id, _)| !old.operations.contains_key(*id))
    };
    let place = came().find(|(_, is)| is.place == facts.place);
    let named = || {
        let alike = |other: &str| strsim::jaro_winkler(id, other);
        let fits = came().filter(|(other, is)| is.verb == facts.verb && alike(other) >= 0.9);
        fits.max_by(|(a, _), (b, _)| alike(a).total_cmp(&alike(b)))
    };
    place.or_else(named).map(|(id, _)| id.as_str())
}

fn added(look: &Look<'_>) -> Vec<Change> {
    let new = look.new.operations.iter();
    let came = new.filter(|(id, _)| !look.old.operations.contains_key(*id));
    came.map(|(id, facts)| {
        let effect = look.manifest.effect(&facts.verb);
        let effect = effect.map(|effect| format!("`{effect}` by its verb"));
        let next = format!(
            "its effect is {} until reviewed: where that is not so, an exception in specs/effects.yaml",
            effect.as_deref().unwrap_or("its verb's")
        );
        let reviewed = look.manifest.is_reviewed(id);
        let mut said = vec![facts.place.clone()];
        said.extend(facts.marks.contains_key("deprecated").then(|| "deprecated".to_owned()));
        Change {
            section: Section::Added,
            subject: id.clone(),
            said,
            touched: look.users(id).lines(),
            next: if reviewed { Vec::new() } else { vec![next] },
        }
    })
    .collect()
}

fn moved(was: &Facts, is: &Facts, users: &Users<'_>) -> Vec<String> {
    let mut next = Vec::new();
    if was.verb != is.verb {
        next.push(format!(
            "its effect goes by {} now: review it in specs/effects.yaml",
            is.verb
        ));
    }
    if !users.is_empty() {
        next.push(format!(
            "nothing stops the build, the new place holds at once for {users}: accept the requests in the snapshots of `cargo t --test wire`; where the sandbox or src/stakes/held.rs has the old path, `make test` stops"
        ));
    }
    next
}

fn of_arguments(id: &str, changes: &[Changed], users: &Users<'_>) -> Vec<String> {
    let mut next = Vec::new();
    let rows = users.rows();
    let rust = users.behaviours();
    let mut client = false;
    for change in changes {
        let name = bare(&change.field);
        let naming = rows.filter(|used| used.names(name));
        match &change.kind {
            Kind::Added { required: true } | Kind::Required(true) => {
                let silent = rows.filter(|used| !used.names(name));
                if !silent.is_empty() {
                    next.push(format!("`cargo build` stops at {silent}, which must give `{name}`: name it under `params`"));
                }
                if !naming.is_empty() {
                    next.push(format!(
                        "the schema of {naming} asks for `{name}`: read its snapshot"
                    ));
                }
                client = true;
            }
            Kind::Added { required: false } => {
                let open = rows.filter(|used| !used.tool.covers && !used.names(name));
                if !open.is_empty() {
                    next.push(format!(
                        "`cargo build` stops at {open}: keep `{name}` or hide it under `params`"
                    ));
                }
            }
            Kind::Removed | Kind::Renamed { .. } => {
                if !naming.is_empty() {
                    next.push(format!(
                        "`cargo build` stops at `{name}` under `params` of {naming}"
                    ));
                }
                let silent = match &change.kind {
                    Kind::Renamed { to, required: true } => {
                        Some((bare(to), rows.filter(|used| !used.names(bare(to)))))
                    }
                    _ => None,
                };
                if let Some((to, silent)) = silent.filter(|(_, silent)| !silent.is_empty()) {
                    next.push(format!(
                        "`cargo build` stops at {silent}, which must give `{to}`"
                    ));
                }
                client = true;
            }
            Kind::Type { .. } => {
                if !naming.is_empty() {
                    next.push(format!("the schema of {naming} changes: read its snapshot"));
                }
                client = true;
            }
            Kind::Deprecated(true) if !naming.is_empty() => {
                next.push(format!(
                    "`{name}` is given by {naming}: look for what replaces it"
                ));
            }
            Kind::Deprecated(_) | Kind::Required(false) => {}
        }
    }
    if client && !rust.is_empty() {
        next.push(format!(
            "`make generate` takes it into the client: the Rust of {rust} does not compile until it agrees; where specs/client.yaml lists the fields of `{id}`, it stops there first"
        ));
    }
    next
}

fn of_answer(was: &Facts, is: &Facts, users: &Users<'_>) -> (String, Vec<String>) {
    let text = |answer: &str| match answer {
        "" => "nothing".to_owned(),
        some => some.to_owned(),
    };
    let said = format!("answers {}, before {}", text(&is.answer), text(&was.answer));
    let mut next = Vec::new();
    if !users.is_empty() {
        next.push(format!(
            "`cargo build` stops where `result` of {users} names what is gone; read their snapshots"
        ));
    }
    (said, next)
}

fn of_waits(users: &Users<'_>) -> Vec<String> {
    let waiting = users.filter(|used| used.waits_or_is_rust());
    match waiting.is_empty() {
        true => Vec::new(),
        false => vec![format!(
            "nothing stops, the new states hold at once for {waiting}, except where `waits:` or `wait:` names states itself: compare those, and read the rows in the snapshots of `cargo t --test tools`"
        )],
    }
}

fn of_pages(users: &Users<'_>) -> Vec<String> {
    match users.is_empty() {
        true => Vec::new(),
        false => vec![format!(
            "nothing stops, the new pages hold at once for {users}, except where `paginate:` names rows or a token itself; `cargo build` stops at one that is gone; read the requests in the snapshots of `cargo t --test wire`"
        )],
    }
}

fn of_deprecation(now: bool, users: &Users<'_>) -> Vec<String> {
    match now && !users.is_empty() {
        true => vec![format!(
            "nothing stops until it goes: look for what replaces it in {users}"
        )],
        false => Vec::new(),
    }
}

fn of_marks(users: &Users<'_>) -> Vec<String> {
    match users.is_empty() {
        true => Vec::new(),
        false => vec![format!("read the snapshots of {users}")],
    }
}
