//! Who may vouch for a relay.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::RootsError;

/// The authorities that may vouch for a relay's certificate. A clone shares them.
#[derive(Clone)]
pub struct Roots(pub(super) Arc<RootCertStore>);

impl Roots {
    /// Those that this system trusts, as browsers do; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others. It reads
    /// files, up to a few hundred KB.
    ///
    /// # Errors
    /// [`RootsError::System`] if there are none.
    pub fn system() -> Result<Self, RootsError> {
        let found = rustls_native_certs::load_native_certs();
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            let why = found.errors.first().map(|error| format!(" ({error})"));
            return Err(RootsError::System(why.unwrap_or_default()));
        }
        Ok(Self(Arc::new(store)))
    }

    /// Those in that file, in PEM, and nobody else: certificates of authorities, or a relay's own that was signed
    /// by itself.
    ///
    /// # Errors
    /// [`RootsError`] if the file cannot be read, or holds none or a damaged one.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, RootsError> {
        let path = path.as_ref();
        let pem = std::fs::read(path).map_err(|error| RootsError::File { path: path.into(), error })?;
        let damaged = |what: String| RootsError::Damaged { path: path.into(), what };
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| damaged(error.to_string()))?;
            store.add(certificate).map_err(|error| damaged(error.to_string()))?;
        }
        if store.is_empty() {
            return Err(RootsError::Empty(path.into()));
        }
        Ok(Self(Arc::new(store)))
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Roots").field(&self.0.len()).finish()
    }
}
