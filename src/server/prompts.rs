//! Playbooks over MCP, as prompts and as skills, and the completion of arguments.

use std::collections::HashMap;
use std::time::Instant;

use rmcp::RoleServer;
use rmcp::model::{
    CacheScope, CompleteRequestParams, CompleteResult, CompletionInfo, ErrorData,
    GetPromptRequestParams, GetPromptResult, GetSkillResult, ListPromptsResult, ListSkillsResult,
    Prompt, PromptArgument, PromptMessage, Reference, ResourceContents, Role, Skill,
    SkillFrontmatter, SkillResource, SkillResources,
};
use rmcp::service::RequestContext;
use serde_json::{Value, json};

use super::Server;
use crate::cache;
use crate::completions::{self, Asked, COMPLETE, VALUES};
use crate::error::Error;
use crate::playbooks::{self, Playbook};
use crate::shape::Answer;
use crate::transport::Call;
use crate::workspaces::Chosen;

/// Playbooks change only with the binary and its settings.
const TTL_MS: u64 = 3_600_000;

/// The argument of every template.
const WORKSPACE: &str = "workspace";

impl Server {
    /// The playbooks whose tools are all served.
    pub(super) fn playbooks(&self) -> impl Iterator<Item = &'static Playbook> {
        playbooks::all().iter().filter(|playbook| {
            let mut tools = playbook.tools.iter();
            tools.all(|tool| self.inventory.find(tool).is_ok())
        })
    }

    pub(super) fn prompts(&self) -> ListPromptsResult {
        let argument = |argument: &playbooks::Argument| {
            PromptArgument::new(argument.name)
                .with_description(argument.description())
                .with_required(argument.required)
        };
        let prompt = |playbook: &Playbook| {
            let arguments = playbook.arguments.iter().map(argument).collect();
            Prompt::new(playbook.name, Some(playbook.description), Some(arguments))
                .with_title(playbook.title)
        };
        ListPromptsResult::with_all_items(self.playbooks().map(prompt).collect())
            .with_ttl_ms(TTL_MS)
            .with_cache_scope(CacheScope::Public)
    }

    pub(super) fn prompt(
        &self,
        request: &GetPromptRequestParams,
    ) -> Result<GetPromptResult, ErrorData> {
        let playbook = self.playbooks().find(|one| one.name == request.name);
        let playbook = playbook.ok_or_else(|| {
            let known: Vec<&str> = self.playbooks().map(|one| one.name).collect();
            let known = known.join(", ");
            ErrorData::invalid_params(format!("no such prompt; there are: {known}"), None)
        })?;
        let mut given = Vec::new();
        for (name, value) in request.arguments.iter().flatten() {
            let Value::String(value) = value else {
                return Err(ErrorData::invalid_params(
                    format!("`{name}` is no text"),
                    None,
                ));
            };
            given.push((name.as_str(), value.as_str()));
        }
        let text = playbook.filled(given);
        let text = text.map_err(|reason| ErrorData::invalid_params(reason, None))?;
        let message = PromptMessage::new_text(Role::User, text);
        let mut result = GetPromptResult::new(vec![message]);
        result.description = Some(playbook.description.to_owned());
        Ok(result)
    }

    pub(super) fn skills(&self) -> ListSkillsResult {
        ListSkillsResult::with_all_items(self.playbooks().map(skill).collect())
            .with_ttl_ms(TTL_MS)
            .with_cache_scope(CacheScope::Public)
    }

    pub(super) fn skill(&self, uri: &str) -> Result<GetSkillResult, ErrorData> {
        let playbook = self.playbooks().find(|one| address(one) == uri);
        let playbook = playbook.ok_or_else(|| {
            ErrorData::invalid_params("no such skill; skills/list has them", None)
        })?;
        Ok(GetSkillResult::new(skill(playbook)))
    }

    /// The file of a skill, if the address is one's.
    pub(super) fn skill_file(&self, uri: &str) -> Option<ResourceContents> {
        let playbook = self.playbooks().find(|one| address(one) == uri)?;
        Some(ResourceContents::text(playbook.file, uri).with_mime_type("text/markdown"))
    }

    /// Values for an argument of a template or a prompt.
    pub(super) async fn completion(
        &self,
        request: &CompleteRequestParams,
        client: &RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let nothing = HashMap::new();
        let given = request.context.as_ref();
        let given = given.and_then(|context| context.arguments.as_ref());
        let given = given.unwrap_or(&nothing);
        let (argument, value) = (&request.argument.name, &request.argument.value);
        let kind = match &request.r#ref {
            Reference::Prompt(prompt) => {
                if !self.playbooks().any(|one| one.name == prompt.name) {
                    return Err(ErrorData::invalid_params("no such prompt", None));
                }
                None
            }
            Reference::Resource(template) => {
                let facts = self
                    .kinds()
                    .find(|facts| template.uri.ends_with(facts.template));
                let facts = facts.ok_or_else(|| {
                    let reason = "no such template; resources/templates/list has them";
                    ErrorData::invalid_params(reason, None)
                })?;
                if argument == WORKSPACE {
                    let own = self.workspaces.addresses();
                    return answer(own.filter(|own| own.starts_with(value.as_str())).collect());
                }
                Some(facts.kind)
            }
            _ => return answer(Vec::new()),
        };
        let asked = Asked {
            kind,
            argument,
            value,
            given,
        };
        let Ok(chosen) = self.meant(given) else {
            return answer(Vec::new());
        };
        let context = self.plain_context(Call::new(COMPLETE), &chosen, client);
        let cache = &chosen.workspace.cache;
        let of = [&format!("{kind:?}"), argument, value];
        let mut context_of: Vec<_> = given.iter().collect();
        context_of.sort();
        let question = cache.question(COMPLETE, &format!("{of:?} {context_of:?}"));
        if let Some(question) = &question
            && let Some((known, _)) = cache.answer(question, Instant::now())
        {
            return answer(serde_json::from_value(known.structured).unwrap_or_default());
        }
        let patience = chosen.workspace.transport.patience();
        let Ok(_turn) = self.turns.of(COMPLETE, &client.ct, patience).await else {
            return answer(Vec::new());
        };
        let found = Box::pin(completions::complete(&context, &self.rules, &asked)).await;
        if let Some(question) = question.filter(|_| !found.is_empty()) {
            let kept = Answer::json(json!(found));
            cache.keep(question, vec![cache::ANY], &kept, Instant::now());
        }
        answer(found)
    }

    /// The workspace that the other arguments name, or the default.
    fn meant(&self, given: &HashMap<String, String>) -> Result<Chosen, Error> {
        match given.get(WORKSPACE) {
            Some(workspace) => self.workspaces.addressed(COMPLETE, workspace),
            None => self
                .workspaces
                .choose(COMPLETE, &mut serde_json::Map::new()),
        }
    }
}

