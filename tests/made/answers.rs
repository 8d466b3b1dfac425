//! Calls of a table tool with answers made from the documents: what it lists or shows, over two pages, with gaps, and
//! to the end of what it waits for.

use databricks_codegen::spec::Operation;
use databricks_mcp::catalog::{Condition, Field, Kind, Next, Outcome, Plan, Shape, Source};
use serde_json::{Value, json};

use super::sample::{Sample, put};
use super::specs::API;

/// The field that says that the lists of one thing go on.
const MORE: &str = "next_page_token";

/// The point of a case, and the service's answers.
pub type Answers = (&'static str, Vec<Value>);

/// The cases of a tool, with the workspace's id first where a path needs it.
pub fn answers(plan: &Plan) -> Vec<Answers> {
    let mut cases = of_plan(plan);
    let arguments = plan.request.arguments;
    if arguments
        .iter()
        .any(|one| matches!(one.source, Source::CallerOrWorkspace))
    {
        // It is in a header of the answer.
        cases
            .iter_mut()
            .for_each(|(_, answers)| answers.insert(0, json!({})));
    }
    cases
}

/// The cases of a tool; none where the documents do not say what is answered.
fn of_plan(plan: &Plan) -> Vec<Answers> {
    let asked = operation(plan.request.operation);
    let Some(wait) = &plan.wait else {
        return match &asked.response {
            Some(_) if plan.paginate.is_some() => {
                vec![
                    (
                        "two pages of made rows, the second with gaps",
                        pages(plan, asked),
                    ),
                    ("nothing", vec![json!({})]),
                ]
            }
            Some(response) => {
                let made = whole(&plan.shape, response);
                let mut gaps = sample(&plan.shape, &[]).record(response, 2);
                put(&mut gaps, MORE, None);
                vec![("a made answer", made), ("one with gaps", vec![gaps])]
            }
            None => Vec::new(),
        };
    };
    let polled = operation(wait.poll.operation);
    let (Some(response), true) = (&polled.response, !wait.until.is_empty()) else {
        return Vec::new();
    };
    let bound: Vec<&str> = wait.bind.iter().map(|bind| bind.path).collect();
    let mut end = whole(&plan.shape, response);
    let succeeds = wait.until.iter().find(|until| until.is == Outcome::Success);
    for condition in succeeds.into_iter().flat_map(|until| until.all) {
        end.iter_mut().for_each(|page| meet(page, condition));
    }
    let mut all = Vec::new();
    if polled.id != asked.id {
        let started = asked.response.as_ref().map_or_else(
            || json!({}),
            |response| sample(&plan.shape, &bound).record(response, 1),
        );
        all.push(started);
    }
    all.extend(end);
    vec![("a made answer once it has ended", all)]
}

/// The first full record of what a tool shows; none where the documents do not say what is answered.
pub fn record(plan: &Plan) -> Option<Value> {
    let answering = plan.wait.as_ref().map_or(&plan.request, |wait| &wait.poll);
    let response = operation(answering.operation).response.as_ref()?;
    let sample = sample(&plan.shape, &[]);
    if plan.paginate.is_none() {
        return Some(sample.record(response, 1));
    }
    let list = API.field(response, plan.shape.items).expect("the rows");
    Some(sample.record(&API.resolve(list)["items"], 1))
}

fn operation(id: &str) -> &'static Operation {
    API.operation(id).expect("an operation of a tool")
}

/// One thing, whose lists may come in two pages.
fn whole(shape: &Shape, response: &Value) -> Vec<Value> {
    let sample = sample(shape, &[]);
    let first = sample.record(response, 1);
    if first.get(MORE).is_none() {
        return vec![first];
    }
    let mut last = sample.record(response, 3);
    put(&mut last, MORE, None);
    vec![first, last]
}

fn pages(plan: &Plan, asked: &Operation) -> Vec<Value> {
    let response = asked.response.clone().unwrap_or_default();
    let next = plan.paginate.as_ref().and_then(|pages| pages.next.as_ref());
    let list = API.field(&response, plan.shape.items).expect("the rows");
    let row = API.resolve(list)["items"].clone();
    let sample = sample(&plan.shape, &[]);
    let rows = |numbers: &[u64]| -> Value {
        let rows = numbers.iter().map(|number| {
            let mut row = sample.record(&row, *number);
            if *number != 2 {
                plan.shape
                    .filter
                    .iter()
                    .for_each(|only| meet(&mut row, only));
            }
            row
        });
        rows.collect()
    };
    let page = |numbers: &[u64], goes_on: bool| {
        let mut page = json!({});
        put(&mut page, plan.shape.items, Some(rows(numbers)));
        match next {
            Some(Next::ByToken(_, field)) if goes_on => {
                put(&mut page, field, Some(json!("page 2")));
            }
            Some(Next::ByRequest(field)) if goes_on => {
                let schema = API.field(&response, field).expect("the next request");
                put(&mut page, field, Some(sample.record(schema, 1)));
            }
            _ => {}
        }
        page
    };
    match next {
        None => vec![page(&[1, 2], false)],
        Some(Next::ByToken(..) | Next::ByRequest(_)) => {
            vec![page(&[1, 2], true), page(&[3], false)]
        }
        Some(_) => vec![page(&[1, 2], true), page(&[3], true), page(&[], false)],
    }
}

fn sample(shape: &Shape, further: &[&str]) -> Sample<'static> {
    let mut sample = Sample {
        api: &API,
        wanted: further.iter().map(|path| (*path).to_owned()).collect(),
        base64: Vec::new(),
    };
    paths(&mut sample, "", shape.fields);
    sample
}

/// The paths of what is shown.
fn paths(sample: &mut Sample<'_>, within: &str, fields: &[Field]) {
    for field in fields {
        let path = format!("{within}{}", field.path);
        if field.kind == Kind::Base64 {
            sample.base64.push(path.clone());
        }
        paths(sample, &format!("{path}."), field.fields);
        sample.wanted.push(path);
    }
}

/// Gives a record what a condition asks for.
fn meet(record: &mut Value, condition: &Condition) {
    let value = condition.any.iter().find(|value| !value.is_empty());
    let value = value.map(|value| match *value {
        "true" => json!(true),
        "false" => json!(false),
        word => json!(word),
    });
    for path in condition.field.split('|') {
        put(record, path, value.clone());
    }
}
