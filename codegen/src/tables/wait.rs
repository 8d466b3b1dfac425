//! Waiting for what an operation starts: the specs say what is polled and which states end it, the manifest
//! what differs, and both together make one row for each operation that starts something.

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;

use crate::manifest::{self, At, Poll, Source, Tool};
use crate::spec::{self, Api, Operation, ParamFacts, Place};

use super::lookup::{check_path, find, param, row};
use super::tool_spec::{
    ANY_OPERATION, Bind, BindFrom, Door, Outcome, Progress, RequestPlan, ToolSpec, Wait,
};
use super::until::{condition, until};
use super::{List, Room, Text};

/// Every operation that starts what can be waited for, with its waiting, by id. An operation that a tool sends
/// waits as the tool does, so not at all where the tool does not.
pub(super) fn waits(room: &mut Room<'_>, tools: &[ToolSpec]) -> List<(Text, Wait)> {
    let mut waits = BTreeMap::new();
    let mut has_tool = Vec::new();
    for tool in tools {
        let Door::Table(plan) = &tool.door else {
            continue;
        };
        has_tool.push(plan.request.operation.as_str());
        if let Some(wait) = &plan.wait
            // A tool that only waits is for what another call has started.
            && wait.poll.operation != plan.request.operation
        {
            waits
                .entry(plan.request.operation.clone())
                .or_insert_with(|| wait.clone());
        }
    }
    let api = room.api;
    let all = rules(room.source);
    for operation in api.operations() {
        let is_handle = operation.long_running.is_some();
        if is_handle || has_tool.contains(&operation.id.as_str()) {
            continue;
        }
        let excepted = |rules: &Poll| rules.except.iter().any(|id| id.value == operation.id);
        if all.iter().any(|(_, _, rules)| excepted(rules)) {
            continue;
        }
        if let Some(started) = Started::by(room, operation)
            && started.poll.id != operation.id
            && let Some(wait) = started.wait(room, None)
        {
            waits.insert(operation.id.clone(), wait);
        }
    }
    check_rules(room, tools, &waits);
    waits.into_iter().collect()
}

/// Holds what the manifest says about polled operations to operations that exist and are polled.
fn check_rules(room: &mut Room<'_>, tools: &[ToolSpec], waits: &BTreeMap<Text, Wait>) {
    let of_tools = tools.iter().filter_map(|tool| match &tool.door {
        Door::Table(plan) => plan.wait.as_ref(),
        Door::Behaviour(_) => None,
    });
    let polled: Vec<&str> = waits
        .values()
        .chain(of_tools)
        .map(|wait| wait.poll.operation.as_str())
        .collect();
    let all = rules(room.source);
    let source_whole = room.source.whole;
    for (file, poll, rules) in &all {
        let room = &mut room.in_file(file);
        let operations = rules.cancel.iter().chain(&rules.except);
        for id in operations.chain(rules.starts.keys()) {
            find(room, id);
        }
        if find(room, poll).is_some() && source_whole && !polled.contains(&poll.value.as_str()) {
            let message = format!("nothing that is waited for polls `{}`", poll.value);
            let hint = "name what it tells about under `starts`".to_owned();
            room.problems.add(file, poll, message, Some(hint));
        }
        if all.iter().filter(|(_, other, _)| other == poll).count() > 1 {
            let message = format!("`waits` has `{}` twice", poll.value);
            room.problems.add(file, poll, message, None);
        }
    }
}

/// The waiting of a tool; a problem where nothing says how what it starts ends.
pub(super) fn of_tool(room: &mut Room<'_>, tool: &Tool, operation: &Operation) -> Option<Wait> {
    let at = tool.wait.as_ref()?;
    let Some(started) = Started::by(room, operation) else {
        let message = format!(
            "neither the specs nor `waits` say how to wait for `{}`",
            operation.id
        );
        let hint = "name it under `starts` of the operation to poll, in `waits`".to_owned();
        room.problems.add(room.file, at, message, Some(hint));
        return None;
    };
    started.wait(room, Some(at))
}

