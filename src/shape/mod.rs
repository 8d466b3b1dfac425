//! Turns what the service answers into what an agent reads: fewer fields, bounded, text and JSON alike.

mod answer;
mod bound;
mod fit;
mod grid;
mod path;
mod project;

pub use answer::Answer;
pub use bound::{CHARACTERS, cut_text, fit_rows, last_characters, one_line};
pub use fit::{WHOLE, beginning, first_within, fit_json, level, text_size};
pub use grid::{cell, grid, row as grid_row};
pub use path::{at, text_at};
pub use project::{matches, object, pick, row};
