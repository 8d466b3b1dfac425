//! Genie: spaces and conversations, whose questions are answered by SQL that really runs.
//!
//! There is no model. A question with an example in the space runs the SQL of the example, a question in SQL
//! runs as it is, and any other question counts the rows of the table that it names.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::statements::Statements;
use super::warehouses::DEFAULT_ID;
use crate::collections::{Ids, Item, Step};
use crate::http::{ApiError, Call, Reply};
use crate::identity::{USER, USER_ID};
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

const SPACE: &str = "Genie space";
const CONVERSATION: &str = "Conversation";
const MESSAGE: &str = "Message";
const STATUS: &str = "status";
/// Seconds in each state of a message; after the last one, its statement decides.
const THINKS: &[Step] = &[
    ("FETCHING_METADATA", 1.0),
    ("FILTERING_CONTEXT", 1.0),
    ("ASKING_AI", 4.0),
    ("EXECUTING_QUERY", 1.0),
    ("COMPLETED", 0.0),
];

/// Starts conversations, whose questions run as statements.
struct Genie {
    shared: Arc<Shared>,
    statements: Arc<Statements>,
}

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>, statements: &Arc<Statements>) {
    spaces().serve(on, shared);
    conversations().serve(on, shared);
    messages(statements).serve(on, shared);
    let genie = Arc::new(Genie {
        shared: shared.clone(),
        statements: statements.clone(),
    });
    on.on("genie.start_conversation", &genie, start_conversation);
}

fn spaces() -> Kind {
    let definition = json!({
        "version": 1,
        "data_sources": {"tables": [
            {"identifier": "main.default.products"},
            {"identifier": "main.default.revenue_by_country"},
        ]},
        "instructions": {"example_question_sqls": [{
            "question": ["Which countries bring in the most revenue?"],
            "sql": ["SELECT * FROM main.default.revenue_by_country ORDER BY revenue DESC LIMIT 5"],
        }]},
    });
    Kind::new(SPACE, "space_id", Ids::Hex(32))
        .create("genie.create_space")
        .get("genie.get_space")
        .list("genie.list_spaces")
        .update("genie.update_space")
        .delete("genie.trash_space")
        .defaults(json!({"title": "New space", "parent_path": format!("/Users/{USER}")}))
        .on_create(readable)
        .on_update(readable)
        .seed(json!({
            "space_id": "01f0b2d94c7a1e53a86f0d3b95c2e714",
            "title": "Shop sales",
            "description": "Questions about products and revenue",
            "warehouse_id": DEFAULT_ID,
            "serialized_space": definition.to_string(),
        }))
}

fn readable(_: &Shared, _: &Call, space: &mut Item) -> Result<(), ApiError> {
    let text = space.text("serialized_space");
    let read: Result<Value, _> = serde_json::from_str(text);
    match read {
        Ok(Value::Object(_)) => Ok(()),
        _ => Err(ApiError::invalid(
            "serialized_space is not a JSON object as text.",
        )),
    }
}

fn conversations() -> Kind {
    Kind::new(CONVERSATION, "conversation_id", Ids::Hex(32))
        .parent(SPACE)
        .list("genie.list_conversations")
        .delete("genie.delete_conversation")
}

fn messages(statements: &Arc<Statements>) -> Kind {
    let [ask, show, by_id, by_attachment] = std::array::from_fn(|_| statements.clone());
    Kind::new(MESSAGE, "message_id", Ids::Hex(32))
        .parent(CONVERSATION)
        .create("genie.create_message")
        .get("genie.get_message")
        .list("genie.list_conversation_messages")
        .delete("genie.delete_conversation_message")
        .say(
            "genie.get_message_attachment_query_result",
            move |_, call, message| query_result(&by_id, call, message),
        )
        .say(
            "genie.get_message_query_result_by_attachment",
            move |_, call, message| query_result(&by_attachment, call, message),
        )
        .moves(STATUS, THINKS)
        .on_create(move |shared, _, message| think(shared, &ask, message))
        .view(move |shared, message, fields| describe(shared, &show, message, fields))
}