/// The work that an operation starts, and the operation that tells how it goes.
struct Started<'a> {
    operation: &'a Operation,
    poll: &'a Operation,
    /// Parameters of `poll`, each from `request.<argument>` or `response.<field>`.
    bind: Vec<(String, String)>,
    /// The states as the specs have them.
    known: Option<&'a spec::Wait>,
    /// The rules of the manifest, and their file.
    rules: Option<(&'a Path, &'a At<Poll>)>,
}

impl<'a> Started<'a> {
    /// Finds what `operation` starts: as the manifest says, else as the specs know. A polled operation starts
    /// nothing itself, and a tool that sends it waits for what its own arguments name.
    fn by(room: &Room<'a>, operation: &'a Operation) -> Option<Self> {
        let (api, all) = (room.api, rules(room.source));
        let given = all.iter().find_map(|(_, poll, rules)| {
            let (_, bind) = rules
                .starts
                .iter()
                .find(|(id, _)| id.value == operation.id)?;
            Some((poll.value.as_str(), bind.value.clone()))
        });
        let known = operation.wait.as_ref();
        let of_specs = || {
            let wait = known.map(|wait| (wait.poll.as_str(), with_path(api, operation, wait)));
            let handle = operation.long_running.as_ref();
            wait.or_else(|| handle.map(|handle| (handle.poll.as_str(), handle.bind.clone())))
        };
        let polled = api
            .operations()
            .filter_map(|one| one.wait.as_ref())
            .find(|wait| wait.poll == operation.id);
        let ruled = all.iter().any(|(_, poll, _)| poll.value == operation.id);
        let of_itself = || {
            (ruled || polled.is_some()).then(|| {
                let params = api.arguments(operation);
                let needed = params.into_iter().filter(|param| param.required);
                let bind = needed.map(|param| {
                    let from = format!("request.{}", param.name);
                    (param.name, from)
                });
                (operation.id.as_str(), bind.collect())
            })
        };
        let (poll, bind) = given.or_else(of_specs).or_else(of_itself)?;
        Some(Self {
            operation,
            poll: api.operation(poll)?,
            bind: bind.into_iter().collect(),
            known: known.or(polled),
            rules: all
                .into_iter()
                .find(|(_, id, _)| id.value == poll)
                .map(|(file, _, rules)| (file, rules)),
        })
    }

