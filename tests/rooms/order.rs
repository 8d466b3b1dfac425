//! The order of a crate's rooms, as its root file lists them, and the imports against it.

use crate::imports::Import;
use crate::tree::Tree;

/// The line of the root file's comment after which the rooms are listed.
const HEADING: &str = "Rooms, each using only those before it:";

/// Every import of a room that comes later, a sentence each; and rooms that the list lacks, or has too many.
pub(crate) fn violations(tree: &Tree, imports: &[Import]) -> Vec<String> {
    let root = tree.root.display();
    let modules = tree.modules.keys().filter(|name| name.len() == 1);
    let modules: Vec<&str> = modules.flatten().map(String::as_str).collect();
    let rooms = listed(&tree.modules[&Vec::new()].comment);
    let mut found = Vec::new();
    if rooms.is_empty() && modules.len() < 2 {
        return found;
    }
    for module in modules
        .iter()
        .filter(|module| !rooms.iter().any(|room| room == *module))
    {
        found.push(format!(
            "{root}: `{module}` is not in the list of rooms\nhint: add it under `//! {HEADING}`, after every room that it uses"
        ));
    }
    for room in rooms
        .iter()
        .filter(|room| !modules.contains(&room.as_str()))
    {
        found.push(format!(
            "{root}: there is no room `{room}`\nhint: drop it from the list of rooms"
        ));
    }
    let place = |name: &[String]| match name.first() {
        Some(room) => rooms.iter().position(|listed| listed == room),
        // The root stands above its rooms.
        None => Some(rooms.len()),
    };
    for import in imports {
        let (Some(from), Some(to)) = (place(&import.from), place(&import.to)) else {
            continue;
        };
        if from < to {
            let file = tree.file(&import.from).display();
            let from = &rooms[from];
            let to = rooms.get(to).map_or("the crate root", String::as_str);
            found.push(format!(
                "{file}:{}: `{}`: the room `{from}` may not use `{to}`, which comes after it in {root}",
                import.line, import.text
            ));
        }
    }
    found
}

/// The rooms of a list such as ``- [`error`], everything that can go wrong``.
fn listed(comment: &[String]) -> Vec<String> {
    let after = comment.iter().skip_while(|line| *line != HEADING).skip(1);
    let entries = after.filter_map(|line| line.strip_prefix("- "));
    let rooms = entries.filter_map(|entry| {
        let name = entry.trim_start_matches('[').strip_prefix('`')?;
        Some(name.split_once('`')?.0.to_owned())
    });
    rooms.collect()
}