fn start_conversation(genie: &Genie, call: &Call) -> Result<Reply, ApiError> {
    let shared = &genie.shared;
    let of = |word: &str| {
        let all = shared.collections.of(word);
        all.ok_or_else(|| ApiError::internal(format!("there is no {word}")))
    };
    let space = of(SPACE)?.find(call)?;
    let content = call.body.get("content").and_then(Value::as_str);
    let content = content.unwrap_or_default();
    let now = shared.clock.now();
    let conversation = of(CONVERSATION)?.make(
        json!({
            "space_id": space.text("space_id"),
            "title": content,
            "user_id": USER_ID,
        }),
        now,
    );
    let id = conversation.text("conversation_id");
    let messages = of(MESSAGE)?;
    let mut message = messages.make(
        json!({
            "space_id": space.text("space_id"),
            "conversation_id": id,
            "content": content,
        }),
        now,
    );
    think(shared, &genie.statements, &mut message)?;
    messages.put(message.clone());
    let mut shown = json!({
        "space_id": space.text("space_id"),
        "conversation_id": id,
        "content": content,
    });
    if let Some(fields) = shown.as_object_mut() {
        fields.insert(
            STATUS.to_owned(),
            json!(message.state(STATUS, shared.clock)),
        );
        describe(shared, &genie.statements, &message, fields);
        fields.remove("statement_id");
    }
    Ok(json!({
        "conversation_id": id,
        "message_id": message.text("message_id"),
        "conversation": {
            "id": id,
            "conversation_id": id,
            "space_id": space.text("space_id"),
            "title": content,
            "user_id": USER_ID,
            "created_timestamp": now,
            "last_updated_timestamp": now,
        },
        "message": shown,
    })
    .into())
}

/// Chooses the SQL that answers a message, and starts it.
fn think(shared: &Shared, statements: &Statements, message: &mut Item) -> Result<(), ApiError> {
    let space = shared.collections.find(SPACE, message.text("space_id"));
    let space = space.ok_or_else(|| ApiError::not_found("The Genie space does not exist."))?;
    let definition = serde_json::from_str(space.text("serialized_space")).unwrap_or_default();
    let Some((sql, why)) = answer(message.text("content"), &definition) else {
        return Ok(());
    };
    let statement = statements.submit(space.text("warehouse_id"), sql.clone())?;
    message.set("statement_id", statement);
    message.set("attachment_id", Uuid::new_v4().simple().to_string());
    message.set("sql", sql);
    message.set("why", why);
    Ok(())
}

/// The SQL that answers a question, and a sentence about its origin.
fn answer(question: &str, definition: &Value) -> Option<(String, String)> {
    let plain = |text: &str| -> String {
        let kept = text
            .chars()
            .filter(|c| c.is_alphanumeric() || c.is_whitespace());
        kept.collect::<String>().trim().to_lowercase()
    };
    let text_of = |value: Option<&Value>| match value {
        Some(Value::Array(parts)) => {
            let parts = parts.iter().filter_map(Value::as_str);
            parts.collect::<Vec<_>>().join("\n")
        }
        Some(value) => value.as_str().unwrap_or_default().to_owned(),
        None => String::new(),
    };
    let examples = definition.pointer("/instructions/example_question_sqls");
    for example in examples.and_then(Value::as_array).into_iter().flatten() {
        if plain(&text_of(example.get("question"))) == plain(question) {
            let why = "The space has this question as an example.";
            return Some((text_of(example.get("sql")), why.to_owned()));
        }
    }
    let first = question
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_lowercase();
    if ["select", "with", "show", "describe"].contains(&first.as_str()) {
        return Some((question.to_owned(), "The question is SQL.".to_owned()));
    }
    let tables = definition
        .pointer("/data_sources/tables")
        .and_then(Value::as_array);
    let tables: Vec<&str> = tables
        .into_iter()
        .flatten()
        .filter_map(|table| table.get("identifier")?.as_str())
        .collect();
    let asked = question.to_lowercase();
    let names = |table: &&&str| asked.contains(table.rsplit('.').next().unwrap_or(table));
    let table = tables.iter().find(names).or(tables.first())?;
    let sql = format!("SELECT count(*) AS row_count FROM {table}");
    Some((
        sql,
        format!("This sandbox has no model; it counts the rows of {table}."),
    ))
}

