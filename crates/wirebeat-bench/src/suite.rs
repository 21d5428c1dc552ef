//! What is measured.

use wirebeat::Role;

use crate::compressed::{self, Compressed, Way};
use crate::{BATCH_MESSAGES, CHUNK_LEN_MAX, Content, Ownership, Receive, Send, Workload};

/// The lengths of message that are measured, in bytes.
pub const PAYLOAD_LENS: [usize; 6] = [0, 16, 125, 1024, 16 * 1024, 1024 * 1024];

/// From this length on, an application that has a payload as `Bytes` gains something by it.
const OWNED_LEN_MIN: usize = 16 * 1024;

const ROLES: [Role; 2] = [Role::Server, Role::Client];
const CONTENTS: [Content; 3] = [Content::Binary, Content::Ascii, Content::Mixed];

/// All that the comparison measures, unless it's told otherwise.
#[must_use]
pub fn comparison() -> Vec<Workload> {
    let mut workloads = Vec::new();
    for role in ROLES {
        for content in CONTENTS {
            workloads.extend(PAYLOAD_LENS.map(|len| whole(role, content, len)));
        }
    }
    for role in ROLES {
        for payload_len in PAYLOAD_LENS {
            workloads.extend(sends(role, payload_len));
        }
    }
    workloads.extend(compressed());
    workloads.extend(pathological());
    workloads
}

/// Messages that are compressed.
fn compressed() -> impl Iterator<Item = Workload> {
    [Way::Inflate, Way::Deflate].into_iter().flat_map(|way| {
        compressed::PAYLOAD_LENS
            .map(|payload_len| Workload::Compressed(Compressed { way, payload_len }))
    })
}

/// What an implementation may take quadratic time for: 1 MiB of text a byte at a time, and 16 MiB in
/// fragments of two bytes.
#[must_use]
pub fn pathological() -> [Workload; 2] {
    let receive = Receive {
        role: Role::Server,
        content: Content::Mixed,
        payload_len: 1024 * 1024,
        chunk_len: CHUNK_LEN_MAX,
        fragment_len: None,
    };
    let fragments = Receive { payload_len: 16 * 1024 * 1024, fragment_len: Some(2), ..receive };
    [Receive { chunk_len: 1, ..receive }, fragments].map(Workload::Receive)
}

fn whole(role: Role, content: Content, payload_len: usize) -> Workload {
    let (chunk_len, fragment_len) = (CHUNK_LEN_MAX, None);
    Workload::Receive(Receive { role, content, payload_len, chunk_len, fragment_len })
}

fn sends(role: Role, payload_len: usize) -> Vec<Workload> {
    // A batch of the largest would be a queue of 64 MiB.
    let batches: &[usize] = if payload_len > OWNED_LEN_MIN { &[1] } else { &[1, BATCH_MESSAGES] };
    let ownerships: &[Ownership] = match payload_len {
        OWNED_LEN_MIN.. => &[Ownership::Shared, Ownership::Unique],
        _ => &[Ownership::Borrowed],
    };
    let send = |ownership, batch| {
        Workload::Send(Send { role, payload_len, ownership, batch: Some(batch) })
    };
    ownerships
        .iter()
        .flat_map(|ownership| batches.iter().map(|batch| send(*ownership, *batch)))
        .collect()
}
