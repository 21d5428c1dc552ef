use std::error::Error;
use std::fmt;

use bytes::Bytes;
use wirebeat::Role;

use crate::{
    BATCH_MESSAGES, CHUNK_LEN_MAX, Content, Memory, Ownership, Receive, Send, Subject, Way,
    Workload, wire,
};

/// A receiving workload that is ready to run: all its bytes are there.
#[derive(Clone, Debug)]
pub struct ReceiveJob {
    /// Where the messages are read from.
    pub transport: Memory,
    /// Of the receiver.
    pub role: Role,
    /// What the messages consist of.
    pub content: Content,
    /// How many messages there are.
    pub messages: usize,
    /// A driver's scratch buffer.
    pub scratch: Vec<u8>,
}

/// A sending workload that is ready to run: all payloads are there.
#[derive(Clone, Debug)]
pub struct SendJob {
    /// Where the messages are written to.
    pub transport: Memory,
    /// Of the sender.
    pub role: Role,
    /// What is sent.
    pub payloads: Payloads,
    /// How many messages are sent.
    pub messages: usize,
    /// How many are queued before they're written.
    pub batch: usize,
}

/// The payloads of a [`SendJob`], which are all alike.
#[derive(Clone, Debug)]
pub enum Payloads {
    /// A slice, the same for each message.
    Borrowed(Bytes),
    /// `Bytes` that the application holds on to.
    Shared(Bytes),
    /// `Bytes` for each message, of which there is no clone.
    Unique(Vec<Bytes>),
}

/// What a library delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// How many messages.
    pub messages: usize,
    /// How many bytes of payload.
    pub payload_len: u64,
}

/// A library did something else than the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobError {
    /// It delivered something else.
    Delivered {
        /// What it delivered.
        delivered: Delivered,
        /// What there was to deliver.
        expected: Delivered,
    },
    /// It wrote something else.
    Written {
        /// How many bytes it wrote.
        written: u64,
        /// How many bytes the messages are.
        expected: u64,
    },
}

/// A [`Workload`] that is ready to run.
#[derive(Debug)]
pub enum Job {
    /// To receive, and what should come of it.
    Receive(ReceiveJob, Delivered),
    /// To send, and how many bytes should be written.
    Send(SendJob, u64),
    /// To receive compressed messages, and what should come of it.
    Inflate(ReceiveJob, Delivered),
    /// To send compressed messages, and about how many bytes should be written.
    Deflate(SendJob, u64),
}

impl Job {
    /// Makes the jobs that a workload of `messages` messages consists of: more than one if it's to
    /// be done in more than one way.
    #[must_use]
    pub fn all(workload: &Workload, messages: usize) -> Vec<Job> {
        match workload {
            Workload::Receive(receive) => vec![Job::receive(receive, messages)],
            Workload::Send(send) => match send.batch {
                Some(batch) => vec![Job::send(send, messages, batch)],
                None => [1, BATCH_MESSAGES].map(|batch| Job::send(send, messages, batch)).into(),
            },
            Workload::Compressed(compressed) => {
                vec![match compressed.way {
                    Way::Inflate => {
                        let (job, expected) = compressed.inflate_job(messages);
                        Job::Inflate(job, expected)
                    }
                    Way::Deflate => {
                        let (job, expected) = compressed.deflate_job(messages);
                        Job::Deflate(job, expected)
                    }
                }]
            }
        }
    }

    fn receive(workload: &Receive, messages: usize) -> Job {
        let Receive { role, content, payload_len, chunk_len, .. } = *workload;
        let transport = Memory::new(wire::incoming(workload, messages), chunk_len);
        let expected = Delivered { messages, payload_len: (messages * payload_len) as u64 };
        let scratch = vec![0; CHUNK_LEN_MAX];
        Job::Receive(ReceiveJob { transport, role, content, messages, scratch }, expected)
    }

    fn send(workload: &Send, messages: usize, batch: usize) -> Job {
        let Send { role, payload_len, ownership, .. } = *workload;
        let transport = Memory::new(Bytes::new(), CHUNK_LEN_MAX);
        let payloads = Payloads::new(ownership, payload_len, messages);
        let expected = (messages * wire::frame_len(role, payload_len)) as u64;
        Job::Send(SendJob { transport, role, payloads, messages, batch }, expected)
    }

