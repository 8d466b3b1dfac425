//! Writes the enums: the documented values, and `Unlisted` for the rest.

use heck::ToPascalCase;
use proc_macro2::Span;
use quote::quote;
use syn::{File, Ident, Item};

use super::super::Error;

const UNLISTED: &str = "Unlisted";

/// Writes the enum `name` and its conversions from and to text.
pub(super) fn write(name: &str, origin: &str, values: &[String]) -> Result<Vec<Item>, Error> {
    let name = Ident::new(name, Span::call_site());
    let doc = format!(" `{origin}`");
    let variants = variants(values);
    let file: File = syn::parse2(quote! {
        #[doc = #doc]
        #[derive(
            ::serde::Deserialize, ::serde::Serialize,
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash
        )]
        pub enum #name {
            #(#[serde(rename = #values)] #variants,)*
            /// A value that the API documents of this build do not list.
            #[serde(untagged)]
            Unlisted(String),
        }
        impl #name {
            /// The value as the service writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#variants => #values,)*
                    Self::Unlisted(value) => value,
                }
            }
        }
        impl From<String> for #name {
            fn from(value: String) -> Self {
                match value.as_str() {
                    #(#values => Self::#variants,)*
                    _ => Self::Unlisted(value),
                }
            }
        }
        impl ::std::fmt::Display for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    })?;
    Ok(file.items)
}

fn variants(values: &[String]) -> Vec<Ident> {
    let mut taken = vec![UNLISTED.to_owned(), "Self".to_owned()];
    for value in values {
        let mut variant = value.to_pascal_case();
        if syn::parse_str::<Ident>(&variant).is_err() && variant != "Self" {
            variant.insert_str(0, "Value");
        }
        while taken.contains(&variant) {
            variant.push('_');
        }
        taken.push(variant);
    }
    taken
        .iter()
        .skip(2)
        .map(|variant| Ident::new(variant, Span::call_site()))
        .collect()
}
