//! Whether the far end is the relay: its certificate, and the proof that it has the key.
//!
//! The way from the certificate to an authority is found by webpki, as on a desktop: what embedded-tls brings along does
//! not ask whether a certificate on the way may sign others.

use embedded_tls::{
    Aes128GcmSha256, CertificateEntryRef, CertificateRef, CertificateVerifyRef, SignatureScheme, TlsError,
    TlsVerifier,
};
use heapless::Vec;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, ServerName, SignatureVerificationAlgorithm,
    TrustAnchor, UnixTime, alg_id,
};
use sha2::{Digest, Sha256};
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

use super::{Time, TlsTrouble, Trust};

/// Authorities, and certificates that the relay sends, that are looked at.
const MOST: usize = 8;
/// What stands before the point of a P-256 key in a certificate: its algorithm, and the head of a bit string of 66.
const ALGORITHM: [u8; 2] = [0x30, 0x13];
const BITS: [u8; 3] = [0x03, 0x42, 0x00];
/// What the relay signs, before the hash of all that was said so far.
const SIGNED: &[u8] = b"TLS 1.3, server CertificateVerify\0";
const HASH: usize = 32;
const PADDING: usize = 64;

/// Checks one relay in one handshake.
pub(super) struct Verifier<'a> {
    trust: &'a Trust<'a>,
    /// The key in its certificate, which was found good, and all that was said up to there.
    shown: Option<(VerifyingKey, Sha256)>,
    /// It has proven that it has that key.
    proven: bool,
    trouble: Option<TlsTrouble>,
}

impl<'a> Verifier<'a> {
    pub(super) fn new(trust: &'a Trust<'a>) -> Self {
        Self { trust, shown: None, proven: false, trouble: None }
    }

    /// What came of a handshake that ended so. One in which nobody proved anything is none, however well it ended:
    /// embedded-tls leaves that to us.
    pub(super) fn judge(&self, ended: Result<(), TlsTrouble>) -> Result<(), TlsTrouble> {
        match (self.trouble, ended) {
            (Some(trouble), _) => Err(trouble),
            (None, Ok(())) if !self.proven => Err(TlsTrouble::Unproven),
            (None, ended) => ended,
        }
    }

    fn note<T>(&mut self, result: Result<T, TlsTrouble>) -> Result<T, TlsError> {
        result.map_err(|trouble| {
            self.trouble = Some(trouble);
            TlsError::InvalidCertificate
        })
    }
}

impl TlsVerifier<Aes128GcmSha256> for Verifier<'_> {
    /// The name is known already.
    fn set_hostname_verification(&mut self, _: &str) -> Result<(), TlsError> {
        Ok(())
    }

    fn verify_certificate(&mut self, transcript: &Sha256, chain: CertificateRef<'_>) -> Result<(), TlsError> {
        self.proven = false;
        let key = self.note(vouched(self.trust, &chain))?;
        self.shown = Some((key, transcript.clone()));
        Ok(())
    }

    fn verify_signature(&mut self, proof: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        let shown = self.shown.take();
        self.note(proved(shown, &proof))?;
        self.proven = true;
        Ok(())
    }
}

/// The key of the relay, if an authority vouches for it.
fn vouched(trust: &Trust<'_>, chain: &CertificateRef<'_>) -> Result<VerifyingKey, TlsTrouble> {
    let chain: Vec<CertificateDer<'_>, MOST> =
        chain.entries.iter().filter_map(certificate).take(MOST).collect();
    let (first, others) = chain.split_first().ok_or(TlsTrouble::Unproven)?;
    let authorities: Vec<CertificateDer<'_>, MOST> =
        trust.authorities.iter().map(|der| CertificateDer::from(*der)).take(MOST).collect();
    let anchors: Result<Vec<TrustAnchor<'_>, MOST>, _> =
        authorities.iter().map(anchor_from_trusted_cert).collect();
    let anchors = anchors.map_err(|_| TlsTrouble::BadAuthority)?;
    let leaf = EndEntityCert::try_from(first).map_err(trouble)?;
    leads(&leaf, &anchors, others, (trust.time)()).map_err(trouble)?;
    let host = ServerName::try_from(trust.host).map_err(|_| TlsTrouble::WrongName)?;
    leaf.verify_is_valid_for_subject_name(&host).map_err(trouble)?;
    key(first)
}

fn certificate<'a>(entry: &CertificateEntryRef<'a>) -> Option<CertificateDer<'a>> {
    match entry {
        CertificateEntryRef::X509(der) => Some(CertificateDer::from(*der)),
        CertificateEntryRef::RawPublicKey(_) => None,
    }
}

