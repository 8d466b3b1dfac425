//! Mends of the module `types`: the replaced types and the enums.

use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenTree};
use syn::visit_mut::{self, VisitMut};
use syn::{Fields, Item, ItemMod, MetaList, Path};

use super::super::Error;
use super::super::draft::Draft;
use super::enums;

const INT64: &str = include_str!("../template/int64.rs");

pub(super) fn mend(module: &mut ItemMod, draft: &Draft) -> Result<(), Error> {
    Local.visit_item_mod_mut(module);
    let Some((_, items)) = &mut module.content else {
        return Err(Error::Output("the module `types` is empty".to_owned()));
    };
    let mut out: Vec<Item> = std::mem::take(items);
    for (name, values) in &draft.enums {
        let origin = draft.schemas.get(name).map_or("", |schema| &schema.origin);
        out.extend(enums::write(name, origin, values)?);
    }
    out.extend(syn::parse_file(INT64)?.items);
    unique(&out)?;
    *items = out;
    Ok(())
}

/// Shortens paths. typify writes a replaced type as `types::Name`, which resolves only outside the module,
/// and prelude types by their full path, which makes the file half again as long to review.
struct Local;

const PRELUDE: [&str; 5] = ["Option", "String", "Vec", "Box", "Default"];
const IS_NONE: &str = "::std::option::Option::is_none";

impl VisitMut for Local {
    fn visit_path_mut(&mut self, path: &mut Path) {
        let first = path
            .segments
            .first()
            .map(|segment| segment.ident.to_string());
        let skipped = match (first.as_deref(), path.leading_colon) {
            (Some("types"), None) if path.segments.len() > 1 => 1,
            (Some("std"), Some(_)) if is_prelude(path) => path.segments.len() - 1,
            _ => 0,
        };
        if skipped > 0 {
            path.leading_colon = None;
            path.segments = std::mem::take(&mut path.segments)
                .into_iter()
                .skip(skipped)
                .collect();
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_meta_list_mut(&mut self, list: &mut MetaList) {
        let tokens = std::mem::take(&mut list.tokens).into_iter();
        list.tokens = tokens
            .map(|token| match &token {
                TokenTree::Literal(text) if text.to_string().contains(IS_NONE) => {
                    Literal::string("Option::is_none").into()
                }
                _ => token,
            })
            .collect();
    }
}

fn is_prelude(path: &Path) -> bool {
    path.segments.len() == 3
        && path
            .segments
            .last()
            .is_some_and(|last| PRELUDE.iter().any(|name| last.ident == name))
}

/// Rejects duplicate names while their origin is still known.
fn unique(items: &[Item]) -> Result<(), Error> {
    let mut types = BTreeSet::new();
    for item in items {
        let (name, fields) = match item {
            Item::Struct(item) => (&item.ident, Some(&item.fields)),
            Item::Enum(item) => (&item.ident, None),
            Item::Type(item) => (&item.ident, None),
            _ => continue,
        };
        if !types.insert(name) {
            return Err(same_field("types", name));
        }
        let mut names = BTreeSet::new();
        if let Some(Fields::Named(fields)) = fields {
            for field in fields.named.iter().filter_map(|field| field.ident.as_ref()) {
                if !names.insert(field) {
                    return Err(same_field(&name.to_string(), field));
                }
            }
        }
    }
    Ok(())
}

pub(super) fn same_field(place: &str, name: &syn::Ident) -> Error {
    Error::SameField {
        place: place.to_owned(),
        name: name.to_string(),
    }
}
