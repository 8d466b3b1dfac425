//! Ranges of cells as people write them: `3`, `3-7`, `3-`, `1,4-6`.

/// The numbers of the cells, from 1, that a range names, in order and once each.
///
/// # Errors
/// It is no such range, or names no cell that is there.
pub(super) fn numbers(text: &str, count: usize) -> Result<Vec<usize>, String> {
    let mut wanted = vec![false; count];
    for part in text.split(',').map(str::trim) {
        let no_range = || format!("`{part}` is no range of cells: write `3`, `3-7` or `3-`");
        let number = |text: &str| {
            text.trim()
                .parse::<usize>()
                .ok()
                .filter(|&number| number > 0)
        };
        let (first, last) = match part.split_once('-') {
            None => (number(part), number(part)),
            Some((first, "")) => (number(first), Some(usize::MAX)),
            Some((first, last)) => (number(first), number(last)),
        };
        let (first, last) = first.zip(last).ok_or_else(no_range)?;
        if last < first {
            return Err(no_range());
        }
        for wanted in wanted.iter_mut().take(last).skip(first - 1) {
            *wanted = true;
        }
    }
    let numbers: Vec<usize> = (1..)
        .zip(wanted)
        .filter_map(|(number, wanted)| wanted.then_some(number))
        .collect();
    if numbers.is_empty() {
        return Err(format!("`{text}` names no cell: the notebook has {count}"));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_people_write_them() {
        assert_eq!(numbers("2", 5), Ok(vec![2]));
        assert_eq!(numbers("2-4", 5), Ok(vec![2, 3, 4]));
        assert_eq!(numbers("4-", 5), Ok(vec![4, 5]));
        assert_eq!(numbers(" 1, 3 - 99,3", 5), Ok(vec![1, 3, 4, 5]));
        for wrong in ["", "0", "a", "4-2", "-3", "6", "1-2-3"] {
            assert!(numbers(wrong, 5).is_err(), "{wrong}");
        }
    }
}
