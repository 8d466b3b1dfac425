//! The source of a notebook as its cells. What is not touched is written back byte for byte.

use super::language::Language;

/// A notebook's source: cells, and the text before, between and after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    language: Language,
    /// The end of lines.
    newline: &'static str,
    /// The header with the blank lines after it, and what else is before the first cell.
    before: String,
    /// Each cell with what follows it: a separator among blank lines, and after the last cell the end.
    cells: Vec<(Cell, String)>,
}

/// A cell as it stands in the source, without blank lines around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    raw: String,
    language: Language,
}

/// A cell as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Readable {
    /// The title line, if it has one.
    pub(super) title: Option<String>,
    /// The text: a cell of another language begins with its magic, such as `%sql`.
    pub(super) text: String,
}

const SEPARATOR: &str = " COMMAND ----------";
const MAGIC: &str = " MAGIC";
const TITLE: &str = " DBTITLE ";

impl Source {
    /// Reads the cells of a source in this language.
    pub(super) fn parse(text: &str, language: Language) -> Self {
        let first_line = text.split_inclusive('\n').next().unwrap_or_default();
        let newline = if first_line.ends_with("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let header = header(text);
        let (mut before, rest) = (
            text.get(..header).unwrap_or_default().to_owned(),
            text.get(header..).unwrap_or_default(),
        );
        let mut pieces = pieces(rest, language);
        let mut cells: Vec<(Cell, String)> = Vec::new();
        if pieces.len() == 1 && rest.trim().is_empty() {
            before.push_str(rest);
            pieces.clear();
        }
        for (piece, end) in pieces {
            let (lead, raw, tail) = apart(piece);
            match cells.last_mut() {
                Some((_, gap)) => gap.push_str(lead),
                None => before.push_str(lead),
            }
            let raw = raw.to_owned();
            cells.push((Cell { raw, language }, format!("{tail}{end}")));
        }
        Self {
            language,
            newline,
            before,
            cells,
        }
    }

    /// The whole text.
    pub(super) fn print(&self) -> String {
        let mut text = self.before.clone();
        for (cell, gap) in &self.cells {
            text.push_str(&cell.raw);
            text.push_str(gap);
        }
        text
    }

    /// The cells in order.
    pub(super) fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().map(|(cell, _)| cell)
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The same source as it will be read the next time.
    pub(super) fn reparsed(&self) -> Self {
        Self::parse(&self.print(), self.language)
    }

    /// A new cell for this notebook.
    pub(super) fn cell(&self, readable: &Readable) -> Cell {
        Cell::of(readable, self.language, self.newline)
    }

    /// Puts another cell in the place of this one, counted from 0.
    pub(super) fn replace(&mut self, at: usize, cell: Cell) {
        if let Some((there, _)) = self.cells.get_mut(at) {
            *there = cell;
        }
        self.apart(at);
    }

    /// Puts a cell before the one at this place; past the last, at the end.
    pub(super) fn insert(&mut self, at: usize, cell: Cell) {
        let at = at.min(self.cells.len());
        let gap = self.gap();
        if at < self.cells.len() {
            self.cells.insert(at, (cell, gap));
        } else {
            let end = match self.cells.last_mut() {
                Some((_, end)) => std::mem::replace(end, gap),
                None => self.newline.to_owned(),
            };
            self.cells.push((cell, end));
        }
        self.apart(at);
    }

    /// Takes a cell out.
    pub(super) fn remove(&mut self, at: usize) -> Option<Cell> {
        if at >= self.cells.len() {
            return None;
        }
        let (cell, gap) = self.cells.remove(at);
        // The end of the text stays its end.
        if at > 0
            && at == self.cells.len()
            && let Some((_, last)) = self.cells.last_mut()
        {
            *last = gap;
        }
        Some(cell)
    }

    /// A separator with a blank line on both sides.
    fn gap(&self) -> String {
        let (newline, comment) = (self.newline, self.language.comment());
        format!("{newline}{newline}{comment}{SEPARATOR}{newline}{newline}")
    }

    /// Sees to it that a cell begins and ends with its lines, whatever was around it before.
    fn apart(&mut self, at: usize) {
        let before = match at.checked_sub(1) {
            Some(at) => self.cells.get_mut(at).map(|(_, gap)| gap),
            None => Some(&mut self.before),
        };
        if let Some(before) = before
            && !before.trim_start_matches('\u{feff}').is_empty()
            && !before.ends_with('\n')
        {
            before.push_str(self.newline);
        }
        if let Some((_, gap)) = self.cells.get_mut(at)
            && !gap.is_empty()
            && !gap.starts_with(['\r', '\n'])
        {
            gap.insert_str(0, &self.newline.repeat(2));
        }
    }
}

impl Cell {
    fn of(readable: &Readable, language: Language, newline: &str) -> Self {
        let comment = language.comment();
        let text = readable.text.trim_matches(['\r', '\n']);
        let is_magic = text.trim_start().starts_with('%');
        let title = readable.title.as_deref().filter(|title| !title.is_empty());
        let title = title.map(|title| format!("{comment}{TITLE}1,{title}"));
        let lines = text.lines().map(|line| match (is_magic, line) {
            (false, line) => line.to_owned(),
            (true, "") => format!("{comment}{MAGIC}"),
            (true, line) => format!("{comment}{MAGIC} {line}"),
        });
        let lines: Vec<String> = title.into_iter().chain(lines).collect();
        Self {
            raw: lines.join(newline),
            language,
        }
    }

