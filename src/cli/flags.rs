//! The flags of the commands, made from the table of settings.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use databricks_mcp::settings::{Commands, Flag, Setting, Takes, setting};

/// Settings from flags.
pub(super) type Pairs = Vec<(&'static Setting, String)>;

macro_rules! flags {
    ($($(#[doc = $doc:literal])+ $name:ident;)*) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub(super) struct $name(pub(super) Pairs);

        impl Args for $name {
            fn augment_args(command: Command) -> Command {
                command.args(of(Commands::$name).map(|(setting, flag)| argument(setting, flag)))
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }

        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(given(Commands::$name, matches)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0 = given(Commands::$name, matches);
                Ok(())
            }
        }
    )*};
}

flags! {
    /// The flags that every command has.
    Every;
    /// The flags of commands that choose tools.
    Serving;
    /// The flags of `start` and of the commands that call tools.
    Calling;
    /// The flags of `serve` alone.
    Serve;
}

fn of(commands: Commands) -> impl Iterator<Item = (&'static Setting, Flag)> {
    let flags = setting::ALL
        .iter()
        .filter_map(|setting| Some((*setting, setting.flag?)));
    flags.filter(move |(_, flag)| flag.commands == commands)
}

fn argument(setting: &'static Setting, flag: Flag) -> Arg {
    let help = setting.help();
    let help = match setting.variables.first() {
        Some(variable) => format!("{help} [env: {variable}]"),
        None => help.to_owned(),
    };
    let every = flag.commands == Commands::Every;
    let argument = Arg::new(setting.name)
        .long(flag.long)
        .visible_aliases(flag.alias)
        .help(help)
        .global(every);
    // The flags of the command itself come first.
    let argument = if every {
        argument.display_order(100)
    } else {
        argument
    };
    match setting.takes {
        Takes::Switch => argument.action(ArgAction::SetTrue),
        Takes::Names => argument.action(ArgAction::Append).value_name(flag.value),
        _ => argument.action(ArgAction::Set).value_name(flag.value),
    }
}

fn given(commands: Commands, matches: &ArgMatches) -> Pairs {
    of(commands)
        .filter_map(|(setting, _)| Some((setting, value(setting, matches)?)))
        .collect()
}

fn value(setting: &Setting, matches: &ArgMatches) -> Option<String> {
    if setting.takes == Takes::Switch {
        return matches.get_flag(setting.name).then(|| "true".to_owned());
    }
    let values = matches.get_many::<String>(setting.name)?;
    Some(values.map(String::as_str).collect::<Vec<_>>().join(","))
}
