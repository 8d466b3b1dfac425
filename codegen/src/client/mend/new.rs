//! Writes a constructor for each struct with required fields. Such a struct has no `Default`, so a request
//! of thirty fields would have to be written out in full.

use quote::quote;
use syn::{Fields, ItemImpl, ItemStruct};

use super::super::Error;

/// Writes the constructor, or returns `None` for a struct without required fields.
pub(super) fn write(item: &ItemStruct) -> Result<Option<ItemImpl>, Error> {
    let Fields::Named(fields) = &item.fields else {
        return Ok(None);
    };
    let is_required = |field: &&syn::Field| {
        let mut attrs = field.attrs.iter().map(|attr| quote!(#attr).to_string());
        !attrs.any(|attr| attr.contains("skip_serializing_if") || attr.contains("default"))
    };
    let (required, optional): (Vec<_>, Vec<_>) = fields.named.iter().partition(is_required);
    if required.is_empty() {
        return Ok(None);
    }
    let name = &item.ident;
    let types = required.iter().map(|field| &field.ty);
    let required: Vec<_> = required.iter().map(|field| &field.ident).collect();
    let optional = optional.iter().map(|field| &field.ident);
    Ok(Some(syn::parse2(quote! {
        impl #name {
            /// Creates a value with its required fields only.
            pub fn new(#(#required: #types),*) -> Self {
                Self {
                    #(#required,)*
                    #(#optional: Default::default(),)*
                }
            }
        }
    })?))
}
