//! Mends of `impl Client`: its constructor, path parameters and operation ids.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Expr, ExprStruct, FnArg, ImplItem, ImplItemFn, ItemImpl, ItemStruct, Macro, Pat,
};

use super::super::Error;
use super::super::draft::{Draft, Operation};
use super::params;
use super::types::same_field;
use crate::spec::Place;

/// Mends the methods of one `impl Client`, counts those that send an operation, and adds the structs of their
/// parameters to `gathered`.
pub(super) fn mend(
    block: &mut ItemImpl,
    draft: &Draft,
    gathered: &mut Vec<ItemStruct>,
) -> Result<usize, Error> {
    let operations: BTreeMap<String, &Operation> = draft
        .operations
        .iter()
        .map(|operation| (operation.id.to_snake_case(), operation))
        .collect();
    // progenitor's `new` panics if no `reqwest::Client` can be built; `new_with_client` takes its name.
    block
        .items
        .retain(|item| !matches!(item, ImplItem::Fn(method) if method.sig.ident == "new"));
    let mut count = 0;
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else {
            continue;
        };
        if method.sig.ident == "new_with_client" {
            *method = constructor()?;
        } else if let Some(operation) = operations.get(&method.sig.ident.to_string()) {
            send(method, operation)?;
            gathered.extend(params::gather(method, &operation.id)?);
            count += 1;
        }
    }
    Ok(count)
}

fn constructor() -> Result<ImplItemFn, Error> {
    Ok(syn::parse2(quote! {
        /// Creates a client for the workspace or account at `baseurl`, such as
        /// `https://adb-1.2.azuredatabricks.net`, without a trailing slash. `client` only builds requests;
        /// `exchange` sends them.
        pub fn new(
            baseurl: &str,
            client: reqwest::Client,
            exchange: std::sync::Arc<dyn Exchange>,
        ) -> Self {
            Self { baseurl: baseurl.to_owned(), client, inner: exchange }
        }
    })?)
}

fn send(method: &mut ImplItemFn, operation: &Operation) -> Result<(), Error> {
    let mut names = BTreeSet::new();
    for input in &method.sig.inputs {
        if let FnArg::Typed(argument) = input
            && let Pat::Ident(name) = argument.pat.as_ref()
            && !names.insert(name.ident.to_string())
        {
            return Err(same_field(&operation.id, &name.ident));
        }
    }
    method.attrs = std::mem::take(&mut method.attrs)
        .into_iter()
        .flat_map(lines)
        .collect();
    let in_path = |place: Place| {
        let params = operation.params.iter();
        params.filter(|param| param.place == place).count()
    };
    let mut mend = Method {
        operation,
        multi_segment: operation
            .params
            .iter()
            .filter(|param| param.place == Place::Segments)
            .map(|param| param.name.to_snake_case())
            .collect(),
        one: 0,
        several: 0,
        named: 0,
    };
    mend.visit_impl_item_fn_mut(method);
    if (mend.one, mend.several, mend.named)
        == (in_path(Place::Segment), in_path(Place::Segments), 1)
    {
        Ok(())
    } else {
        Err(Error::Output(format!(
            "the method of `{}` does not build its path or name its operation as before",
            operation.id
        )))
    }
}

/// The mends inside one method, with the counts of changes.
struct Method<'a> {
    operation: &'a Operation,
    /// The parameters that keep their slashes, by Rust name.
    multi_segment: Vec<String>,
    one: usize,
    several: usize,
    named: usize,
}

impl VisitMut for Method<'_> {
    /// Matches the URL, `format!("{}/path/{}", self.baseurl, encode_path(&id.to_string()))`.
    fn visit_macro_mut(&mut self, node: &mut Macro) {
        if node.path.is_ident("format") {
            node.tokens = self.escape(std::mem::take(&mut node.tokens));
        }
    }

    /// Replaces the id in `OperationInfo { operation_id: "warehouses_get" }` by the documents' own.
    fn visit_expr_struct_mut(&mut self, node: &mut ExprStruct) {
        if node.path.is_ident("OperationInfo") {
            for field in &mut node.fields {
                let id = &self.operation.id;
                field.expr = syn::parse_quote!(#id);
                self.named += 1;
            }
        }
        visit_mut::visit_expr_struct_mut(self, node);
    }
}

impl Method<'_> {
    /// Replaces `encode_path(…)` by `segment(…)?`, or by `segments(…)?` for a parameter that keeps its slashes.
    fn escape(&mut self, tokens: TokenStream) -> TokenStream {
        let mut out = Vec::new();
        let mut tokens = tokens.into_iter();
        while let Some(token) = tokens.next() {
            let call = match &token {
                TokenTree::Ident(name) if name == "encode_path" => tokens.next(),
                _ => None,
            };
            let Some(TokenTree::Group(argument)) = call else {
                out.push(token);
                continue;
            };
            let function = if self.keeps_slashes(&argument) {
                self.several += 1;
                "segments"
            } else {
                self.one += 1;
                "segment"
            };
            let function = Ident::new(function, token.span());
            out.extend(quote! { #function #argument ? });
        }
        out.into_iter().collect()
    }

    fn keeps_slashes(&self, argument: &Group) -> bool {
        let mut tokens = argument.stream().into_iter();
        tokens.any(|token| match token {
            TokenTree::Ident(name) => self.multi_segment.contains(&name.to_string()),
            _ => false,
        })
    }
}

/// Splits a block doc comment into `///` lines.
fn lines(attr: Attribute) -> Vec<Attribute> {
    let text = match &attr.meta {
        syn::Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => text.value(),
            _ => return vec![attr],
        },
        _ => return vec![attr],
    };
    text.trim_end()
        .lines()
        .map(|line| {
            let line = if line.is_empty() {
                String::new()
            } else {
                format!(" {line}")
            };
            syn::parse_quote!(#[doc = #line])
        })
        .collect()
}