fn answer(mut values: Vec<String>) -> Result<CompleteResult, ErrorData> {
    let total = u32::try_from(values.len()).ok();
    let more = values.len() > VALUES;
    values.truncate(VALUES);
    let info = CompletionInfo::with_pagination(values, total, more);
    let info = info.map_err(|reason| ErrorData::internal_error(reason, None))?;
    Ok(CompleteResult::new(info))
}

/// The address of a skill's file.
fn address(playbook: &Playbook) -> String {
    format!("skill://databricks-mcp/{}/SKILL.md", playbook.name)
}

fn skill(playbook: &Playbook) -> Skill {
    let arguments = playbook.arguments.iter().map(|argument| {
        let mark = if argument.required { "" } else { "?" };
        format!("{}{mark}", argument.name)
    });
    let metadata = json!({
        "title": playbook.title,
        "arguments": arguments.collect::<Vec<_>>().join(" "),
        "tools": playbook.tools.join(" "),
    });
    let head = SkillFrontmatter::new(playbook.name, playbook.description);
    let uri = address(playbook);
    let file = SkillResource::from_bytes(uri.clone(), playbook.file.as_bytes());
    Skill::new(
        uri,
        head.with_field("metadata", metadata),
        SkillResources::Files(vec![file]),
    )
}
