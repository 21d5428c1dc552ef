//! The workloads are what they say they are, and whoever does something else is found out.
#![forbid(unsafe_code)]

use std::collections::HashSet;

use bytes::Bytes;
use wirebeat::{Connection, Role};
use wirebeat_bench::{
    Content, Delivered, FLOOR, Job, JobError, Memory, OURS, Ownership, Rank, ReceiveJob, Send,
    Subject, Workload, suite, wire,
};

/// Few messages, so that the tests are quick; enough that some straddle chunks.
fn few(workload: &Workload) -> usize {
    match workload.payload_len() {
        0..=1024 => 200,
        1025..=65536 => 9,
        _ => 1,
    }
}

#[test]
fn wirebeat_and_the_floor_do_every_workload() {
    for workload in suite::comparison() {
        for subject in [OURS, FLOOR].into_iter().filter(|it| it.can_do(&workload)) {
            for job in Job::all(&workload, few(&workload)) {
                assert_eq!(job.run(&subject), Ok(()), "{} {workload}", subject.name);
            }
        }
    }
}

#[test]
fn a_workload_is_named_by_what_it_prints() {
    let workloads = suite::comparison();
    let names: HashSet<_> = workloads.iter().map(Workload::to_string).collect();
    assert_eq!(names.len(), workloads.len());
    for workload in workloads {
        assert_eq!(workload.to_string().parse(), Ok(workload));
    }
    for name in ["", "receive", "receive/server/binary", "receive/server/binary/16/chunks-0"] {
        assert!(name.parse::<Workload>().is_err(), "{name:?}");
    }
}

#[test]
fn payloads_have_the_length_and_the_content_that_were_asked_for() {
    for len in suite::PAYLOAD_LENS {
        for content in [Content::Ascii, Content::Mixed] {
            let payload = content.payload(len);
            let text = std::str::from_utf8(&payload).unwrap();
            assert_eq!((text.len(), text.is_ascii()), (len, content == Content::Ascii || len < 3));
        }
        assert_eq!(Content::Binary.payload(len).len(), len);
    }
}

#[test]
fn a_library_that_delivers_too_little_is_found_out() {
    let deaf = |_: ReceiveJob| Delivered::default();
    let deaf = Subject { name: "deaf", rank: Rank::Peer, receive: deaf, send: |_| {}, codec: None };
    for workload in
        ["receive/server/binary/16", "send/client/16/borrowed", "inflate/1024", "deflate/1024"]
    {
        for job in Job::all(&workload.parse().unwrap(), 3) {
            assert!(matches!(
                job.run(&deaf),
                Err(JobError::Delivered { .. } | JobError::Written { written: 0, .. })
            ));
        }
    }
}

#[test]
fn a_job_can_be_done_again() {
    for workload in ["receive/client/mixed/125", "send/client/16384/unique"] {
        for job in Job::all(&workload.parse().unwrap(), 3) {
            assert_eq!(job.again().run(&OURS), Ok(()));
            assert_eq!(job.run(&OURS), Ok(()));
        }
    }
}

#[test]
fn a_transport_hands_out_no_more_than_a_chunk() {
    let mut memory = Memory::new(Bytes::from(vec![7; 100]), 64);
    let mut room = [0; 128];
    assert_eq!(memory.read_to(&mut room), 64);
    let mut behind = vec![1];
    assert_eq!(memory.read_behind(&mut behind), 36);
    assert_eq!((behind.len(), behind[0], behind[36]), (37, 1, 7));
    assert_eq!(memory.read_to(&mut room), 0);
}

#[test]
fn both_ways_to_send_write_the_same() {
    let send =
        Send { role: Role::Client, payload_len: 125, ownership: Ownership::Shared, batch: None };
    let expected = (10 * wire::frame_len(Role::Client, 125)) as u64;
    for job in Job::all(&Workload::Send(send), 10) {
        let Job::Send(job, length) = job else { unreachable!("it's a sending workload") };
        let written = job.transport.written();
        (OURS.send)(job);
        assert_eq!((written.len(), length), (expected, expected));
    }
}

/// An idle server connection owns nothing on the heap (the core's tests count that), so this is all
/// that it occupies.
#[test]
fn an_idle_connection_occupies_at_most_512_bytes() {
    let size = size_of::<Connection>();
    assert!(size <= 512, "{size}");
}
