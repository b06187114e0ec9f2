//! What is known of the rules in force, for those who look up rules by the names that marks have for them.

use super::profile::Profile;
use std::collections::HashMap;
use std::sync::Arc;
use weir_model::RuleInfo;

/// The rules of a set, by their names.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    all: Vec<Profile>,
    by_id: HashMap<Arc<str>, u32>,
    /// By every name and by the last part of the id, in lower case.
    by_name: HashMap<String, Vec<u32>>,
}

impl Profiles {
    /// Those of rules in the order of their numbers.
    pub(crate) fn new<'r>(rules: impl Iterator<Item = &'r RuleInfo>) -> Self {
        let mut profiles = Self::default();
        for (number, info) in (0..).zip(rules) {
            let profile = Profile::of(&info.id, &info.metadata);
            for name in &profile.names {
                profiles.by_name.entry(name.clone()).or_default().push(number);
            }
            profiles.by_id.entry(Arc::clone(&info.id)).or_insert(number);
            profiles.all.push(profile);
        }
        profiles
    }

    /// That of a rule.
    pub(super) fn of_rule(&self, id: &str) -> Option<&Profile> {
        self.by_id.get(id).map(|&number| &self.all[number as usize])
    }

    /// The numbers of the rules that may be meant by an id.
    pub(super) fn named(&self, id: &str) -> &[u32] {
        let last = id.rsplit(['.', '/', ':']).next().unwrap_or(id).to_ascii_lowercase();
        self.by_name.get(&last).map_or(&[], Vec::as_slice)
    }

    /// That of a number.
    pub(super) fn get(&self, number: u32) -> &Profile {
        &self.all[number as usize]
    }
}
