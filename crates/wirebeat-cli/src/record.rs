//! Recordings of connections, for `wirebeat replay`.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use wirebeat_sim::record::Log;
use wirebeat_std::Timestamp;
use wirebeat_std::record::{Begin, Call, Recorder, Recording};

use crate::failure::Failure;

/// A recording that goes to a file, which takes the place of one that's there.
///
/// Each call is written at once, so that a program that is ended leaves all of them behind.
pub(crate) fn to_file(path: &Path, is_redacted: bool) -> Result<Log, Failure> {
    let file = open(path, OpenOptions::new().create(true).truncate(true))
        .map_err(|error| Failure::Io(format!("{} can't be written", path.display()), error))?;
    Ok(log(file, is_redacted))
}

/// Whether all of a recording was written.
pub(crate) fn check(log: &Log, path: &Path) -> Result<(), Failure> {
    let ends_early = || format!("{} ends before the connection did", path.display());
    log.error().map_or(Ok(()), |error| Err(Failure::Io(ends_early(), error)))
}

fn log(file: File, is_redacted: bool) -> Log {
    let log = Log::to(file);
    if is_redacted { log.redacted() } else { log }
}

/// Opens a file to write to, that nobody else reads: what is recorded may be secret.
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true).open(path)
}

/// A folder that each connection gets a file in: `1.wbrec`, and so on, past those that are there.
pub(crate) struct Folder<F> {
    path: PathBuf,
    is_redacted: bool,
    /// The number that was given last.
    number: AtomicU64,
    on_failure: F,
}

impl<F: Fn(&str) + Clone> Folder<F> {
    /// Makes the folder, unless it's there. `on_failure` is told which connection isn't recorded,
    /// or not to its end.
    pub(crate) fn new(path: &Path, is_redacted: bool, on_failure: F) -> Result<Folder<F>, Failure> {
        fs::create_dir_all(path)
            .map_err(|error| Failure::Io(format!("{} can't be made", path.display()), error))?;
        Ok(Folder { path: path.into(), is_redacted, number: AtomicU64::new(0), on_failure })
    }

    fn create(&self) -> io::Result<(PathBuf, File)> {
        loop {
            let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
            let path = self.path.join(format!("{number}.wbrec"));
            match open(&path, OpenOptions::new().create_new(true)) {
                Ok(file) => return Ok((path, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<F: Fn(&str) + Clone + Send + Sync + 'static> Recorder for Folder<F> {
    fn record(&self, begin: &Begin) -> Option<Box<dyn Recording>> {
        match self.create() {
            Ok((path, file)) => {
                let log = log(file, self.is_redacted);
                let recording = log.record(begin)?;
                Some(Box::new(Watched {
                    recording,
                    log,
                    path,
                    on_failure: self.on_failure.clone(),
                }))
            }
            Err(error) => {
                let folder = self.path.display();
                (self.on_failure)(&format!("no recording can be made in {folder}: {error}"));
                None
            }
        }
    }

    fn takes_compressed(&self) -> bool {
        !self.is_redacted
    }
}

impl<F> fmt::Debug for Folder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A recording of whose failure somebody is told when it's over.
struct Watched<F> {
    recording: Box<dyn Recording>,
    log: Log,
    path: PathBuf,
    on_failure: F,
}

impl<F: Fn(&str) + Send + Sync> Recording for Watched<F> {
    fn call(&mut self, at: Timestamp, call: Call) {
        self.recording.call(at, call);
    }

    fn end(&mut self) {
        self.recording.end();
        if let Some(error) = self.log.error() {
            let path = self.path.display();
            (self.on_failure)(&format!("{path} ends before the connection did: {error}"));
        }
    }
}

impl<F> fmt::Debug for Watched<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("path", &self.path).finish_non_exhaustive()
    }
}
