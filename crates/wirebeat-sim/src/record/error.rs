use core::fmt;

/// What is wrong with a recording, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingError {
    /// Where the part begins that is wrong, in bytes from the recording's begin. All before it can
    /// be replayed.
    pub offset: usize,
    /// What is wrong.
    pub reason: RecordingErrorReason,
}

/// What is wrong with a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingErrorReason {
    /// It's no recording.
    NoRecording,
    /// It's of a version that isn't known here.
    Version(u8),
    /// It ends inside of a record: the program that wrote it was stopped, or the file was cut.
    Truncated,
    /// A record isn't what was written.
    Checksum,
    /// A record ends before what it says.
    Short,
    /// A record goes on behind what it says.
    Trailing,
    /// A number has more than 64 bits.
    Number,
    /// No kind of value has this tag.
    Tag(u8),
    /// What should be text isn't UTF-8.
    Text,
    /// A request, header, code or origin that can't be.
    Value,
}

impl fmt::Display for RecordingErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordingErrorReason::NoRecording => f.write_str("it's no recording of a connection"),
            RecordingErrorReason::Version(version) => {
                write!(f, "it's of version {version}, which isn't known here")
            }
            RecordingErrorReason::Truncated => f.write_str("it ends inside of a record"),
            RecordingErrorReason::Checksum => f.write_str("a record was changed"),
            RecordingErrorReason::Short => f.write_str("a record says less than it should"),
            RecordingErrorReason::Trailing => f.write_str("a record says more than it should"),
            RecordingErrorReason::Number => f.write_str("a number is too large"),
            RecordingErrorReason::Tag(tag) => write!(f, "nothing has the tag {tag}"),
            RecordingErrorReason::Text => f.write_str("text isn't UTF-8"),
            RecordingErrorReason::Value => f.write_str("a value can't be"),
        }
    }
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.reason)
    }
}

impl core::error::Error for RecordingError {}
