//! Generators for property tests.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::FileFailurePersistence;
use wirebeat::{Kind, Role};

use crate::exchange::{Exchange, Pace, Sending};
use crate::frame::{Frame, Length};
use crate::pair::Script;
use crate::rules::Rules;
use crate::scenario::Scenario;
use crate::session::Schedule;
use crate::split::{Cut, Cuts};

/// How a property is tested: `PROPTEST_CASES` cases if that's set, and the cases that once failed
/// first. They're kept in the file `regressions`, an absolute path.
#[must_use]
pub fn config(cases: u32, regressions: &'static str) -> ProptestConfig {
    let default = ProptestConfig::default();
    let is_set = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig {
        cases: if is_set { default.cases } else { cases },
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
        ..default
    }
}

/// Either role.
pub fn role() -> impl Strategy<Value = Role> {
    select(vec![Role::Server, Role::Client])
}

/// Either kind.
pub fn kind() -> impl Strategy<Value = Kind> {
    select(vec![Kind::Text, Kind::Binary])
}

/// Rules whose limits don't matter, or do.
pub fn rules() -> impl Strategy<Value = Rules> {
    let frame_len_max = prop_oneof![4 => Just(u64::MAX), 1 => 0..300_u64];
    let message_len_max = prop_oneof![4 => Just(u64::MAX), 1 => 0..600_u64];
    (role(), any::<bool>(), frame_len_max, message_len_max).prop_map(
        |(role, pieces, frame_len_max, message_len_max)| Rules {
            role,
            pieces,
            frame_len_max,
            message_len_max,
        },
    )
}

/// A payload, as a rule small, of a length at each edge of the wire format.
pub fn payload(kind: Kind) -> BoxedStrategy<Vec<u8>> {
    let edge = select(vec![125_usize, 126, 127, 4096, 16_384, 20_000, 65_535, 65_536, 70_000]);
    match kind {
        Kind::Text => prop_oneof![
            6 => "\\PC{0,60}".prop_map(String::into_bytes),
            2 => "[aé€😀]{0,200}".prop_map(String::into_bytes),
            1 => edge.prop_map(|len| "aé€😀".chars().cycle().take(len / 2).collect::<String>().into()),
        ]
        .boxed(),
        Kind::Binary => prop_oneof![
            8 => vec(any::<u8>(), 0..140),
            2 => (edge, any::<u8>()).prop_map(|(len, start)| crate::frame::ascii(len, start)),
        ]
        .boxed(),
    }
}

/// A frame of control that may stand anywhere but the last.
fn control() -> impl Strategy<Value = (u8, Vec<u8>)> {
    (select(vec![0x9_u8, 0xA]), prop_oneof![vec(any::<u8>(), 0..8), vec(any::<u8>(), 120..=125)])
}

/// The frames of one message, split anywhere, with control frames between them.
fn message_frames(role: Role) -> impl Strategy<Value = Vec<Frame>> {
    let cuts = vec((any::<Index>(), vec(control(), 0..3)), 0..5);
    (kind().prop_flat_map(|kind| (Just(kind), payload(kind))), cuts).prop_map(
        move |((kind, payload), mut cuts)| {
            let mut frames = Vec::new();
            cuts.sort_by_key(|(index, _)| index.index(payload.len() + 1));
            let mut opcode = if kind == Kind::Text { 1 } else { 2 };
            let mut start = 0;
            for (index, controls) in &cuts {
                let end = index.index(payload.len() + 1);
                let part = Frame::new(role, opcode, &payload[start..end]);
                frames.push(Frame { first: opcode, ..part });
                frames.extend(controls.iter().map(|(op, body)| Frame::new(role, *op, &body[..])));
                (opcode, start) = (0, end);
            }
            frames.push(Frame::new(role, opcode, &payload[start..]));
            frames
        },
    )
}

/// A stream that breaks no rule: messages of both kinds, fragmented or not, control frames before,
/// between and inside them, every form of length; a Close at its end, or not.
pub fn valid_frames(role: Role) -> impl Strategy<Value = Vec<Frame>> {
    let controls = vec(control().prop_map(move |(op, body)| Frame::new(role, op, body)), 0..3);
    let end = prop_oneof![
        Just(None),
        (select(vec![1000_u16, 1001, 1011, 3000, 4999]), "[aé€]{0,40}").prop_map(
            move |(code, reason)| {
                let mut body = code.to_be_bytes().to_vec();
                body.extend_from_slice(reason.as_bytes());
                Some(Frame::new(role, 8, body))
            }
        ),
        Just(Some(Frame::new(role, 8, Vec::new()))),
    ];
    let keys = vec(any::<[u8; 4]>(), 1..6);
    (vec(prop_oneof![3 => message_frames(role).boxed(), 1 => controls.boxed()], 0..6), end, keys)
        .prop_map(|(groups, end, keys)| {
            let mut frames: Vec<Frame> = groups.into_iter().flatten().chain(end).collect();
            for (frame, key) in frames.iter_mut().zip(keys.iter().cycle()) {
                frame.key = frame.key.map(|_| *key);
            }
            frames
        })
}

/// What is done to a stream that breaks no rule.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Another first byte: FIN, a reserved bit, another opcode.
    First(u8),
    /// The other one masks.
    Mask,
    /// A length that isn't minimal, or has its highest bit set, or is only claimed.
    Length(Length),
    /// A byte of the payload is another.
    Payload(Index, u8),
    /// The body of a Close.
    Close(Vec<u8>),
    /// The frame is left out.
    Left,
    /// The frame comes again.
    Again,
}

