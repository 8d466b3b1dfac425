//! The Git provider of a repository, as the service names it, guessed from the host of its address.

/// The providers that the service knows.
pub(super) const ALL: &[&str] = &[
    "gitHub",
    "gitHubEnterprise",
    "gitLab",
    "gitLabEnterpriseEdition",
    "bitbucketCloud",
    "bitbucketServer",
    "azureDevOpsServices",
    "awsCodeCommit",
];

/// The provider of an address; nothing where its host tells none.
pub(super) fn of(url: &str) -> Option<&'static str> {
    let host = url::Url::parse(url).ok()?.host_str()?.to_ascii_lowercase();
    let host = host.as_str();
    let under = |domain: &str| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let of_service = [
        ("github.com", "gitHub"),
        ("gitlab.com", "gitLab"),
        ("bitbucket.org", "bitbucketCloud"),
        ("dev.azure.com", "azureDevOpsServices"),
        ("visualstudio.com", "azureDevOpsServices"),
    ];
    if let Some((_, provider)) = of_service.iter().find(|(domain, _)| under(domain)) {
        return Some(provider);
    }
    if host.starts_with("git-codecommit.") && under("amazonaws.com") {
        return Some("awsCodeCommit");
    }
    // A company's own server is called by what runs on it, as a rule.
    let of_company = [
        ("github", "gitHubEnterprise"),
        ("gitlab", "gitLabEnterpriseEdition"),
        ("bitbucket", "bitbucketServer"),
    ];
    let named = |name: &str| host.split('.').any(|part| part == name);
    let found = of_company.iter().find(|(name, _)| named(name));
    found.map(|(_, provider)| *provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_tell_the_provider_and_others_tell_none() {
        for (url, provider) in [
            ("https://github.com/acme/etl.git", Some("gitHub")),
            ("https://GitHub.com/acme/etl", Some("gitHub")),
            ("https://gitlab.com/acme/etl", Some("gitLab")),
            ("https://bitbucket.org/acme/etl", Some("bitbucketCloud")),
            (
                "https://dev.azure.com/acme/p/_git/etl",
                Some("azureDevOpsServices"),
            ),
            (
                "https://acme.visualstudio.com/p/_git/etl",
                Some("azureDevOpsServices"),
            ),
            (
                "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/etl",
                Some("awsCodeCommit"),
            ),
            ("https://github.acme.com/etl", Some("gitHubEnterprise")),
            (
                "https://gitlab.acme.com/etl",
                Some("gitLabEnterpriseEdition"),
            ),
            ("https://notgithub.com/etl", None),
            ("https://git.acme.com/etl", None),
            ("acme/etl", None),
        ] {
            assert_eq!(of(url), provider, "{url}");
            assert!(provider.is_none_or(|one| ALL.contains(&one)));
        }
    }
}
