//! Every path by which one module of a crate names another: in `use`, in code and inside macros.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ItemMod, ItemUse, Macro, Path, UseTree, Visibility};

use crate::tree::{Name, Tree};

/// One module names something of another.
#[derive(Debug)]
pub(crate) struct Import {
    /// The module that imports.
    pub(crate) from: Name,
    /// The module that has what is imported; re-exports are followed to where it is written.
    pub(crate) to: Name,
    /// The line, from 1.
    pub(crate) line: usize,
    /// As written.
    pub(crate) text: String,
    /// Nothing is tied: a module re-exports what its child has, or takes a type, trait or constant that a
    /// module around it declares.
    pub(crate) is_loose: bool,
}

/// Everything that the modules of a crate import from each other.
pub(crate) fn of(tree: &Tree) -> Vec<Import> {
    let mut imports = Vec::new();
    for (name, module) in &tree.modules {
        let mut reader = Reader {
            tree,
            here: name,
            imports: &mut imports,
        };
        for item in &module.items {
            reader.visit_item(item);
        }
    }
    imports
}

struct Reader<'a> {
    tree: &'a Tree,
    here: &'a Name,
    imports: &'a mut Vec<Import>,
}

impl Reader<'_> {
    fn add(&mut self, words: &[String], span: Span, exported: bool) {
        let Some(to) = resolve(self.tree, self.here, words, 0) else {
            return;
        };
        if to == *self.here {
            return;
        }
        let reexports_child = exported && to.starts_with(self.here);
        let is_vocabulary = words
            .last()
            .is_some_and(|name| name.starts_with(char::is_uppercase));
        let takes_vocabulary = is_vocabulary && self.here.starts_with(&to);
        self.imports.push(Import {
            from: self.here.clone(),
            to,
            line: span.start().line,
            text: words.join("::"),
            is_loose: reexports_child || takes_vocabulary,
        });
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let exported = !matches!(item.vis, Visibility::Inherited);
        for (words, span) in paths(&item.tree) {
            self.add(&words, span, exported);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let words = path.segments.iter().map(|part| part.ident.to_string());
        let words: Vec<String> = words.collect();
        if let (Some(first), true) = (path.segments.first(), words.len() > 1) {
            self.add(&words, first.ident.span(), false);
        }
        visit::visit_path(self, path);
    }

    /// Tokens of a macro are not parsed: paths in them are found by `crate::` and `super::`.
    fn visit_macro(&mut self, call: &'ast Macro) {
        let mut found = Vec::new();
        paths_in(call.tokens.clone(), &mut found);
        for (words, span) in found {
            self.add(&words, span, false);
        }
        visit::visit_macro(self, call);
    }

    /// `pub(in crate::a)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    /// Modules written inline are modules of their own.
    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}
}

/// The paths of a `use`, each in full.
fn paths(tree: &UseTree) -> Vec<(Vec<String>, Span)> {
    let below = |first: String, rest: Vec<(Vec<String>, Span)>| {
        let longer = rest.into_iter().map(move |(words, span)| {
            let words = std::iter::once(first.clone()).chain(words).collect();
            (words, span)
        });
        longer.collect()
    };
    match tree {
        UseTree::Path(path) => below(path.ident.to_string(), paths(&path.tree)),
        UseTree::Group(group) => group.items.iter().flat_map(paths).collect(),
        UseTree::Name(name) if name.ident == "self" => vec![(Vec::new(), name.ident.span())],
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.span())],
        UseTree::Rename(name) => vec![(vec![name.ident.to_string()], name.ident.span())],
        UseTree::Glob(glob) => vec![(vec!["*".to_owned()], glob.star_token.span)],
    }
}

fn paths_in(tokens: TokenStream, found: &mut Vec<(Vec<String>, Span)>) {
    let mut path: Vec<String> = Vec::new();
    let mut start = Span::call_site();
    let mut colons = 0;
    let mut finish = |path: &mut Vec<String>, start: Span| {
        if path.len() > 1 {
            found.push((std::mem::take(path), start));
        }
        path.clear();
    };
    let mut groups = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) => {
                if colons != 2 {
                    finish(&mut path, start);
                    start = word.span();
                }
                path.push(word.to_string());
                colons = 0;
            }
            TokenTree::Punct(sign) if sign.as_char() == ':' && !path.is_empty() => colons += 1,
            other => {
                finish(&mut path, start);
                colons = 0;
                if let TokenTree::Group(group) = other {
                    groups.push(group.stream());
                }
            }
        }
    }
    finish(&mut path, start);
    for group in groups {
        paths_in(group, found);
    }
}

/// The module of this crate that a path leads to, seen from `here`; `None` for a path that leaves the crate.
fn resolve(tree: &Tree, here: &[String], words: &[String], depth: usize) -> Option<Name> {
    let (first, mut rest) = words.split_first()?;
    let mut at: Name = match first.as_str() {
        "crate" => Vec::new(),
        "self" => here.to_vec(),
        "super" => here.split_last()?.1.to_vec(),
        word => tree.child(here, word)?,
    };
    while let Some((word, after)) = rest.split_first() {
        if word == "super" {
            at.pop()?;
        } else {
            match tree.child(&at, word) {
                Some(child) => at = child,
                None => {
                    let origin = origin(tree, &at, word, depth);
                    return Some(origin.unwrap_or(at));
                }
            }
        }
        rest = after;
    }
    Some(at)
}

/// Where a name is written that a module re-exports.
fn origin(tree: &Tree, module: &[String], name: &str, depth: usize) -> Option<Name> {
    // Re-exports that lead in a circle do not compile.
    if depth > 8 {
        return None;
    }
    let uses = tree.modules[module]
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Use(item) => Some(item),
            _ => None,
        });
    for item in uses {
        for (words, renamed) in named(&item.tree) {
            if renamed == name {
                return resolve(tree, module, &words, depth + 1);
            }
        }
    }
    None
}

/// The paths of a `use` with the name that each brings in.
fn named(tree: &UseTree) -> Vec<(Vec<String>, String)> {
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            let below = named(&path.tree).into_iter().map(|(words, name)| {
                let name = if words.is_empty() {
                    first.clone()
                } else {
                    name
                };
                (std::iter::once(first.clone()).chain(words).collect(), name)
            });
            below.collect()
        }
        UseTree::Group(group) => group.items.iter().flat_map(named).collect(),
        UseTree::Name(name) if name.ident == "self" => vec![(Vec::new(), String::new())],
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.to_string())],
        UseTree::Rename(name) => vec![(vec![name.ident.to_string()], name.rename.to_string())],
        _ => Vec::new(),
    }
}
