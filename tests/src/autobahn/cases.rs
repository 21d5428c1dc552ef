use std::collections::BTreeSet;

/// The cases that there are, as `tests/autobahn/cases.txt` lists them.
const CASES: &str = include_str!("../../autobahn/cases.txt");

/// Which sections of the suite are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// 1 to 7 and 10: what the protocol demands.
    Protocol,
    /// 9: messages up to 16 MiB, and many of them.
    Load,
    /// 12 and 13: messages that are compressed, with every way to agree on it.
    Compression,
    /// Of these, one content and the way that makes the most of the offers.
    CompressionSlice,
    /// The first of them, for tests of the tests.
    Framing,
}

impl Selection {
    /// The sections' numbers.
    pub fn sections(self) -> &'static [&'static str] {
        match self {
            Self::Protocol => &["1", "2", "3", "4", "5", "6", "7", "10"],
            Self::Load => &["9"],
            Self::Compression => &["12", "13"],
            Self::CompressionSlice => &["12.1", "13.7"],
            Self::Framing => &["1"],
        }
    }

    /// A pattern for each section, as Autobahn takes them.
    pub fn patterns(self) -> Vec<String> {
        self.sections().iter().map(|section| format!("{section}.*")).collect()
    }

    /// All cases of these sections.
    pub fn cases(self) -> BTreeSet<&'static str> {
        let selected = |case: &&str| {
            let is_of = |section: &&str| {
                case.strip_prefix(*section).is_some_and(|rest| rest.starts_with('.'))
            };
            self.sections().iter().any(is_of)
        };
        CASES.split_whitespace().filter(selected).collect()
    }
}
