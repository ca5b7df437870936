//! From the address of a relay to what connects to it.

use std::path::Path;
use std::sync::Arc;

use super::{AddressError, Connect, RelayAddress, RootsError, Tcp};
#[cfg(feature = "tls")]
use super::{Roots, Tls};

/// Why a relay cannot be connected to, whether it is there or not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// The address is none.
    #[error("bad address of a relay: {0}")]
    Address(AddressError),
    /// There are no authorities to check the relay with.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// Authorities are given, and nobody would ask them.
    #[error("authorities are given, but {0} is not encrypted, nor is its relay checked: write tls://")]
    Unchecked(RelayAddress),
}

impl From<AddressError> for RouteError {
    fn from(error: AddressError) -> Self {
        Self::Address(error)
    }
}

impl RelayAddress {
    /// What connects to that relay: [`Tcp`]; or `Tls`, with the authorities in the file `ca`, or with
    /// those of the system if there is none.
    ///
    /// It is not async: it reads the file, or a few of the system.
    ///
    /// # Errors
    /// [`RouteError`].
    pub fn route(self, ca: Option<&Path>) -> Result<Arc<dyn Connect>, RouteError> {
        #[cfg(feature = "tls")]
        if self.is_tls() {
            let roots = ca.map_or_else(Roots::system, Roots::read)?;
            return Ok(Arc::new(Tls::new(self, &roots)?));
        }
        match ca {
            None => Ok(Arc::new(Tcp::new(self))),
            Some(_) => Err(RouteError::Unchecked(self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_without_encryption_are_a_mistake() {
        let address = || "tcp://relay:7400".parse::<RelayAddress>().unwrap();
        let error = address().route(Some(Path::new("ca.pem"))).unwrap_err();
        assert!(matches!(&error, RouteError::Unchecked(_)), "{error}");
        assert_eq!(address().route(None).unwrap().relay().as_deref(), Some("tcp://relay:7400"));
    }

    #[test]
    #[cfg(feature = "tls")]
    fn a_file_without_authorities_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let route = || "tls://relay:7400".parse::<RelayAddress>().unwrap().route(Some(&path));
        assert!(matches!(route(), Err(RouteError::Roots(RootsError::File { .. }))));
        std::fs::write(&path, "no pem").unwrap();
        assert!(matches!(route(), Err(RouteError::Roots(RootsError::Empty(_)))));
        for damaged in [
            "-----BEGIN CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            std::fs::write(&path, damaged).unwrap();
            let error = route().unwrap_err();
            assert!(matches!(error, RouteError::Roots(RootsError::Damaged { .. })), "{error}");
        }
    }

    #[test]
    #[cfg(feature = "tls")]
    fn a_host_that_no_certificate_can_be_for_is_named() {
        let rcgen::CertifiedKey { cert, .. } = rcgen::generate_simple_self_signed(["relay".into()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, cert.pem()).unwrap();
        let error = "tls://[fe80::1%eth0]:7400".parse::<RelayAddress>().unwrap().route(Some(&path));
        assert!(
            matches!(error, Err(RouteError::Address(AddressError::NoName(host))) if host == "fe80::1%eth0")
        );
    }
}