    /// The cell as a person reads it, with `\n` at the end of its lines.
    pub(super) fn readable(&self) -> Readable {
        let comment = self.language.comment();
        let mut lines: Vec<&str> = self.raw.lines().collect();
        let title = lines.first().and_then(|line| {
            let rest = line.strip_prefix(comment)?.strip_prefix(TITLE)?;
            // The number says whether the title is shown.
            rest.split_once(',').map(|(_, title)| title.to_owned())
        });
        if title.is_some() {
            lines.remove(0);
        }
        let unmarked = |line: &&'_ str| {
            let rest = line.strip_prefix(comment)?.strip_prefix(MAGIC)?;
            match rest.strip_prefix(' ') {
                Some(text) => Some(text.to_owned()),
                None => rest.is_empty().then(String::new),
            }
        };
        let magic: Option<Vec<String>> = lines.iter().map(unmarked).collect();
        let text = match magic {
            Some(magic) => magic.join("\n"),
            None => lines.join("\n"),
        };
        Readable { title, text }
    }
}

/// Counts the cells of a source, without taking it apart.
pub(super) fn count(text: &str, language: Language) -> usize {
    let rest = text.get(header(text)..).unwrap_or_default();
    if rest.trim().is_empty() {
        return 0;
    }
    let separator = format!("{}{SEPARATOR}", language.comment());
    let separators = rest.lines().filter(|line| line.trim_end() == separator);
    separators.count() + 1
}

/// Bytes of the first line, if it is that of a notebook, or else of a byte order mark.
fn header(text: &str) -> usize {
    if Language::is_source(text) {
        return text.split_inclusive('\n').next().map_or(0, str::len);
    }
    text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len()
}

/// The pieces between separators, each with the separator that ends it.
fn pieces(rest: &str, language: Language) -> Vec<(&str, &str)> {
    let separator = format!("{}{SEPARATOR}", language.comment());
    let (mut pieces, mut begin, mut at) = (Vec::new(), 0, 0);
    for line in rest.split_inclusive('\n') {
        let end = at + line.len();
        if line.trim_end() == separator {
            pieces.push((rest.get(begin..at).unwrap_or_default(), line));
            begin = end;
        }
        at = end;
    }
    pieces.push((rest.get(begin..).unwrap_or_default(), ""));
    pieces
}

