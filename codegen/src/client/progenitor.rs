//! Runs progenitor with this client's settings.

use std::panic::{AssertUnwindSafe, catch_unwind};

use openapiv3::OpenAPI;
use progenitor_impl::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::quote;
use schemars_v0::schema::{InstanceType, SchemaObject};

use super::Error;
use super::cures::LENIENT_INTEGER;

/// Generates the client. `enums` names the types that [`super::mend`] writes instead of typify.
pub(super) fn generate<'a>(
    document: &OpenAPI,
    enums: impl Iterator<Item = &'a String>,
) -> Result<syn::File, Error> {
    let mut settings = GenerationSettings::new();
    settings
        // Builders take many times longer to compile, and no behaviour needs them.
        .with_interface(InterfaceStyle::Positional)
        // Without `impl Exchange` nothing compiles, so no request can bypass it.
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote! { std::sync::Arc<dyn Exchange> })
        // Ordered by key, so that requests are reproducible.
        .with_map_type("::std::collections::BTreeMap")
        .with_conversion(
            SchemaObject {
                instance_type: Some(InstanceType::Integer.into()),
                format: Some(LENIENT_INTEGER.to_owned()),
                ..SchemaObject::default()
            },
            "types::Int64",
            [TypeImpl::Display, TypeImpl::FromStr].into_iter(),
        );
    for name in enums {
        let path = format!("types::{name}");
        settings.with_replacement(name, path, [TypeImpl::Display].into_iter());
    }
    let mut generator = Generator::new(&settings);
    // progenitor and typify panic on some inputs instead of returning an error.
    let tokens = catch_unwind(AssertUnwindSafe(|| generator.generate_tokens(document)))
        .map_err(|panic| Error::Generator(said(panic.as_ref())))?
        .map_err(|error| Error::Generator(error.to_string()))?;
    Ok(syn::parse2(tokens)?)
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
        .to_owned()
}
