//! Phrases: what people are after, where no word of theirs is the API's.

mod data;
mod rest;
mod work;

/// Words that together mean an operation, and the operations that they mean, the likeliest first. All words are
/// singular; a phrase applies if all of them are asked for, in any order and among others.
pub(super) type Phrase = (&'static [&'static str], &'static [&'static str]);

/// All phrases.
pub(super) fn phrases() -> impl Iterator<Item = &'static Phrase> {
    [work::PHRASES, data::PHRASES, rest::PHRASES]
        .into_iter()
        .flatten()
}

/// Services that another has taken the place of; they come last unless they are called by name.
pub(super) static SUPERSEDED: &[&str] = &[
    "account_iam_v2",
    "alerts",
    "alerts_legacy",
    "consumer_listings",
    "dashboard_widgets",
    "dashboards",
    "data_sources",
    "online_tables",
    "permission_migration",
    "queries_legacy",
    "workspace_iam_v2",
];