    /// The row, held against the API; `tool` is what differs for one tool.
    fn wait(&self, room: &mut Room<'_>, tool: Option<&At<manifest::Wait>>) -> Option<Wait> {
        // A problem is one of the manifest's rules, else of the tool, else of the specs.
        let (file, line, column) = match (self.rules, tool) {
            (Some((file, rules)), _) => (file, rules.line, rules.column),
            (None, Some(tool)) => (room.file, tool.line, tool.column),
            (None, None) => (Path::new("specs/databricks"), 1, 1),
        };
        let at = &At {
            value: (),
            line,
            column,
            used: None,
        };
        let room = &mut room.in_file(file);
        let nothing = Poll::default();
        let rules = self.rules.map_or(&nothing, |(_, rules)| &rules.value);
        let handle = self.operation.long_running.as_ref();
        let known = self.known;
        let state = rules
            .state
            .clone()
            .or_else(|| known.map(|known| known.status.clone()))
            .or_else(|| handle.map(|_| "name".to_owned()));
        let message = tool
            .and_then(|tool| tool.message.clone())
            .or_else(|| rules.message.clone())
            .or_else(|| known.and_then(|known| known.message.clone()))
            .or_else(|| handle.map(|_| "error.message".to_owned()));
        let message = message.unwrap_or_default();
        let Some(state) = state else {
            let message = format!(
                "nothing says which field of `{}` is its state",
                self.poll.id
            );
            let hint = "add `state: <field>`".to_owned();
            room.problems.add(file, at, message, Some(hint));
            return None;
        };
        let own = tool.map(|tool| &tool.value);
        let until = until(self.operation, known, rules, own, &state);
        if until.iter().all(|until| until.is != Outcome::Success) {
            let message = format!("nothing says when `{}` has succeeded", self.operation.id);
            let hint = "add `success: [<state>]` or `until`".to_owned();
            room.problems.add(file, at, message, Some(hint));
        }
        // What stops the work has no parts to count, and nothing to explain; what only asks stops nothing.
        let cancel = rules.cancel.as_ref().map(|id| id.value.as_str());
        let cancel = cancel.or_else(|| handle.and_then(|handle| handle.cancel.as_deref()));
        let stops = cancel == Some(self.operation.id.as_str());
        let asks = self.operation.id == self.poll.id;
        let cancel = cancel.filter(|_| !stops && !asks);
        let progress = rules.progress.as_ref().filter(|_| !stops);
        let resumes = rules.resume.as_ref().map(|tool| tool.value.clone());
        let resume = resumes.unwrap_or_else(|| asking_tool(room.source, &self.poll.id));
        let explain = rules.explain.as_ref().filter(|_| !stops);
        let bind = self.binds(room, at, &resume);
        let response = self.poll.response.clone().unwrap_or_default();
        let mut paths = vec![state.clone()];
        paths.extend(Some(message.clone()).filter(|path| !path.is_empty()));
        paths.extend(progress.map(|progress| format!("{}.{}", progress.items, progress.field)));
        for path in paths {
            check_path(room, at, &response, &path);
        }
        for until in &rules.until {
            for path in until.field.iter().chain(until.and.keys()) {
                check_path(room, until, &response, path);
            }
        }
        let cancel = cancel.and_then(|id| room.api.operation(id));
        let poll = bound(room, at, self.poll, &bind);
        Some(Wait {
            poll: always(room, self.poll, rules, poll),
            cancel: cancel.map(|cancel| bound(room, at, cancel, &bind)),
            bind: List(bind),
            until: List(until),
            state,
            message,
            progress: progress.map(|progress| Progress {
                items: progress.items.clone(),
                done: condition(&progress.field, &progress.done),
            }),
            explain: explain.map_or_else(|| resume.clone(), |tool| tool.value.clone()),
            resume,
            within: tool.map(|tool| tool.within.clone()).unwrap_or_default(),
            every: tool.and_then(|tool| tool.every.clone()).unwrap_or_default(),
        })
    }

    /// The parameters of `poll` in the order in which the tool that resumes lists them.
    fn binds(&self, room: &mut Room<'_>, at: &At<()>, resume: &str) -> Vec<Bind> {
        let source = room.source;
        let mut tools = source.toolsets.iter().flat_map(|(_, set)| &set.tools);
        let resumes = tools.find(|tool| tool.name.value == resume);
        let listed: Vec<(&str, Option<&String>)> = resumes
            .iter()
            .flat_map(|tool| &tool.params)
            .map(|(wire, param)| (wire.value.as_str(), param.rename.as_ref()))
            .collect();
        let place = |name: &str| listed.iter().position(|(wire, _)| *wire == name);
        // A behaviour has names of its own, which its aliases tell.
        let aliased = |name: &str| {
            let mut aliases = resumes.iter().flat_map(|tool| &tool.argument_aliases);
            aliases
                .find(|(wire, _)| *wire == name)
                .map(|(_, own)| &own.value)
        };
        let mut bind = self.bind.clone();
        bind.sort_by_key(|(name, _)| place(name).unwrap_or(listed.len()));
        let mut binds = Vec::new();
        for (name, from) in bind {
            param(room, at, self.poll, &name);
            if let Some((from, path)) = self.origin(room, at, &name, &from) {
                let renamed = place(&name).and_then(|place| listed.get(place)?.1);
                let renamed = renamed.or_else(|| aliased(&name));
                binds.push(Bind {
                    resume_as: renamed.unwrap_or(&name).clone(),
                    name,
                    from,
                    path,
                });
            }
        }
        binds
    }

