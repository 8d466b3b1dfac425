//! One resource: its fields, its times, and the states that it passes by the clock.

use serde_json::{Map, Value};

use crate::clock::{Clock, Millis};

/// A state and its duration in the real service, in seconds. The last state of a course has no end.
pub(crate) type Step = (&'static str, f64);

/// A resource of a collection.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// The fields that its maker and the service set, including those that no answer shows.
    pub(crate) fields: Map<String, Value>,
    /// The time at which it was made.
    pub(crate) created_at: Millis,
    /// The time of its last change.
    pub(crate) updated_at: Millis,
    courses: Vec<Course>,
    changes: u32,
    /// Identifies it within its collection, even after a rename.
    pub(super) serial: u64,
}

/// States that a field passes one after the other.
#[derive(Debug, Clone)]
struct Course {
    /// The field that shows the state, with dots between levels.
    field: &'static str,
    steps: &'static [Step],
    since: Millis,
}

impl Item {
    pub(crate) fn new(fields: Map<String, Value>, now: Millis) -> Self {
        Self {
            fields,
            created_at: now,
            updated_at: now,
            courses: Vec::new(),
            changes: 0,
            serial: 0,
        }
    }

    /// The value of a field; dots lead into objects.
    pub(crate) fn get(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.fields.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    /// The text of a field; empty when it has none.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.get(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// Sets a field; dots lead into objects, which are made if they are missing.
    pub(crate) fn set(&mut self, path: &str, value: impl Into<Value>) {
        set(&mut self.fields, path, value.into());
    }

    /// Records a change.
    pub(crate) fn touch(&mut self, now: Millis) {
        self.updated_at = now;
        self.changes += 1;
    }

    /// A text that differs after every change.
    pub(crate) fn etag(&self) -> String {
        format!("{}-{}", self.created_at, self.changes)
    }

    /// Moves a field through these states, beginning at `now`.
    pub(crate) fn go(&mut self, field: &'static str, steps: &'static [Step], now: Millis) {
        self.courses.retain(|course| course.field != field);
        self.courses.push(Course {
            field,
            steps,
            since: now,
        });
    }

    /// The present state of a field; empty if it never moved.
    pub(crate) fn state(&self, field: &str, clock: Clock) -> &'static str {
        let course = self.courses.iter().find(|course| course.field == field);
        course.map_or("", |course| course.state(clock))
    }

    /// The time at which the field reaches its last state.
    pub(crate) fn settles_at(&self, field: &str, clock: Clock) -> Millis {
        let course = self.courses.iter().find(|course| course.field == field);
        course.map_or(self.updated_at, |course| {
            let lasting = course.steps.split_last().map_or(&[][..], |(_, rest)| rest);
            course.since + clock.takes(lasting.iter().map(|(_, seconds)| seconds).sum())
        })
    }

    /// The fields, with the present state of those that move.
    pub(crate) fn as_it_is(&self, clock: Clock) -> Map<String, Value> {
        let mut fields = self.fields.clone();
        for course in &self.courses {
            set(&mut fields, course.field, course.state(clock).into());
        }
        fields
    }
}

impl Course {
    fn state(&self, clock: Clock) -> &'static str {
        let passed = clock.now() - self.since;
        let mut until = 0.0;
        for (state, seconds) in self.steps {
            until += seconds;
            if passed < clock.takes(until) {
                return state;
            }
        }
        self.steps.last().map_or("", |(state, _)| state)
    }
}

pub(crate) fn set(fields: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        fields.insert(path.to_owned(), value);
        return;
    };
    let inner = fields
        .entry(first)
        .or_insert_with(|| Value::Object(Map::new()));
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Some(inner) = inner.as_object_mut() {
        set(inner, rest, value);
    }
}
