//! How much a worker gives up: said by its parent, in the worker's environment.

use std::ffi::OsString;

/// How a worker is confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confinement {
    /// How much it gives up.
    pub level: Level,
    /// Bytes of memory it may take, the stacks of its threads not counted.
    pub memory: u64,
}

/// How much a worker gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing: for who looks for a fault in the confinement, or looks into a worker with a debugger.
    Off,
    /// All that can be had on this machine.
    Usual,
    /// All, or it does not start. It also overwrites what it frees, which costs time: for code of others.
    Hardened,
}

impl Confinement {
    /// Where it is said. A person may set it to `off`, which is heard by workers that are not hardened.
    pub const VARIABLE: &str = "WEIR_CONFINEMENT";

    /// Memory of a worker that nobody said anything else for: ten times what a file of 10 MB takes under all built-in rules.
    pub const MEMORY: u64 = 4 << 30;

    /// By which variable glibc is told to overwrite freed memory: with this byte, and without lists of freed pieces that it keeps
    /// for each thread and does not overwrite. Read by it before the worker's `main`.
    const TUNABLES: Option<(&str, &str)> = if cfg!(all(target_os = "linux", target_env = "gnu")) {
        Some(("GLIBC_TUNABLES", "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"))
    } else {
        None
    };

    /// What this process was told by its parent, or by a person.
    pub fn from_env() -> Result<Self, String> {
        match std::env::var(Self::VARIABLE) {
            Ok(text) => Self::parse(&text).ok_or_else(|| format!("{} holds no confinement", Self::VARIABLE)),
            Err(std::env::VarError::NotPresent) => Ok(Self { level: Level::Usual, memory: Self::MEMORY }),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("{} is not text", Self::VARIABLE)),
        }
    }

    /// The variables by which a worker hears of it.
    pub fn variables(&self) -> Vec<(&'static str, OsString)> {
        let level = match self.level {
            Level::Hardened => "hardened",
            Level::Usual if Self::from_env().is_ok_and(|own| own.level == Level::Off) => "off",
            Level::Usual => "usual",
            Level::Off => "off",
        };
        let tunables = Self::TUNABLES.filter(|_| self.level == Level::Hardened);
        let told = (Self::VARIABLE, format!("{level} {}", self.memory).into());
        [told].into_iter().chain(tunables.map(|(name, value)| (name, value.into()))).collect()
    }

    /// Whether this process was started so that its allocator overwrites what is freed.
    pub(super) fn overwrites_freed() -> bool {
        Self::TUNABLES.is_some_and(|(name, value)| std::env::var_os(name).is_some_and(|told| told == value))
    }

    fn parse(text: &str) -> Option<Self> {
        let (level, memory) = text.split_once(' ').map_or((text, None), |(level, memory)| (level, Some(memory)));
        let level = match level {
            "off" => Level::Off,
            "usual" => Level::Usual,
            "hardened" => Level::Hardened,
            _ => return None,
        };
        let memory = memory.map_or(Some(Self::MEMORY), |memory| memory.parse().ok())?;
        Some(Self { level, memory })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_confined_as_its_parent_said_and_not_at_all_by_what_it_does_not_understand() {
        for (text, expected) in [
            ("off", Some((Level::Off, Confinement::MEMORY))),
            ("usual 1000", Some((Level::Usual, 1000))),
            ("hardened 1000", Some((Level::Hardened, 1000))),
            ("", None),
            ("Hardened", None),
            ("usual much", None),
            ("usual -1", None),
            ("usual 1 2", None),
        ] {
            let expected = expected.map(|(level, memory)| Confinement { level, memory });
            assert_eq!(Confinement::parse(text), expected, "{text:?}");
        }
    }
}