    /// The place where a parameter of `poll` is found.
    fn origin(
        &self,
        room: &mut Room<'_>,
        at: &At<()>,
        name: &str,
        from: &str,
    ) -> Option<(BindFrom, String)> {
        match from.split_once('.') {
            Some(("request", path)) => {
                param(room, at, self.operation, path);
                Some((BindFrom::Request, path.to_owned()))
            }
            Some(("response", path)) => {
                let response = self.operation.response.clone().unwrap_or_default();
                check_path(room, at, &response, path);
                Some((BindFrom::Response, path.to_owned()))
            }
            _ => {
                let message =
                    format!("`{name}` is bound to `{from}`, which is neither request nor response");
                let hint = "write `request.<argument>` or `response.<field>`".to_owned();
                room.problems.add(room.file, at, message, Some(hint));
                None
            }
        }
    }
}

/// A request whose arguments are all bound: the required ones must be.
fn bound(room: &mut Room<'_>, at: &At<()>, operation: &Operation, bind: &[Bind]) -> RequestPlan {
    let facts = room.api.facts(operation);
    let is_bound = |name: &str| bind.iter().any(|bound| bound.name == name);
    for param in facts.params.iter().filter(|param| param.required) {
        if !is_bound(&param.name) {
            let message = format!(
                "`{}` needs `{}`, which nothing is bound to",
                operation.id, param.name
            );
            room.problems.add(room.file, at, message, None);
        }
    }
    facts.request(&row(operation), |param| is_bound(&param.name))
}

/// The request of a poll with the parameters that always have the same value.
fn always(
    room: &mut Room<'_>,
    poll: &Operation,
    rules: &Poll,
    mut request: RequestPlan,
) -> RequestPlan {
    for (name, value) in &rules.always {
        param(room, value, poll, name);
        let only = room
            .api
            .facts(poll)
            .request(&row(poll), |param| param.name == *name);
        for mut argument in only.arguments.0 {
            argument.source = super::tool_spec::Source::Constant(value.value.to_string());
            request.arguments.0.push(argument);
        }
    }
    request
}

/// Everything that the manifest says about polled operations, and where.
fn rules(source: &Source) -> Vec<(&Path, &At<String>, &At<Poll>)> {
    let sets = source.toolsets.iter();
    sets.flat_map(|(file, set)| {
        let waits = set.waits.iter();
        waits.map(move |(poll, rules)| (file.as_path(), poll, rules))
    })
    .collect()
}

/// The parameters of the poll. What the paths of both requests hold is taken from the request: the answer need
/// not repeat it, and the specs leave out what an SDK is configured with, such as the account's id.
fn with_path(api: &Api, operation: &Operation, wait: &spec::Wait) -> IndexMap<String, String> {
    let is_path = |param: &&ParamFacts| matches!(param.place, Place::Segment | Place::Segments);
    let in_path = |name: &str| {
        let mut params = operation.params.iter().filter(is_path);
        params.any(|param| param.name == name)
    };
    let mut bind = wait.bind.clone();
    for (name, from) in &mut bind {
        if in_path(name) && from.strip_prefix("response.") == Some(name.as_str()) {
            *from = format!("request.{name}");
        }
    }
    let poll = api.operation(&wait.poll);
    let polled = poll.into_iter().flat_map(|poll| &poll.params);
    for param in polled.filter(is_path).filter(|param| in_path(&param.name)) {
        bind.entry(param.name.clone())
            .or_insert_with(|| format!("request.{}", param.name));
    }
    bind
}

/// The tool that asks for the state: one that does not wait itself, where there is one.
fn asking_tool(source: &Source, poll: &str) -> String {
    let tools = source.toolsets.iter().flat_map(|(_, set)| &set.tools);
    let asking = tools.filter(|tool| tool.operation.as_ref().is_some_and(|id| id.value == poll));
    asking
        .min_by_key(|tool| tool.wait.is_some())
        .map_or_else(|| ANY_OPERATION.to_owned(), |tool| tool.name.value.clone())
}
