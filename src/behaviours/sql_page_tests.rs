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
        most: None,
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

#[test]
fn values_of_every_type_are_exact_and_names_are_as_they_come() {
    // Types and values as the service was recorded writing them.
    let columns = [
        (
            "BIGINT",
            "LONG",
            "9223372036854775807",
            json!("9223372036854775807"),
        ),
        ("INT", "INT", "-7", json!(-7)),
        (
            "DECIMAL(38,18)",
            "DECIMAL",
            "12345678901234567890.000000000000000001",
            Value::Null,
        ),
        ("DOUBLE", "DOUBLE", "1.5", json!(1.5)),
        ("DOUBLE", "DOUBLE", "NaN", Value::Null),
        ("FLOAT", "FLOAT", "Infinity", Value::Null),
        ("DOUBLE", "DOUBLE", "-Infinity", Value::Null),
        ("BOOLEAN", "BOOLEAN", "true", json!(true)),
        ("DATE", "DATE", "2021-01-01", Value::Null),
        (
            "TIMESTAMP",
            "TIMESTAMP",
            "2021-01-01T10:00:00.000-08:00",
            Value::Null,
        ),
        (
            "TIMESTAMP_NTZ",
            "TIMESTAMP_NTZ",
            "2021-01-01T10:00:00.123456",
            Value::Null,
        ),
        (
            "INTERVAL DAY TO SECOND",
            "INTERVAL",
            "3 04:05:06.000000000",
            Value::Null,
        ),
        ("INTERVAL YEAR TO MONTH", "INTERVAL", "1-2", Value::Null),
        ("BINARY", "BINARY", "3q2+7w==", Value::Null),
        ("VARIANT", "VARIANT", r#"{"a":[1,null,"x"]}"#, Value::Null),
        ("ARRAY<INT>", "ARRAY", r#"["1",null]"#, Value::Null),
        ("MAP<STRING, STRING>", "MAP", r#"{"k":"v"}"#, Value::Null),
        (
            "STRUCT<street: STRING, zip: INT>",
            "STRUCT",
            r#"{"street":"a \"b\"","zip":"1"}"#,
            Value::Null,
        ),
        (
            "GEOMETRY(4326)",
            "GEOMETRY",
            "SRID=4326;POINT(1 2)",
            Value::Null,
        ),
        ("STRING", "STRING", "NULL", Value::Null),
    ];
    let names = |nth: usize| match nth {
        0 | 1 => "same",
        2 => "CAST(NULL AS DOUBLE)",
        3 => "a|b `c`",
        _ => "",
    };
    let listed: Vec<Value> = (columns.iter().enumerate())
        .map(|(nth, (text, name, ..))| {
            json!({"name": names(nth), "type_text": text, "type_name": name, "position": nth})
        })
        .chain([json!({"name": "NULL", "type_text": "VOID", "type_name": "NULL"})])
        .collect();
    let manifest = json!({"schema": {"columns": listed}, "total_row_count": 1});
    let manifest: SqlResultManifest = serde_json::from_value(manifest).unwrap();
    let row = columns
        .iter()
        .map(|(_, _, value, _)| Some((*value).to_owned()));
    let row = row.chain([None]).collect();
    let Answer {
        structured, text, ..
    } = shown(&of(&manifest, false), vec![row], 0).unwrap();
    for (nth, (kind, _, value, expected)) in columns.iter().enumerate() {
        // What JSON has no exact form for is the service's own text.
        let expected = match expected {
            Value::Null => json!(value),
            expected => expected.clone(),
        };
        assert_eq!(structured["rows"][0][nth], expected, "{kind}");
        assert_eq!(structured["columns"][nth]["type"], **kind);
        assert_eq!(structured["columns"][nth]["name"], names(nth));
    }
    assert_eq!(structured["rows"][0][columns.len()], Value::Null);
    assert_eq!(
        structured["rows"][0].as_array().unwrap().len(),
        columns.len() + 1
    );
    assert!(
        text.contains("12345678901234567890.000000000000000001"),
        "{text}"
    );
}

#[test]
fn columns_that_are_named_by_their_numbers_say_how_to_get_their_names() {
    let shown = |names: &[&str]| {
        let columns: Vec<Value> = names
            .iter()
            .map(|name| json!({ "name": name, "type_text": "STRING" }))
            .collect();
        let manifest = json!({ "schema": { "columns": columns }, "total_row_count": 1 });
        let manifest = serde_json::from_value(manifest).unwrap();
        let row = names.iter().map(|name| Some((*name).to_owned())).collect();
        preview("01-a", &manifest, vec![row], 4_000).unwrap()
    };
    let of_files = shown(&["_c0", "_rescued_data"]);
    assert!(of_files.text.contains("header => true"));
    let answer = shown(&["_c0", "_c1"]);
    assert!(answer.text.contains("header => true"), "{}", answer.text);
    let note = answer.structured["note"].as_str().unwrap();
    assert!(note.contains("header => true"), "{note}");
    assert_eq!(answer.structured["truncated"], false);
    for names in [&["_c0", "b"][..], &["_c1"], &["a"], &["_rescued_data"]] {
        let answer = shown(names);
        assert!(!answer.text.contains("header"), "{}", answer.text);
    }
}
