//! The rows of a list: its pages, which rows are kept, in which order; both sides compile this file, as they do `tool_spec.rs`.

use super::request_spec::{Condition, Wire};
use super::{List, Text};

/// Collecting a list.
#[derive(Debug, Clone)]
pub struct Paginate {
    /// The way to the next page, where there are pages.
    pub next: Option<Next>,
    /// Query parameter or body property for rows per request.
    pub size: Option<Size>,
    /// Rows when the caller gives no `limit`.
    pub limit: u32,
    /// Arguments that keep some of the rows.
    pub narrow: List<Narrow>,
    /// The argument `order`.
    pub order: Option<Order>,
    /// The argument `recursive`.
    pub descend: Option<Descend>,
}

/// An argument that keeps the rows of which a shown field fits it.
#[derive(Debug, Clone)]
pub struct Narrow {
    /// The argument.
    pub argument: Text,
    /// The shown field.
    pub field: Text,
    /// The way in which it fits.
    pub by: By,
}

/// The way in which a field fits an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The text holds it, whatever the case.
    Part,
    /// The last segment of the path holds it, whatever the case.
    FileName,
    /// The tags have it: a key, or `key=value`.
    Tag,
}

/// The orders in which rows may be wanted.
#[derive(Debug, Clone)]
pub struct Order {
    /// The value for the service's own order.
    pub listed: Text,
    /// Further values, each with the shown field whose largest values come first.
    pub by: List<(Text, Text)>,
    /// Rows that are read at most to find the largest.
    pub among: u32,
}

/// Going down into the folders of a folder.
#[derive(Debug, Clone)]
pub struct Descend {
    /// Argument that names the folder.
    pub folder: Text,
    /// Shown field with the path of a row.
    pub path: Text,
    /// Tells whether a shown row is a folder.
    pub when: List<Condition>,
    /// Folders that are read at most.
    pub folders: u32,
}

/// The way to the next page of a list.
#[derive(Debug, Clone)]
pub enum Next {
    /// By the token in this field of the answer, sent as this parameter.
    ByToken(Wire, Text),
    /// By the number of rows so far, counted from this, sent as this parameter, until a page is empty.
    ByOffset(Wire, u32),
    /// By the page's number, counted from this, sent as this parameter, until a page is empty.
    ByPage(Wire, u32),
    /// By the body properties in this field of the answer.
    ByRequest(Text),
}

/// The number of rows that a request asks for.
#[derive(Debug, Clone)]
pub struct Size {
    /// The parameter.
    pub wire: Wire,
    /// The service's bound.
    pub maximum: u32,
}