fn fault() -> impl Strategy<Value = Fault> {
    let length = select(vec![
        Length::Medium,
        Length::Long,
        Length::Claimed(u64::MAX),
        Length::Claimed(1 << 63),
        Length::Claimed((1 << 63) - 1),
        Length::Claimed(65_535),
        Length::Claimed(65_536),
    ]);
    prop_oneof![
        any::<u8>().prop_map(Fault::First),
        Just(Fault::Mask),
        length.prop_map(Fault::Length),
        (any::<Index>(), any::<u8>()).prop_map(|(index, byte)| Fault::Payload(index, byte)),
        vec(any::<u8>(), 0..130).prop_map(Fault::Close),
        (990..5010_u16, vec(any::<u8>(), 0..3)).prop_map(|(code, reason)| {
            Fault::Close([&code.to_be_bytes()[..], &reason].concat())
        }),
        Just(Fault::Left),
        Just(Fault::Again),
    ]
}

/// A stream with some frames broken, each in one way; and perhaps cut short.
pub fn broken_stream(role: Role) -> impl Strategy<Value = Vec<u8>> {
    let faults = vec((any::<Index>(), fault()), 0..3);
    let cut_short = proptest::option::of(any::<Index>());
    (valid_frames(role), faults, cut_short).prop_map(move |(mut frames, faults, cut_short)| {
        for (index, fault) in faults {
            if !frames.is_empty() {
                let at = index.index(frames.len());
                break_frame(role, &mut frames, at, &fault);
            }
        }
        let mut stream = written(&frames);
        if let Some(index) = cut_short {
            stream.truncate(index.index(stream.len() + 1));
        }
        stream
    })
}

fn break_frame(role: Role, frames: &mut Vec<Frame>, at: usize, fault: &Fault) {
    let frame = &mut frames[at];
    match fault {
        Fault::First(first) => frame.first = *first,
        Fault::Mask => frame.key = if frame.key.is_some() { None } else { Some([1, 2, 3, 4]) },
        Fault::Length(length) => frame.length = *length,
        Fault::Payload(index, byte) if !frame.payload.is_empty() => {
            let at = index.index(frame.payload.len());
            frame.payload[at] = *byte;
        }
        Fault::Payload(..) => {}
        Fault::Close(body) => *frame = Frame::new(role, 8, &body[..]),
        Fault::Left => {
            frames.remove(at);
        }
        Fault::Again => frames.insert(at, frames[at].clone()),
    }
}

/// The frames as they go on the wire.
#[must_use]
pub fn written(frames: &[Frame]) -> Vec<u8> {
    let mut wire = Vec::new();
    for frame in frames {
        frame.write(&mut wire);
    }
    wire
}

/// Ways to cut a stream: mostly into small chunks, some of them empty.
pub fn cuts() -> impl Strategy<Value = Cuts> {
    let len = prop_oneof![6 => 0..20_usize, 2 => 20..400_usize, 1 => 400..40_000_usize];
    let cut = (len, any::<bool>()).prop_map(|(len, into_message)| Cut { len, into_message });
    vec(cut, 0..12).prop_map(Cuts)
}

/// Calls in any order, from a fuzzer's bytes.
pub fn scenario() -> impl Strategy<Value = Scenario> {
    vec(any::<u8>(), 0..600).prop_map(|bytes| Scenario::draw(&bytes))
}

/// What happens to a session, from a fuzzer's bytes.
pub fn schedule() -> impl Strategy<Value = Schedule> {
    vec(any::<u8>(), 0..400).prop_map(|bytes| Schedule::draw(&bytes))
}

/// Two ends and links that fail, from a fuzzer's bytes.
pub fn script() -> impl Strategy<Value = Script> {
    vec(any::<u8>(), 0..500).prop_map(|bytes| Script::draw(&bytes))
}

/// What one end sends.
pub fn sendings(count_max: usize) -> impl Strategy<Value = Vec<Sending>> {
    let message = kind().prop_flat_map(|kind| (Just(kind), payload(kind)));
    let fragments =
        kind().prop_flat_map(|kind| (Just(kind), payload(kind), vec(any::<Index>(), 0..5)));
    let sending = prop_oneof![
        4 => (message, 0..4_u8).prop_map(|((kind, bytes), how)| Sending::message(kind, bytes, how)),
        2 => fragments.prop_map(|(kind, bytes, cuts)| Sending::Fragments(kind, split(&bytes, &cuts))),
        1 => vec(any::<u8>(), 0..=125).prop_map(Sending::Ping),
    ];
    vec(sending, 0..count_max)
}

fn split(bytes: &[u8], cuts: &[Index]) -> Vec<Vec<u8>> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(bytes.len());
    let mut start = 0;
    let part = |end| bytes[std::mem::replace(&mut start, end)..end].to_vec();
    ends.into_iter().map(part).collect()
}

/// A client and a server that talk to each other.
pub fn exchange() -> impl Strategy<Value = Exchange> {
    let pace = (1..2000_u16, any::<u8>()).prop_map(|(len, how)| Pace { len: len.into(), how });
    (sendings(8), sendings(8), vec(pace, 1..8), any::<bool>(), any::<[u8; 32]>()).prop_map(
        |(client, server, pace, pieces, seed)| Exchange { client, server, pace, pieces, seed },
    )
}
