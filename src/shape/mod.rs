//! Turns what the service answers into what an agent reads: fewer fields, bounded, text and JSON alike.

mod answer;
mod budget;
mod cases;
mod fit;
mod grid;
mod keep;
mod path;
mod project;
mod read;
mod text;
mod window;

pub use answer::{Answer, Image, Link};
pub use budget::{ANSWER_BYTES, TEXT_CHARACTERS, first_within, fit_rows, level};
pub use cases::{Cases, Read};
pub use fit::{WHOLE, beginning, fit_json, fit_json_to, is_cut, json_size, text_size};
pub use grid::{grid, row as grid_row};
pub use path::{at, split, text_at};
pub use project::{is_base64_of_no_text, matches, nearly_text, object, pick, row};
pub use read::{Projection, Windowed};
pub use text::{counted, last_characters, one_line, printable};
pub use window::Window;
