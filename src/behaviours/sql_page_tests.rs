//! What a page of rows shows, cuts and says of what it lacks.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::json;

use super::*;

fn of(manifest: &SqlResultManifest, closed: bool) -> Of<'_> {
    Of {
        statement_id: "01-a".to_owned(),
        manifest,
        closed,
        bytes: shape::ANSWER_BYTES,
    }
}

/// A result of one column, of which these rows can be read.
fn bigints(total: usize, values: &[&str], closed: bool) -> Answer {
    let columns = json!([{"name": "n", "type_text": "BIGINT"}]);
    let manifest = json!({"schema": {"columns": columns}, "total_row_count": total});
    let manifest: SqlResultManifest = serde_json::from_value(manifest).unwrap();
    let rows = values.iter().map(|value| vec![Some((*value).to_owned())]);
    shown(&of(&manifest, closed), rows.collect(), 0).unwrap()
}

#[test]
fn whole_numbers_that_clients_round_come_as_text_and_the_column_says_so() {
    let small = bigints(2, &["9007199254740991", "-9007199254740991"], false);
    assert_eq!(small.structured["rows"][0][0], json!(EXACT));
    assert_eq!(small.structured["columns"][0].get("encoded"), None);
    for large in [
        "9007199254740992",
        "-9007199254740992",
        "-9223372036854775808",
    ] {
        let answer = bigints(2, &["5", large], false);
        assert_eq!(answer.structured["rows"], json!([["5"], [large]]));
        assert_eq!(answer.structured["columns"][0]["encoded"], "string");
    }
}

#[test]
fn rows_that_cannot_be_read_have_no_offset_that_reads_on() {
    for closed in [true, false] {
        let Answer {
            text, structured, ..
        } = bigints(4, &[], closed);
        assert_eq!(structured.get("next_offset"), None);
        assert_eq!(structured["truncated"], true);
        let note = structured["note"].as_str().unwrap();
        assert!(text.ends_with(note) && note.contains("succeeded"), "{text}");
    }
    let Answer { structured, .. } = bigints(4, &["1", "2"], true);
    assert_eq!(structured.get("next_offset"), None);
    assert_eq!(structured["state"], CLOSED);
    assert!(
        structured["note"]
            .as_str()
            .unwrap()
            .starts_with("rows 1 to 2 of 4; the others")
    );
}

/// The answer to `rows` rows of `columns` columns with the same text in each.
fn page(columns: usize, rows: usize, text: &str) -> Answer {
    let names: Vec<Value> = (0..columns)
        .map(|nth| json!({"name": format!("c{nth}"), "type_text": "STRING"}))
        .collect();
    let manifest = json!({"schema": {"columns": names}, "total_row_count": rows});
    let manifest: SqlResultManifest = serde_json::from_value(manifest).unwrap();
    let rows = vec![vec![Some(text.to_owned()); columns]; rows];
    let answer = shown(&of(&manifest, false), rows, 0).unwrap();
    for length in [answer.text.len(), answer.structured.to_string().len()] {
        assert!(length < shape::ANSWER_BYTES + 500, "{length}");
    }
    answer
}

#[test]
fn a_row_too_large_shares_the_room_among_its_values() {
    let Answer {
        text, structured, ..
    } = page(20, 2, &"z".repeat(5_000));
    let row = structured["rows"][0].as_array().unwrap();
    assert_eq!(row.len(), 20);
    let cell = row[19].as_str().unwrap();
    assert!(cell.len() > 900 && cell.ends_with('…'), "{}", cell.len());
    assert_eq!(structured["truncated"], true);
    assert_eq!(structured["next_offset"], 1);
    let cut = "Long values are cut at …: select fewer columns, or parts with substring()";
    let note = structured["note"].as_str().unwrap();
    assert!(
        note.starts_with("rows 1 to 1 of 2; get_statement") && note.ends_with(cut),
        "{note}"
    );
    assert!(text.ends_with(note), "{text}");
}

#[test]
fn of_too_many_columns_the_first_are_shown_and_counted() {
    for value in ["1", &"z".repeat(5_000), &"\u{1}".repeat(5_000)] {
        let Answer {
            text, structured, ..
        } = page(1_000, 1, value);
        let kept = structured["columns"].as_array().unwrap().len();
        assert!((200..1_000).contains(&kept), "{kept}");
        assert_eq!(structured["rows"][0].as_array().unwrap().len(), kept);
        assert_eq!(structured["truncated"], true);
        let note = format!("The first {kept} of 1000 columns are shown: select the ones you need");
        assert!(structured["note"].as_str().unwrap().starts_with(&note));
        assert!(text.contains(&note));
    }
}

#[test]
fn numbers_and_times_are_never_cut() {
    let number = "-12345678901234567890123456789012345678.9";
    assert!(number.len() > shape::WHOLE);
    let number = &number[..shape::WHOLE];
    let answer = page(2_000, 1, number);
    assert_eq!(answer.structured["rows"][0][0], number);
}

#[test]
fn one_long_value_says_that_it_is_cut() {
    let Answer { structured, .. } = page(1, 1, &"é".repeat(4_001));
    assert_eq!(structured["truncated"], true);
    let cell = structured["rows"][0][0].as_str().unwrap();
    assert!(cell.ends_with("… [4000 of 4001 characters; use substring() for more]"));
}

#[test]
fn what_fits_is_whole_and_rows_end_at_the_room() {
    let Answer { structured, .. } = page(2, 10, "x");
    assert_eq!(structured["truncated"], false);
    assert_eq!(structured.get("note"), None);
    let Answer { structured, .. } = page(2, 10_000, "xxxx");
    assert_eq!(structured["truncated"], true);
    let next = structured["next_offset"].as_u64().unwrap();
    assert!(next > 1_000);
    let note = structured["note"].as_str().unwrap();
    assert!(
        note.starts_with(&format!("rows 1 to {next} of 10000; ")),
        "{note}"
    );
}
