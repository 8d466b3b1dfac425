#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn written(format: Format, columns: &[(&str, &str)], rows: &[Row]) -> Vec<u8> {
    let encoder = Encoder::new(format, columns.iter().copied());
    let mut out = encoder.header();
    for row in rows {
        encoder.row(row, &mut out);
    }
    out
}

fn row(cells: &[Option<&str>]) -> Row {
    cells.iter().map(|cell| cell.map(str::to_owned)).collect()
}

proptest! {
    #[test]
    fn csv_reads_back_as_it_was(
        names in vec(any::<String>(), 2..5),
        rows in vec(vec(option::of(any::<String>()), 4), 0..8),
    ) {
        let columns: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "STRING")).collect();
        let rows: Vec<Row> = rows.into_iter().map(|row| row.into_iter().take(names.len()).collect()).collect();
        let rows: Vec<Row> = rows.into_iter().filter(|row| row.len() == names.len()).collect();
        let file = written(Format::Csv, &columns, &rows);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*file);
        let read: Vec<Vec<String>> = reader
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect();
        prop_assert_eq!(&read[0], &names);
        let plain: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.clone().unwrap_or_default()).collect())
            .collect();
        prop_assert_eq!(&read[1..], &plain[..]);
    }

    #[test]
    fn json_lines_read_back_as_they_were(
        names in vec(any::<String>(), 1..5),
        rows in vec(vec(option::of(any::<String>()), 4), 0..8),
        kind in prop::sample::select(vec!["STRING", "DOUBLE", "STRUCT<a: INT>", "BOOLEAN"]),
    ) {
        let columns: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "STRING")).collect();
        let rows: Vec<Row> = rows.into_iter().map(|row| row.into_iter().take(names.len()).collect()).collect();
        let file = written(Format::JsonLines, &columns, &rows);
        let text = String::from_utf8(file).unwrap();
        let lines: Vec<Value> = text.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(lines.len(), rows.len());
        for (line, row) in lines.iter().zip(&rows) {
            let values: Vec<Value> = line.as_object().unwrap().values().cloned().collect();
            prop_assert_eq!(values, row.iter().map(|cell| json!(cell)).collect::<Vec<_>>());
        }
        // Whatever a value of another type says, its line stays JSON.
        let odd: Vec<(&str, &str)> = names.iter().map(|name| (&**name, kind)).collect();
        let text = String::from_utf8(written(Format::JsonLines, &odd, &rows)).unwrap();
        prop_assert_eq!(text.split_terminator('\n').filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), rows.len());
    }
}

#[test]
fn null_and_an_empty_text_are_told_apart() {
    let columns = [("a", "STRING"), ("b", "STRING")];
    let rows = [row(&[None, Some("")]), row(&[Some("x,\"y"), None])];
    let file = String::from_utf8(written(Format::Csv, &columns, &rows)).unwrap();
    assert_eq!(file, "a,b\n,\"\"\n\"x,\"\"y\",\n");
    let file = String::from_utf8(written(Format::Csv, &columns[..1], &[row(&[None])])).unwrap();
    assert_eq!(file, "a\n\"\"\n");
}

#[test]
fn a_value_stands_in_json_as_its_type_says() {
    let columns = [
        ("n", "BIGINT"),
        ("d", "DECIMAL(38,10)"),
        ("f", "DOUBLE"),
        ("b", "BOOLEAN"),
        ("s", "STRUCT<a: INT>"),
        ("t", "DATE"),
        ("n", "INT"),
    ];
    let cells = row(&[
        Some("9223372036854775807"),
        Some("12345678901234567890.1234567890"),
        Some("NaN"),
        Some("true"),
        Some("{\"a\":\n1}"),
        Some("2026-01-01"),
        None,
    ]);
    let file = String::from_utf8(written(Format::JsonLines, &columns, &[cells])).unwrap();
    assert_eq!(
        file,
        "{\"n\":9223372036854775807,\"d\":12345678901234567890.1234567890,\"f\":\"NaN\",\"b\":true,\
         \"s\":{\"a\": 1},\"t\":\"2026-01-01\",\"n_2\":null}\n"
    );
}

#[test]
fn the_name_says_the_kind() {
    for (path, kind) in [
        ("a.csv", Some(Format::Csv)),
        ("/Volumes/a/b/c/x.JSONL", Some(Format::JsonLines)),
        ("x.y.ndjson", Some(Format::JsonLines)),
        ("csv", None),
        ("a.csv/b", None),
        ("a.xlsx", None),
        ("", None),
    ] {
        assert_eq!(Format::of(path).ok(), kind, "{path}");
    }
    match Format::of("a.parquet") {
        #[cfg(feature = "parquet")]
        Ok(format) => assert_eq!(format, Format::Parquet),
        #[cfg(not(feature = "parquet"))]
        Ok(format) => panic!("{format:?}"),
        Err(error) => {
            let said = error.to_string();
            assert!(
                said.contains("cargo feature `parquet`") && said.contains(".arrows"),
                "{said}"
            );
        }
    }
}
