//! Seeds: the catalogs of a new workspace, `samples` like the real one and `main` with a small shop.

mod columns;
mod nyctaxi;
mod shop;
mod tpch;

use super::engine::{Engine, Work};
use super::error::SqlError;
use super::metastore::Facts;

/// Fills an empty metastore.
///
/// # Errors
/// Fails if a seed contradicts itself, which a test would show.
pub(crate) async fn fill(engine: &Engine) -> Result<(), SqlError> {
    let metastore = &engine.metastore;
    let comment = |text: &str| Some(text.to_owned());
    metastore.create_catalog(
        Facts::new("samples", comment("Sample data, read-only.")),
        true,
    )?;
    metastore.create_catalog(Facts::new("main", None), false)?;
    metastore.create_catalog(Facts::new("system", comment("System tables.")), true)?;
    let samples = metastore.find_catalog("samples")?;
    samples.create_schema(Facts::new("nyctaxi", comment("Taxi trips in New York.")))?;
    samples.create_schema(Facts::new("tpch", comment("The TPC-H benchmark, tiny.")))?;
    metastore
        .find_catalog("main")?
        .create_schema(Facts::new("default", None))?;
    nyctaxi::fill(metastore)?;
    tpch::fill(metastore)?;
    for text in shop::STATEMENTS {
        engine
            .run(&Work {
                text: (*text).to_owned(),
                ..Work::default()
            })
            .await?;
    }
    Ok(())
}
