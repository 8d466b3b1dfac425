//! Lists the imported OpenAPI documents so that the sandbox carries them inside the binary.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = env::var("CARGO_MANIFEST_DIR")?;
    let folder = Path::new(&manifest).join("../specs/databricks");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    let mut table = String::from("&[\n");
    for file in files {
        let path = file.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            println!("cargo::rerun-if-changed={}", path.display());
            let name = file.file_name();
            writeln!(
                table,
                "    ({name:?}, include_str!({:?})),",
                path.canonicalize()?
            )?;
        }
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("documents.rs"), table)?;
    Ok(())
}
