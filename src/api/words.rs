//! Words: how a text is split, and the forms in which one word may be meant.

/// The words of a text.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty())
}

/// Lower case and singular: `Jobs` becomes `job`, `policies` becomes `policy`.
pub(super) fn stem(word: &str) -> String {
    let word = word.trim_end_matches('_').to_ascii_lowercase();
    let singular = ["dbfs", "alias", "this", "does", "was"];
    if word.ends_with("ss") || word.ends_with("us") || singular.contains(&word.as_str()) {
        return word;
    }
    match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').unwrap_or(&word).to_owned(),
    }
}

/// The forms of a stem that may be meant, itself first: `scheduled` is `schedule`, `stopping` is `stop`.
pub(super) fn forms(stem: &str) -> Vec<String> {
    let mut forms = vec![stem.to_owned()];
    for ending in ["ing", "ed", "er"] {
        let Some(root) = stem.strip_suffix(ending).filter(|root| root.len() > 2) else {
            continue;
        };
        forms.push(root.to_owned());
        forms.push(format!("{root}e"));
        let mut letters = root.chars().rev();
        if letters.next() == letters.next() {
            forms.push(root.get(..root.len() - 1).unwrap_or(root).to_owned());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_its_plain_form() {
        for (word, plain) in [
            ("Jobs", "job"),
            ("policies", "policy"),
            ("access", "access"),
            ("scheduled", "schedule"),
            ("stopping", "stop"),
            ("failed", "fail"),
            ("uploading", "upload"),
            ("dbfs", "dbfs"),
        ] {
            let forms = forms(&stem(word));
            assert!(forms.iter().any(|form| form == plain), "{word}: {forms:?}");
        }
    }
}
