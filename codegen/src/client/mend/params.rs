//! Gathers the parameters of a method in a struct, so that they are given by name: in a list of arguments of one
//! type, one more or another order would go unseen.

use heck::ToUpperCamelCase;
use quote::{format_ident, quote};
use syn::{FnArg, Ident, ImplItemFn, ItemStruct, Pat, Type};

use super::super::Error;

/// Replaces the parameters of a method, where it has several, by one struct, which is returned. The body, a struct of
/// its own, stays.
pub(super) fn gather(method: &mut ImplItemFn, id: &str) -> Result<Option<ItemStruct>, Error> {
    let mut names: Vec<Ident> = Vec::new();
    let mut types: Vec<Type> = Vec::new();
    let mut rest = syn::punctuated::Punctuated::new();
    for input in std::mem::take(&mut method.sig.inputs) {
        match &input {
            FnArg::Typed(argument) => match argument.pat.as_ref() {
                Pat::Ident(name) if name.ident != "body" => {
                    names.push(name.ident.clone());
                    types.push((*argument.ty).clone());
                }
                _ => rest.push(input),
            },
            FnArg::Receiver(_) => rest.push(input),
        }
    }
    if names.len() < 2 {
        let given = names.iter().zip(&types);
        let given = given.map(|(name, kind)| syn::parse_quote!(#name: #kind));
        // Before the body, as it was.
        for (at, argument) in given.enumerate() {
            rest.insert(1 + at, argument);
        }
        method.sig.inputs = rest;
        return Ok(None);
    }
    let name = format_ident!("{}Params", id.to_upper_camel_case());
    let borrows = types
        .iter()
        .any(|kind| quote!(#kind).to_string().contains("'a"));
    let lifetime = borrows.then(|| quote!(<'a>));
    let optional = types
        .iter()
        .all(|kind| quote!(#kind).to_string().starts_with("Option"));
    let default = optional.then(|| quote!(, Default));
    let doc = format!(" The parameters of `{id}`.");
    let gathered = syn::parse2(quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug #default)]
        pub struct #name #lifetime {
            #(pub #names: #types,)*
        }
    })?;
    rest.insert(1, syn::parse_quote!(params: #name #lifetime));
    method.sig.inputs = rest;
    let open = syn::parse_quote!(let #name { #(#names),* } = params;);
    method.block.stmts.insert(0, open);
    Ok(Some(gathered))
}
