//! `${VARIABLE}` and `${VARIABLE:default}` within the values of a settings file.

/// The value with every variable put in. `$$` is a dollar sign.
///
/// # Errors
/// A variable that is not set and has no default, or braces that do not close.
pub(super) fn expand(
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            expanded.push('$');
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            let Some((inside, after)) = after.split_once('}') else {
                return Err(format!("`${{{after}` has no closing brace"));
            };
            expanded.push_str(&value(inside, variable)?);
            rest = after;
        } else {
            expanded.push('$');
            rest = after;
        }
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn value(inside: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let (name, default) = match inside.split_once(':') {
        // A shell writes `${NAME:-default}`.
        Some((name, default)) => (name, Some(default.strip_prefix('-').unwrap_or(default))),
        None => (inside, None),
    };
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    if !is_name {
        return Err(format!("`${{{inside}}}` names no variable"));
    }
    variable(name)
        .filter(|value| !value.is_empty())
        .or_else(|| default.map(ToOwned::to_owned))
        .ok_or_else(|| format!("the variable `{name}` is not set; `${{{name}:}}` leaves it empty"))
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn variables_are_put_in_and_missing_ones_told() {
        let variable = |name: &str| match name {
            "HOST" => Some("acme".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, expected) in [
            ("${HOST}", Ok("acme")),
            (
                "https://${HOST}.example/$${HOST}",
                Ok("https://acme.example/${HOST}"),
            ),
            ("${EMPTY:x:y}", Ok("x:y")),
            ("${NONE:}", Ok("")),
            ("${NONE:-8000}", Ok("8000")),
            ("costs $5", Ok("costs $5")),
            (
                "${NONE}",
                Err("the variable `NONE` is not set; `${NONE:}` leaves it empty"),
            ),
            ("${HOST", Err("`${HOST` has no closing brace")),
            ("${a b}", Err("`${a b}` names no variable")),
        ] {
            let expected = expected.map(ToOwned::to_owned).map_err(ToOwned::to_owned);
            assert_eq!(expand(text, &variable), expected, "{text}");
        }
    }
}
