use std::time::Duration;

use wirebeat_sim::{Client, Echo, HostId, Idle, Latency, Link, Rng, Server, Sim, Talk};
use wirebeat_std::{Backoff, Config, Exponential, Heartbeat, Reconnect, SessionConfig};

use super::options::{Arguments, Lines, Policy};

/// The stream of the seed's numbers that lines are drawn from.
const LINES: u64 = 1 << 40;

/// The hosts that the command line asks for.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    clients: u32,
    servers: u32,
    every: Duration,
    lines: Lines,
    config: SessionConfig,
    /// Handshakes a second.
    capacity: u32,
    /// Within which time clients start.
    start_within: Duration,
}

impl Setup {
    pub(super) fn new(arguments: &Arguments) -> Setup {
        let beat = arguments.heartbeat;
        let heartbeat = (!beat.is_zero()).then(|| Heartbeat::pings(beat, beat));
        let connection = Config { heartbeat, ..Config::default() };
        let reconnect = Reconnect::with(backoff(&arguments.policy));
        let config =
            SessionConfig { connection, reconnect: Some(reconnect), ..SessionConfig::default() };
        let is_storm = arguments.storm.storm;
        Setup {
            clients: arguments.clients,
            servers: if is_storm { 1 } else { arguments.servers },
            every: arguments.every,
            lines: if is_storm { Lines::Plain } else { arguments.lines },
            config,
            capacity: if is_storm { arguments.storm.capacity } else { 0 },
            start_within: if is_storm { arguments.storm.at / 2 } else { Duration::ZERO },
        }
    }

    /// Adds the hosts.
    pub(super) fn add_to(&self, sim: &mut Sim) {
        let mut rng = Rng::new(sim.seed(), LINES);
        let servers: Vec<HostId> = (1..=self.servers)
            .map(|number| {
                let name =
                    if self.servers == 1 { "server".into() } else { format!("server-{number}") };
                let mut server = Server::new(Echo).config(self.config.connection.clone());
                if self.capacity > 0 {
                    let waiting_max = usize::try_from(self.capacity).unwrap_or(usize::MAX);
                    server = server.handshakes_per_second(self.capacity, waiting_max * 5);
                }
                sim.add_host(name, Link::ideal(), server)
            })
            .collect();
        for number in 1..=self.clients {
            let link = match self.lines {
                Lines::Random => Link::random(&mut rng),
                Lines::Plain => plain(),
            };
            let name = format!("client-{number}");
            if self.every.is_zero() {
                self.add_client(sim, name, link, Client::new(servers.clone(), Idle));
            } else {
                let talk = Talk::every(self.every);
                self.add_client(sim, name, link, Client::new(servers.clone(), talk));
            }
        }
    }

    fn add_client<A: wirebeat_sim::App>(
        &self,
        sim: &mut Sim,
        name: String,
        link: Link,
        client: Client<A>,
    ) {
        let client = client.config(self.config.clone()).start_within(self.start_within);
        sim.add_host(name, link, client);
    }
}

/// A line without limits, whose times differ a little, as real ones do.
fn plain() -> Link {
    let (low, high) = (Duration::from_millis(15), Duration::from_millis(25));
    Link {
        latency: Latency::between(low, high),
        read_len: (usize::MAX, usize::MAX),
        ..Link::default()
    }
}

fn backoff(policy: &Policy) -> Backoff {
    match policy.fixed {
        Some(delay) => Backoff::fixed(delay),
        None => Backoff::Exponential(Exponential {
            floor: policy.floor,
            cap: policy.cap,
            growth_percent: policy.growth,
            cap_max: policy.cap_max,
            ..Exponential::default()
        }),
    }
}
