//! The budgets of an answer, and how parts share one.

/// Bytes of an answer, about 5,000 tokens: of its JSON or of the lines of its table.
pub const ANSWER_BYTES: usize = 20_000;

/// Characters of one long text that an answer shows at a time.
pub const TEXT_CHARACTERS: usize = 20_000;

/// Counts the lines that fit into `room` bytes; at least one, so that paging always goes on.
#[must_use]
pub fn fit_rows<'a>(lines: impl IntoIterator<Item = &'a String>, room: usize) -> usize {
    let mut sizes = lines.into_iter().map(String::len).peekable();
    let least = usize::from(sizes.peek().is_some());
    first_within(sizes, room).max(least)
}

/// The largest size that each part may have for their sum to stay within `room`.
#[must_use]
pub fn level(sizes: impl IntoIterator<Item = usize>, room: usize) -> usize {
    let mut sizes: Vec<usize> = sizes.into_iter().collect();
    sizes.sort_unstable();
    let (mut left, mut count) = (room, sizes.len());
    for size in sizes {
        if size > left / count {
            return left / count;
        }
        left -= size;
        count -= 1;
    }
    room
}

/// Counts how many of the first sizes fit into `room` together.
#[must_use]
pub fn first_within(sizes: impl IntoIterator<Item = usize>, room: usize) -> usize {
    let total = sizes.into_iter().scan(0_usize, |used, size| {
        *used = used.saturating_add(size);
        Some(*used)
    });
    total.take_while(|used| *used <= room).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_uses_the_room_and_no_more() {
        assert_eq!(level([5, 5], 10), 10);
        assert_eq!(level([1, 100, 100], 21), 10);
        assert_eq!(level([100; 3], 0), 0);
        assert_eq!(level([], 7), 7);
    }

    #[test]
    fn the_first_row_is_shown_whatever_its_size() {
        assert_eq!(fit_rows(&["x".repeat(11)], 10), 1);
        assert_eq!(fit_rows(&[], 10), 0);
        assert_eq!(fit_rows(&vec!["x".repeat(5); 3], 10), 2);
    }
}
