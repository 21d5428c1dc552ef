//! Wirebeat with permessage-deflate, by its defaults.

use wirebeat::extension::{Deflate, DeflateParameters};
use wirebeat::{Connection, Role};

use crate::compressed::Codec;
use crate::ours::{connection, receive_by, send_by};

pub(crate) const CODEC: Codec =
    Codec { inflate: |job| receive_by(compressed, job), deflate: |job| send_by(compressed, job) };

fn compressed(role: Role) -> Connection {
    connection(role).with_deflate(&Deflate::default(), DeflateParameters::default())
}
