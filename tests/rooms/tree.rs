//! The modules of one crate, with the file that each stands in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta};

/// A module by its path from the crate root, which is `[]`.
pub(crate) type Name = Vec<String>;

/// The modules of one crate.
pub(crate) struct Tree {
    /// The root file, from the root of the repository.
    pub(crate) root: PathBuf,
    /// Every module by name; those written inline stand in the file of the module around them.
    pub(crate) modules: BTreeMap<Name, Module>,
}

/// One module.
pub(crate) struct Module {
    /// From the root of the repository.
    pub(crate) file: PathBuf,
    /// Its items, without modules and without those that only tests compile.
    pub(crate) items: Vec<Item>,
    /// The lines of its `//!` comment.
    pub(crate) comment: Vec<String>,
}

impl Tree {
    /// Reads a crate from its root file.
    pub(crate) fn read(root: &Path) -> Self {
        let mut tree = Self {
            root: root.to_owned(),
            modules: BTreeMap::new(),
        };
        let folder = root.parent().expect("a root file is in a folder");
        tree.add_file(Vec::new(), root, folder);
        tree
    }

    /// `folder` is where the files of its child modules are.
    fn add_file(&mut self, name: Name, file: &Path, folder: &Path) {
        let at = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(&at)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let comment = text
            .lines()
            .filter_map(|line| line.strip_prefix("//!"))
            .map(|line| line.trim().to_owned())
            .collect();
        self.add(name, file, folder, parsed.items, comment);
    }

    fn add(
        &mut self,
        name: Name,
        file: &Path,
        folder: &Path,
        items: Vec<Item>,
        comment: Vec<String>,
    ) {
        let mut kept = Vec::new();
        for item in items.into_iter().filter(|item| !for_tests(item)) {
            let Item::Mod(module) = item else {
                kept.push(item);
                continue;
            };
            let word = module.ident.to_string();
            let mut child = name.clone();
            child.push(word.clone());
            let inner = folder.join(&word);
            if let Some((_, items)) = module.content {
                self.add(child, file, &inner, items, Vec::new());
            } else {
                let flat = folder.join(format!("{word}.rs"));
                let exists = Path::new(env!("CARGO_MANIFEST_DIR")).join(&flat).exists();
                let usual = if exists { flat } else { inner.join("mod.rs") };
                let given = path_attribute(&module.attrs);
                let given = given.and_then(|path| Some(file.parent()?.join(path)));
                self.add_file(child, &given.unwrap_or(usual), &inner);
            }
        }
        let file = file.to_owned();
        self.modules.insert(
            name,
            Module {
                file,
                items: kept,
                comment,
            },
        );
    }

    /// The file that a module stands in.
    pub(crate) fn file(&self, name: &[String]) -> &Path {
        &self.modules[name].file
    }

    /// The child of a module with this name, if it has one.
    pub(crate) fn child(&self, name: &[String], word: &str) -> Option<Name> {
        let mut child = name.to_vec();
        child.push(word.to_owned());
        self.modules.contains_key(&child).then_some(child)
    }
}

fn for_tests(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        _ => &[],
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

/// The path of `#[path = "…"]`.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(path),
                    ..
                }) => Some(path.value()),
                _ => None,
            },
            _ => None,
        })
}
