//! Noise's `NNpsk0` (revision 34, sections 5, 7 and 9), as far as a seal needs it: two messages without a payload.

use blake2::{Blake2s256, Digest};
use chacha20poly1305::{AeadInPlace, ChaCha20Poly1305, KeyInit, Tag};
use hkdf::SimpleHkdf;
use rand_core::CryptoRngCore;
use signaling_core::UserId;
use x25519_dalek::{PublicKey, ReusableSecret, X25519_BASEPOINT_BYTES};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::PresharedKey;

const PROTOCOL: &str = "Noise_NNpsk0_25519_ChaChaPoly_BLAKE2s";
/// Bound into every handshake, with the names of who asks and who answers.
const PROLOGUE: &str = "signaling direct 1";

/// The bytes of a public key, of a hash and of a key of the cipher.
const KEY: usize = 32;
/// The bytes that prove that a message was not changed.
pub(super) const TAG: usize = 16;
/// The bytes of a message: a public key and a tag.
pub(super) const MESSAGE: usize = KEY + TAG;

/// One message of the handshake.
pub(super) type Message = [u8; MESSAGE];

/// Who asks whom.
#[derive(Clone, Copy)]
pub(super) struct Parties<'a> {
    pub(super) asks: &'a UserId,
    pub(super) answers: &'a UserId,
}

/// What a session is encrypted with, in each direction.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Keys {
    pub(super) sends: [u8; KEY],
    pub(super) receives: [u8; KEY],
}

/// The handshake of who asks, until it is answered.
pub(super) struct Question {
    secret: ReusableSecret,
    transcript: Transcript,
    pub(super) message: Message,
}

impl Question {
    pub(super) fn new(key: &PresharedKey, parties: Parties<'_>, random: &mut dyn CryptoRngCore) -> Self {
        let secret = ReusableSecret::random_from_rng(random);
        let mut transcript = Transcript::new(key, parties);
        let message = transcript.write(&secret, None);
        Self { secret, transcript, message }
    }

    /// The keys of the session, if that is the answer. What is none changes nothing.
    pub(super) fn answered(&self, answer: &Message) -> Option<Keys> {
        let mut transcript = self.transcript.clone();
        transcript.read(answer, Some(&self.secret))?;
        let [sends, receives] = *transcript.derive(&[]);
        Some(Keys { sends, receives })
    }
}

/// The answer to a question, and the keys of the session; none if it was not asked with this key.
pub(super) fn answer(
    key: &PresharedKey,
    parties: Parties<'_>,
    question: &Message,
    random: &mut dyn CryptoRngCore,
) -> Option<(Message, Keys)> {
    let mut transcript = Transcript::new(key, parties);
    let asks = transcript.read(question, None)?;
    let answer = transcript.write(&ReusableSecret::random_from_rng(random), Some(&asks));
    let [receives, sends] = *transcript.derive(&[]);
    Some((answer, Keys { sends, receives }))
}

/// All that was said so far, mixed (Noise's SymmetricState).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Transcript {
    chaining: [u8; KEY],
    hash: [u8; KEY],
    key: [u8; KEY],
}

impl Transcript {
    fn new(key: &PresharedKey, Parties { asks, answers }: Parties<'_>) -> Self {
        let chaining = Blake2s256::digest(PROTOCOL).into();
        let mut transcript = Self { chaining, hash: chaining, key: [0; KEY] };
        // Names hold no control characters, so nothing else reads like this.
        transcript.mix_hash(&[PROLOGUE, "\n", asks.as_str(), "\n", answers.as_str()].map(str::as_bytes));
        let [chaining, hash, mixed] = *transcript.derive(&key.0);
        transcript.mix_hash(&[&hash]);
        (transcript.chaining, transcript.key) = (chaining, mixed);
        transcript
    }

    /// Says a message: the public key of `secret`; and what it has in common with that of the other side, if that is
    /// known.
    fn write(&mut self, secret: &ReusableSecret, other: Option<&PublicKey>) -> Message {
        let public = public(secret);
        self.mix_public(&public);
        if let Some(other) = other {
            self.mix_key(secret.diffie_hellman(other).as_bytes());
        }
        let tag = self.tag();
        let mut message = [0; MESSAGE];
        message[..KEY].copy_from_slice(public.as_bytes());
        message[KEY..].copy_from_slice(&tag);
        message
    }

    /// Hears one: the public key in it, if it was made with the same key and in the same course of events.
    fn read(&mut self, message: &Message, secret: Option<&ReusableSecret>) -> Option<PublicKey> {
        let (public, tag) = message.split_first_chunk::<KEY>()?;
        let tag = Tag::from(*tag.as_array::<TAG>()?);
        let public = PublicKey::from(*public);
        self.mix_public(&public);
        if let Some(secret) = secret {
            self.mix_key(secret.diffie_hellman(&public).as_bytes());
        }
        let cipher = ChaCha20Poly1305::new((&self.key).into());
        cipher.decrypt_in_place_detached(&nonce(0), &self.hash, &mut [], &tag).ok()?;
        self.mix_hash(&[&tag]);
        Some(public)
    }

    /// Proves what was said so far.
    fn tag(&mut self) -> Tag {
        let cipher = ChaCha20Poly1305::new((&self.key).into());
        let tag = cipher.encrypt_in_place_detached(&nonce(0), &self.hash, &mut []).expect(SHORT);
        self.mix_hash(&[&tag]);
        tag
    }

    fn mix_public(&mut self, public: &PublicKey) {
        self.mix_hash(&[public.as_bytes()]);
        self.mix_key(public.as_bytes());
    }

    fn mix_hash(&mut self, parts: &[&[u8]]) {
        let hash = Blake2s256::new_with_prefix(self.hash);
        self.hash = parts.iter().fold(hash, Digest::chain_update).finalize().into();
    }

    fn mix_key(&mut self, input: &[u8]) {
        [self.chaining, self.key] = *self.derive(input);
    }

    /// Noise's HKDF is that of RFC 5869 without an info.
    fn derive<const N: usize>(&self, input: &[u8]) -> Zeroizing<[[u8; KEY]; N]> {
        let mut output = Zeroizing::new([[0; KEY]; N]);
        let hkdf = SimpleHkdf::<Blake2s256>::new(Some(&self.chaining), input);
        hkdf.expand(&[], output.as_flattened_mut()).expect("three hashes are fewer than 255");
        output
    }
}

/// The public key of a secret, by the multiplication that is needed anyway (RFC 7748, section 6.1): the crate's own way
/// is another one, 2 300 bytes of code and 1 900 of stack more.
fn public(secret: &ReusableSecret) -> PublicKey {
    PublicKey::from(secret.diffie_hellman(&PublicKey::from(X25519_BASEPOINT_BYTES)).to_bytes())
}

/// Why something can be encrypted.
pub(super) const SHORT: &str = "it is shorter than 256 GB";

/// The number of a message as the cipher wants it.
pub(super) fn nonce(number: u64) -> chacha20poly1305::Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&number.to_le_bytes());
    nonce.into()
}