/// The blank lines before a piece's text, the text, and what follows it.
fn apart(piece: &str) -> (&str, &str, &str) {
    let mut lead = 0;
    for line in piece.split_inclusive('\n') {
        if !line.trim().is_empty() {
            break;
        }
        lead += line.len();
    }
    let (lead, rest) = piece.split_at_checked(lead).unwrap_or((piece, ""));
    let end = rest.trim_end().len();
    let (raw, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
    (lead, raw, tail)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "# Databricks notebook source\n# MAGIC %md\n# MAGIC # Title\n# MAGIC\n# MAGIC text\n\n\
                        # COMMAND ----------\n\nx = 1\n\n\ny = 2\n\n# COMMAND ----------\n\n\
                        # DBTITLE 1,Sums, and more\n# MAGIC %sql\n# MAGIC SELECT 1\n";

    fn texts(source: &Source) -> Vec<String> {
        source.cells().map(|cell| cell.readable().text).collect()
    }

    #[test]
    fn cells_are_read_as_people_write_them() {
        let source = Source::parse(TEXT, Language::Python);
        assert_eq!(
            texts(&source),
            ["%md\n# Title\n\ntext", "x = 1\n\n\ny = 2", "%sql\nSELECT 1"]
        );
        let titles: Vec<_> = source.cells().map(|cell| cell.readable().title).collect();
        assert_eq!(titles, [None, None, Some("Sums, and more".to_owned())]);
    }

    #[test]
    fn what_a_person_wrote_is_marked_as_the_source_has_it() {
        let source = Source::parse(TEXT, Language::Python);
        for cell in source.cells() {
            assert_eq!(source.cell(&cell.readable()), *cell);
        }
    }

    #[test]
    fn an_empty_notebook_has_no_cells_and_takes_one() {
        for text in [
            "# Databricks notebook source",
            "# Databricks notebook source\n",
        ] {
            let mut source = Source::parse(text, Language::Python);
            assert_eq!(source.len(), 0);
            let cell = source.cell(&Readable {
                title: None,
                text: "x".to_owned(),
            });
            source.insert(9, cell);
            assert_eq!(source.print(), "# Databricks notebook source\nx\n");
        }
    }

    #[test]
    fn edits_leave_the_rest_as_it_was() {
        let windows = TEXT.replace('\n', "\r\n");
        for text in [TEXT, windows.as_str()] {
            let source = Source::parse(text, Language::Python);
            let mut moved = source.clone();
            let cell = moved.remove(0).unwrap();
            moved.insert(2, cell);
            assert_eq!(moved.len(), 3);
            let cell = moved.remove(2).unwrap();
            moved.insert(0, cell);
            assert_eq!(moved.print(), text);
            let mut last = source.clone();
            let cell = last.remove(2).unwrap();
            last.insert(2, cell);
            assert_eq!(last.print(), text);
        }
    }

    proptest! {
        /// Reading and writing changes no byte of any text.
        #[test]
        fn what_is_read_is_written_back(
            parts in proptest::collection::vec("# COMMAND ----------|-- COMMAND ----------|// COMMAND ----------|# MAGIC %sql|# DBTITLE 1,x|\n|\r\n|\r|\u{feff}|[ \t]|# Databricks notebook source|.{0,9}", 0..24),
            which in 0_usize..4,
        ) {
            let text = parts.concat();
            let language = Language::named(["PYTHON", "R", "SCALA", "SQL"][which]).unwrap();
            let source = Source::parse(&text, language);
            prop_assert_eq!(source.len(), count(&text, language));
            prop_assert_eq!(source.print(), text);
        }

        /// However a notebook is laid out, an edit of one cell changes this cell and no other.
        #[test]
        fn an_edit_touches_its_cell_alone(
            cells in proptest::collection::vec("[a-z\n]{0,6}", 1..6), at in 0_usize..6, windows: bool,
        ) {
            let text = format!("# Databricks notebook source\n{}", cells.join("\n# COMMAND ----------\n"));
            let text = if windows { text.replace('\n', "\r\n") } else { text };
            let source = Source::parse(&text, Language::Python);
            prop_assume!(at < source.len());
            let new = source.cell(&Readable { title: None, text: "new".to_owned() });
            let mut wanted = texts(&source);

            let mut replaced = source.clone();
            replaced.replace(at, new.clone());
            wanted[at] = "new".to_owned();
            prop_assert_eq!(texts(&Source::parse(&replaced.print(), Language::Python)), wanted);

            let mut inserted = source.clone();
            inserted.insert(at, new);
            let mut wanted = texts(&source);
            wanted.insert(at, "new".to_owned());
            prop_assert_eq!(texts(&Source::parse(&inserted.print(), Language::Python)), wanted);
        }
    }
}
