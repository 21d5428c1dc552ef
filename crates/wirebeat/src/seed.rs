use core::fmt;

use chacha20::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// All the randomness that a connection uses: the handshake nonce and the masking keys.
///
/// The core draws nothing from the operating system. An adapter fills a seed from the system's
/// generator, a test writes one down; the same seed and the same inputs give the same bytes.
/// Masking keys must not be predictable by the application's data ([RFC 6455 §10.3]), so a seed
/// that is used on a real network must come from a cryptographic generator and must not be reused.
///
/// [RFC 6455 §10.3]: https://www.rfc-editor.org/rfc/rfc6455#section-10.3
///
/// ```
/// use wirebeat::Seed;
///
/// let seed = Seed::new([7; 32]);
/// assert_ne!(seed.child(1), seed.child(2));
/// assert_eq!(seed.child(1), Seed::new([7; 32]).child(1));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed of the given 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Seed {
        Seed(bytes)
    }

    /// A seed for one use of its own, so that what is drawn there doesn't disturb any other.
    ///
    /// Children of different labels are independent of one another.
    #[must_use]
    pub fn child(&self, label: u64) -> Seed {
        let mut generator = ChaCha8Rng::from_seed(self.0);
        generator.set_stream(label);
        let mut bytes = [0; 32];
        generator.fill_bytes(&mut bytes);
        Seed(bytes)
    }

    /// The generator that this seed stands for. Its algorithm, ChaCha8, is part of what a recorded
    /// session means, and stays.
    pub(crate) fn generator(&self) -> ChaCha8Rng {
        ChaCha8Rng::from_seed(self.0)
    }
}

/// Hides the bytes: whoever reads them in a log can predict the masking keys.
impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}