/// Whether the way from the certificate leads to an authority, at that time, or at a later one if none is known.
fn leads(
    leaf: &EndEntityCert<'_>,
    anchors: &[TrustAnchor<'_>],
    others: &[CertificateDer<'_>],
    time: Time,
) -> Result<(), Error> {
    let (seconds, exact) = match time {
        Time::Now(seconds) => (seconds, true),
        Time::AtLeast(seconds) => (seconds, false),
    };
    let mut time = UnixTime::since_unix_epoch(core::time::Duration::from_secs(seconds));
    for _ in 0..=MOST {
        match leaf.verify_for_usage(&[&P256], anchors, others, time, KeyUsage::server_auth(), None, None) {
            Err(Error::CertNotValidYet { not_before, .. }) if !exact => time = not_before,
            end => return end.map(|_| ()),
        }
    }
    Err(Error::UnknownIssuer)
}

/// The key in a certificate.
fn key(certificate: &CertificateDer<'_>) -> Result<VerifyingKey, TlsTrouble> {
    let info = anchor_from_trusted_cert(certificate).map_err(trouble)?.subject_public_key_info;
    let point = info.strip_prefix(&ALGORITHM).and_then(|rest| rest.strip_prefix(alg_id::ECDSA_P256.as_ref()));
    let point = point.and_then(|rest| rest.strip_prefix(&BITS)).ok_or(TlsTrouble::Unsupported)?;
    VerifyingKey::from_sec1_bytes(point).map_err(|_| TlsTrouble::Certificate)
}

/// Whether the relay has the key of the certificate that it showed.
fn proved(shown: Option<(VerifyingKey, Sha256)>, proof: &CertificateVerifyRef<'_>) -> Result<(), TlsTrouble> {
    let (key, said) = shown.ok_or(TlsTrouble::Unproven)?;
    if !matches!(proof.signature_scheme, SignatureScheme::EcdsaSecp256r1Sha256) {
        return Err(TlsTrouble::Unsupported);
    }
    let mut message: Vec<u8, { PADDING + SIGNED.len() + HASH }> = Vec::new();
    // It has room for just these.
    let _ = message.resize(PADDING, b' ');
    let _ = message.extend_from_slice(SIGNED);
    let _ = message.extend_from_slice(&said.finalize());
    let signature = Signature::from_der(proof.signature).map_err(|_| TlsTrouble::Unproven)?;
    key.verify(&message, &signature).map_err(|_| TlsTrouble::Unproven)
}

#[allow(clippy::needless_pass_by_value)] // the shape of map_err
fn trouble(error: Error) -> TlsTrouble {
    match error {
        // Of a bad signature is who has but the name of an authority.
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => TlsTrouble::UnknownIssuer,
        Error::CertExpired { .. } | Error::InvalidCertValidity => TlsTrouble::Expired,
        Error::CertNotValidYet { .. } => TlsTrouble::NotYet,
        Error::CertNotValidForName(_) => TlsTrouble::WrongName,
        Error::CaUsedAsEndEntity => TlsTrouble::Authority,
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => TlsTrouble::Unsupported,
        _ => TlsTrouble::Certificate,
    }
}

/// ECDSA on the curve P-256, over SHA-256.
#[derive(Debug)]
struct P256;

impl SignatureVerificationAlgorithm for P256 {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }

    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::Signer;
    use rand_core::OsRng;

    use super::*;

    const TRUST: Trust<'_> = Trust { host: "relay", authorities: &[], time: &|| Time::AtLeast(0) };

    /// After a certificate with that key was found good.
    fn shown(key: &SigningKey) -> Verifier<'static> {
        let shown = Some((*key.verifying_key(), Sha256::new_with_prefix("all that was said")));
        Verifier { shown, ..Verifier::new(&TRUST) }
    }

    fn shows(verifier: &mut Verifier<'_>, signature: &Signature) -> Result<(), TlsTrouble> {
        let signature = signature.to_der();
        let signature_scheme = SignatureScheme::EcdsaSecp256r1Sha256;
        let proof = CertificateVerifyRef { signature_scheme, signature: signature.as_bytes() };
        let ended = verifier.verify_signature(proof).map_err(TlsTrouble::of);
        verifier.judge(ended)
    }

    fn message(said: &str) -> std::vec::Vec<u8> {
        [&[b' '; PADDING], SIGNED, &Sha256::digest(said)].concat()
    }

    #[test]
    fn who_signs_what_was_said_has_the_key() {
        let key = SigningKey::random(&mut OsRng);
        let signature = key.sign(&message("all that was said"));
        assert_eq!(shows(&mut shown(&key), &signature), Ok(()));
        let other: Signature = key.sign(&message("something else"));
        assert_eq!(shows(&mut shown(&key), &other), Err(TlsTrouble::Unproven));
        let forged: Signature = SigningKey::random(&mut OsRng).sign(&message("all that was said"));
        assert_eq!(shows(&mut shown(&key), &forged), Err(TlsTrouble::Unproven));
    }

    #[test]
    fn a_handshake_without_a_proof_is_none() {
        let key = SigningKey::random(&mut OsRng);
        assert_eq!(Verifier::new(&TRUST).judge(Ok(())), Err(TlsTrouble::Unproven));
        assert_eq!(shown(&key).judge(Ok(())), Err(TlsTrouble::Unproven));
        let early = key.sign(&message("all that was said"));
        assert_eq!(shows(&mut Verifier::new(&TRUST), &early), Err(TlsTrouble::Unproven));
    }
}
