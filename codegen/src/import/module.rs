//! Reads one service module of the SDK whole.

use super::error::Error;
use super::model::Module;
use super::operation;
use super::python::{Source, classes, docstring, has_base, is_decorated, methods};
use super::schema;
use super::waiter;

/// Reads the schemas, operations and waiters of `file`.
pub(crate) fn read(name: &str, file: &str, text: &str) -> Result<Module, Error> {
    let (source, syntax) = Source::parse(name, file, text)?;
    let mut module = Module {
        name: name.to_owned(),
        ..Module::default()
    };
    for class in classes(&syntax) {
        let class_name = class.name.to_string();
        if is_decorated(class, "dataclass") {
            module
                .schemas
                .push((class_name, schema::dataclass(&source, class)?));
        } else if has_base(class, "Enum") {
            module
                .schemas
                .push((class_name, schema::enumeration(&source, class)?));
        } else if class_name.ends_with("API") {
            let api_documentation = docstring(&class.body);
            for method in methods(class) {
                if let Some(operation) =
                    operation::read(&source, &class_name, api_documentation, method)?
                {
                    module.operations.push(operation);
                } else if method.name.starts_with("wait_") {
                    module.waiters.push((
                        class_name.clone(),
                        method.name.to_string(),
                        waiter::read(&source, method)?,
                    ));
                }
            }
        } else if waiter::is_long_running(class) {
            module
                .long_running
                .push((class_name, waiter::long_running(&source, class)?));
        } else {
            let line = source.line(class.range.start().to_usize());
            return Err(source.shape(
                line,
                format!("`{class_name}` is neither a schema, an enum nor an API"),
            ));
        }
    }
    Ok(module)
}
