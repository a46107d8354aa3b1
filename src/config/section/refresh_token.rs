//! The fields of a refresh token.

use std::{ops::RangeInclusive, time::Duration};

use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        path_conflicts::PathConflicts,
        path_use::Purpose,
        value::{duration, path},
    },
    source::{Kind, RefreshToken},
};

/// Reads the fields of a refresh token, in an entry of `credentials`.
pub(in crate::config) fn read(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Kind> {
    let file = fields.take(FIELD, diagnostics).and_then(|field| {
        let path = path::secret_file(&field, FILE_REMEDY, diagnostics);
        conflicts.record(Purpose::RefreshTokenFile, path.as_deref(), &field.location);
        path
    });
    let external_token_file = fields.take("externalTokenFile", diagnostics).and_then(|field| {
        let path = path::secret_file(&field, EXTERNAL_REMEDY, diagnostics);
        conflicts.record(Purpose::SecretFile, path.as_deref(), &field.location);
        path
    });
    let warn_before = fields
        .take("refreshWarnBefore", diagnostics)
        .and_then(|field| duration::read(&field, &WARN_BEFORE_BOUNDS, diagnostics));
    let refresh_token = RefreshToken::at(file?);
    Some(Kind::RefreshToken(RefreshToken {
        external_token_file,
        warn_before: warn_before.unwrap_or(refresh_token.warn_before),
        ..refresh_token
    }))
}

/// The bounds of `refreshWarnBefore`.
pub(in crate::config) const WARN_BEFORE_BOUNDS: RangeInclusive<Duration> =
    Duration::ZERO..=Duration::from_secs(366 * 24 * 3600);
/// The field that selects this kind.
pub(in crate::config) const FIELD: &str = "refreshTokenFile";
const FILE_REMEDY: &str = "write something like `refreshTokenFile: /var/run/secrets/descope/refresh`";
const EXTERNAL_REMEDY: &str = "write something like `externalTokenFile: /var/run/secrets/other/token`";