    /// The same job once more, with a transport and payloads of its own.
    #[must_use]
    pub fn again(&self) -> Job {
        match self {
            Job::Receive(job, expected) => Job::Receive(job.clone(), *expected),
            Job::Inflate(job, expected) => Job::Inflate(job.clone(), *expected),
            Job::Deflate(job, expected) => Job::Deflate(job.again(), *expected),
            Job::Send(job, expected) => Job::Send(job.again(), *expected),
        }
    }

    /// Has a library do it.
    ///
    /// # Errors
    ///
    /// - [`JobError`]: the library did anything else, so that a measurement would say nothing.
    pub fn run(self, subject: &Subject) -> Result<(), JobError> {
        match (self, subject.codec) {
            (Job::Receive(job, expected), _) => expect((subject.receive)(job), expected),
            (Job::Inflate(job, expected), Some(codec)) => expect((codec.inflate)(job), expected),
            (Job::Inflate(_, expected), None) => expect(Delivered::default(), expected),
            (Job::Send(job, expected), _) => {
                let written = job.transport.written();
                (subject.send)(job);
                match written.len() {
                    written if written == expected => Ok(()),
                    written => Err(JobError::Written { written, expected }),
                }
            }
            (Job::Deflate(job, expected), codec) => {
                let written = job.transport.written();
                if let Some(codec) = codec {
                    (codec.deflate)(job);
                }
                match written.len() {
                    // Each library has a compressor of its own.
                    written if written.abs_diff(expected) <= expected / 10 => Ok(()),
                    written => Err(JobError::Written { written, expected }),
                }
            }
        }
    }
}

fn expect(delivered: Delivered, expected: Delivered) -> Result<(), JobError> {
    match delivered == expected {
        true => Ok(()),
        false => Err(JobError::Delivered { delivered, expected }),
    }
}

impl SendJob {
    fn again(&self) -> SendJob {
        let transport = Memory::new(Bytes::new(), CHUNK_LEN_MAX);
        SendJob { transport, payloads: self.payloads.again(), ..self.clone() }
    }
}

/// Has a library do a job while a profiler looks: it collects what happens in this function.
#[inline(never)]
pub(crate) fn run_observed(job: Job, subject: &Subject) -> Result<(), JobError> {
    job.run(subject)
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JobError::Delivered { delivered, expected } => {
                write!(f, "delivered {delivered:?} instead of {expected:?}")
            }
            JobError::Written { written, expected } => {
                write!(f, "wrote {written} bytes instead of {expected}")
            }
        }
    }
}

impl Error for JobError {}

impl Payloads {
    fn new(ownership: Ownership, payload_len: usize, messages: usize) -> Payloads {
        let payload = Content::Binary.payload(payload_len);
        match ownership {
            Ownership::Borrowed => Payloads::Borrowed(payload),
            Ownership::Shared => Payloads::Shared(payload),
            Ownership::Unique => {
                Payloads::Unique((0..messages).map(|_| Bytes::copy_from_slice(&payload)).collect())
            }
        }
    }

    fn again(&self) -> Payloads {
        match self {
            Payloads::Borrowed(_) | Payloads::Shared(_) => self.clone(),
            Payloads::Unique(all) => {
                Payloads::Unique(all.iter().map(|bytes| Bytes::copy_from_slice(bytes)).collect())
            }
        }
    }

    /// The next payload, for a library that takes nothing but `Bytes`.
    #[inline]
    pub fn next_bytes(&mut self) -> Bytes {
        match self {
            Payloads::Borrowed(bytes) | Payloads::Shared(bytes) => bytes.clone(),
            Payloads::Unique(all) => all.pop().unwrap_or_default(),
        }
    }
}

impl Delivered {
    /// Counts one message.
    #[inline]
    pub fn count(&mut self, payload: &[u8]) {
        std::hint::black_box(payload.as_ptr());
        self.messages += 1;
        self.payload_len += payload.len() as u64;
    }
}
