//! The report as markdown: the text of the change that a reviewer reads.

use std::collections::BTreeSet;
use std::fmt;

use super::{Change, Drift};

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(f, "no drift");
        }
        let open = self
            .changes
            .iter()
            .filter(|change| !change.next.is_empty())
            .count();
        let quiet = self.changes.len() - open;
        write!(f, "{} to look at, {quiet} that need nothing.", count(open))?;
        let touched: BTreeSet<&str> = self
            .changes
            .iter()
            .flat_map(|change| change.touched.iter().map(String::as_str))
            .collect();
        if !touched.is_empty() {
            let touched: Vec<&str> = touched.into_iter().collect();
            write!(f, "\n\nTools touched: {}.", touched.join(", "))?;
        }
        for part in self.changes.chunk_by(|a, b| a.section == b.section) {
            let Some(first) = part.first() else { continue };
            write!(f, "\n\n## {} ({})\n", first.section.title(), part.len())?;
            for change in part {
                write!(f, "\n{change}")?;
            }
        }
        Ok(())
    }
}

fn count(changes: usize) -> String {
    match changes {
        1 => "1 change".to_owned(),
        many => format!("{many} changes"),
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "- `{}`: {}", self.subject, self.said.join(", "))?;
        if self.touched.is_empty() && self.next.is_empty() {
            return write!(f, "; needs nothing");
        }
        if !self.touched.is_empty() {
            let names = self.touched.iter().filter_map(|one| one.split(" (").next());
            let names: Vec<&str> = names.collect();
            write!(f, "\n  - used by {}", names.join(", "))?;
        }
        if self.next.is_empty() {
            return write!(f, "\n  - needs nothing");
        }
        self.next
            .iter()
            .try_for_each(|next| write!(f, "\n  - next: {next}"))
    }
}