/// Adds the state and the result of a message. After the thinking, they are those of its statement.
fn describe(
    shared: &Shared,
    statements: &Statements,
    message: &Item,
    fields: &mut Map<String, Value>,
) {
    let id = message.text("message_id");
    fields.insert("id".to_owned(), json!(id));
    fields.insert("message_id".to_owned(), json!(id));
    fields.insert("user_id".to_owned(), json!(USER_ID));
    if message.state(STATUS, shared.clock) != "COMPLETED" {
        return;
    }
    let statement_id = message.text("statement_id");
    let Ok(statement) = statements.answer(statement_id) else {
        let text = "The space has no table to answer from.";
        fields.insert(
            "attachments".to_owned(),
            json!([{"text": {"content": text}}]),
        );
        return;
    };
    let text = |place: &str| statement.pointer(place).and_then(Value::as_str);
    match text("/status/state") {
        Some("SUCCEEDED") => {}
        Some("PENDING" | "RUNNING") => {
            fields.insert(STATUS.to_owned(), json!("EXECUTING_QUERY"));
            return;
        }
        _ => {
            let error = text("/status/error/message").unwrap_or("The statement was cancelled.");
            let error = json!({"type": "SQL_EXECUTION_EXCEPTION", "error": error});
            fields.insert(STATUS.to_owned(), json!("FAILED"));
            fields.insert("error".to_owned(), error);
            return;
        }
    }
    let rows = statement.pointer("/manifest/total_row_count");
    let query = json!({
        "attachment_id": message.text("attachment_id"),
        "query": {
            "title": message.text("content"),
            "description": message.text("why"),
            "query": message.text("sql"),
            "statement_id": statement_id,
            "query_result_metadata": {"row_count": rows},
        },
    });
    let more = json!({
        "attachment_id": format!("{}-next", message.text("attachment_id")),
        "suggested_questions": {"questions": ["Which countries bring in the most revenue?"]},
    });
    fields.insert("attachments".to_owned(), json!([query, more]));
    let result = json!({"statement_id": statement_id, "row_count": rows, "is_truncated": false});
    fields.insert("query_result".to_owned(), result);
}

fn query_result(statements: &Statements, call: &Call, message: &Item) -> Result<Value, ApiError> {
    let attachment = call.path("attachment_id");
    if attachment != message.text("attachment_id") {
        let message = format!("Attachment {attachment} does not exist.");
        return Err(ApiError::not_found(message));
    }
    let statement = statements.answer(message.text("statement_id"))?;
    Ok(json!({"statement_response": statement}))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn examples_come_before_sql_before_counting() {
        let definition = json!({
            "data_sources": {"tables": [{"identifier": "a.b.orders"}, {"identifier": "a.b.stores"}]},
            "instructions": {"example_question_sqls": [
                {"question": ["How many?"], "sql": ["SELECT", "1"]},
            ]},
        });
        let sql = |question: &str| answer(question, &definition).unwrap().0;
        assert_eq!(sql("how many"), "SELECT\n1");
        assert_eq!(sql("SELECT 2"), "SELECT 2");
        assert_eq!(
            sql("Where are our stores?"),
            "SELECT count(*) AS row_count FROM a.b.stores"
        );
        assert_eq!(
            sql("What is new?"),
            "SELECT count(*) AS row_count FROM a.b.orders"
        );
        assert!(answer("What is new?", &json!({})).is_none());
    }
}
