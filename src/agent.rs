//! The environment in the `User-Agent`, as Databricks' SDKs write it: upstream product, runtime, CI, coding agent.
//!
//! Variables and names are those of `databricks/sdk/useragent.py` in databricks-sdk 0.162.0.

/// Variables that agents set for their child processes, to any value, and the agents' names.
const AGENTS: [(&str, &str); 15] = [
    ("AMP_CURRENT_THREAD_ID", "amp"),
    ("ANTIGRAVITY_AGENT", "antigravity"),
    ("AUGMENT_AGENT", "augment"),
    ("CLAUDECODE", "claude-code"),
    ("CLINE_ACTIVE", "cline"),
    ("CODEX_CI", "codex"),
    ("COPILOT_CLI", "copilot-cli"),
    ("CURSOR_AGENT", "cursor"),
    ("GEMINI_CLI", "gemini-cli"),
    ("GOOSE_TERMINAL", "goose"),
    ("KIRO", "kiro"),
    ("OPENCLAW_SHELL", "openclaw"),
    ("OPENCODE", "opencode"),
    ("VSCODE_AGENT", "vscode-agent"),
    ("WINDSURF_AGENT", "windsurf"),
];

/// Variables that CI systems set, the value if it matters, and the systems' names in alphabetical order.
const CI: [(&str, &str, &str); 9] = [
    ("CODEBUILD_BUILD_ARN", "", "aws-code-build"),
    ("TF_BUILD", "True", "azure-devops"),
    ("BITBUCKET_BUILD_NUMBER", "", "bitbucket"),
    ("CIRCLECI", "true", "circle"),
    ("GITHUB_ACTIONS", "true", "github"),
    ("GITLAB_CI", "true", "gitlab"),
    ("JENKINS_URL", "", "jenkins"),
    ("TFC_RUN_ID", "", "tf-cloud"),
    ("TRAVIS", "true", "travis"),
];

/// Returns ` key/value` for each known fact, or nothing.
pub(crate) fn surroundings(variable: &impl Fn(&str) -> Option<String>) -> String {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut pairs = Vec::new();
    if let (Some(product), Some(version)) = (
        set("DATABRICKS_SDK_UPSTREAM"),
        set("DATABRICKS_SDK_UPSTREAM_VERSION"),
    ) {
        pairs.push(("upstream", product));
        pairs.push(("upstream-version", version));
    }
    pairs.extend(set("DATABRICKS_RUNTIME_VERSION").map(|version| ("runtime", version)));
    let ci = CI.iter().find(|(name, value, _)| match variable(name) {
        Some(found) => value.is_empty() || found == *value,
        None => false,
    });
    pairs.extend(ci.map(|(_, _, name)| ("cicd", (*name).to_owned())));
    let mut agents = AGENTS.iter().filter(|(name, _)| variable(name).is_some());
    let agent = match (agents.next(), agents.next()) {
        (Some(_), Some(_)) => Some("multiple".to_owned()),
        (Some((_, name)), None) => Some((*name).to_owned()),
        (None, _) => set("AGENT").or_else(|| set("AI_AGENT")),
    };
    pairs.extend(agent.map(|name| ("agent", name)));
    pairs
        .iter()
        .map(|(key, value)| format!(" {key}/{}", plain(value)))
        .collect()
}

/// Replaces characters that a `User-Agent` cannot hold with hyphens.
fn plain(value: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
    let plain = value.chars().map(|c| if allowed(c) { c } else { '-' });
    plain.take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> String {
        surroundings(&|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn surroundings_are_told_as_the_sdks_tell_them() {
        assert_eq!(of(&[]), "");
        assert_eq!(of(&[("CURSOR_AGENT", "")]), " agent/cursor");
        assert_eq!(of(&[("KIRO", "1"), ("CLAUDECODE", "1")]), " agent/multiple");
        assert_eq!(
            of(&[("AGENT", "my agent\r\nx: y")]),
            " agent/my-agent--x--y"
        );
        assert_eq!(of(&[("GITHUB_ACTIONS", "false")]), "");
        assert_eq!(
            of(&[
                ("DATABRICKS_RUNTIME_VERSION", "15.4"),
                ("GITHUB_ACTIONS", "true")
            ]),
            " runtime/15.4 cicd/github"
        );
    }
}
