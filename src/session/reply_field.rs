//! The fields of a reply that outputs may name beside the session.

use super::reply_shape::Shape;

/// A field of Descope's reply with a session, which `outputs[].fields` can choose: the fields of `POST
/// /v1/auth/refresh` and of the verification of security questions in Descope's API reference. The tokens in the reply are
/// not among them. Most fields are those of `user`, under their own names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReplyField {
    /// `user.userId`.
    UserId,
    /// `user.loginIds`.
    LoginIds,
    /// `user.externalIds`.
    ExternalIds,
    /// `user.name`.
    Name,
    /// `user.givenName`.
    GivenName,
    /// `user.middleName`.
    MiddleName,
    /// `user.familyName`.
    FamilyName,
    /// `user.email`.
    Email,
    /// `user.verifiedEmail`.
    VerifiedEmail,
    /// `user.phone`.
    Phone,
    /// `user.verifiedPhone`.
    VerifiedPhone,
    /// `user.picture`.
    Picture,
    /// `user.status`.
    Status,
    /// `user.test`.
    Test,
    /// `user.editable`.
    Editable,
    /// `user.createdTime`.
    CreatedTime,
    /// `user.consentExpiration`.
    ConsentExpiration,
    /// `user.roleNames`.
    Roles,
    /// `user.permissions`.
    Permissions,
    /// `user.userTenants`.
    Tenants,
    /// `user.ssoAppIds`.
    SsoAppIds,
    /// `user.customAttributes`.
    CustomAttributes,
    /// `user.TOTP`.
    Totp,
    /// `user.SAML`.
    Saml,
    /// `user.OIDC`.
    Oidc,
    /// `user.OAuth`.
    OAuth,
    /// `user.webauthn`.
    Webauthn,
    /// `user.password`.
    Password,
    /// `user.push`.
    Push,
    /// `user.SCIM`.
    Scim,
    /// `user`.
    User,
    /// `firstSeen`.
    FirstSeen,
    /// `idpResponse`.
    IdpResponse,
    /// `claims`.
    Claims,
    /// `tenantSSOID`.
    TenantSsoId,
    /// `unsavedSSO`.
    UnsavedSso,
    /// `sessionExpiration`.
    SessionExpiration,
    /// `nextRefreshSeconds`.
    NextRefreshSeconds,
    /// `cookieName`.
    CookieName,
    /// `cookieDomain`.
    CookieDomain,
    /// `cookiePath`.
    CookiePath,
    /// `cookieMaxAge`.
    CookieMaxAge,
    /// `cookieExpiration`.
    CookieExpiration,
    /// `sessionCookieName`.
    SessionCookieName,
    /// `sessionCookieDomain`.
    SessionCookieDomain,
}

/// Where a reply has a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// At the top level.
    Reply,
    /// In `user`.
    User,
}

impl ReplyField {
    /// Every field with the name by which it is chosen.
    pub const ALL: [(&'static str, Self); 45] = [
        ("userId", Self::UserId),
        ("loginIds", Self::LoginIds),
        ("externalIds", Self::ExternalIds),
        ("name", Self::Name),
        ("givenName", Self::GivenName),
        ("middleName", Self::MiddleName),
        ("familyName", Self::FamilyName),
        ("email", Self::Email),
        ("verifiedEmail", Self::VerifiedEmail),
        ("phone", Self::Phone),
        ("verifiedPhone", Self::VerifiedPhone),
        ("picture", Self::Picture),
        ("status", Self::Status),
        ("test", Self::Test),
        ("editable", Self::Editable),
        ("createdTime", Self::CreatedTime),
        ("consentExpiration", Self::ConsentExpiration),
        ("roles", Self::Roles),
        ("permissions", Self::Permissions),
        ("tenants", Self::Tenants),
        ("ssoAppIds", Self::SsoAppIds),
        ("customAttributes", Self::CustomAttributes),
        ("TOTP", Self::Totp),
        ("SAML", Self::Saml),
        ("OIDC", Self::Oidc),
        ("OAuth", Self::OAuth),
        ("webauthn", Self::Webauthn),
        ("password", Self::Password),
        ("push", Self::Push),
        ("SCIM", Self::Scim),
        ("user", Self::User),
        ("firstSeen", Self::FirstSeen),
        ("idpResponse", Self::IdpResponse),
        ("claims", Self::Claims),
        ("tenantSSOID", Self::TenantSsoId),
        ("unsavedSSO", Self::UnsavedSso),
        ("sessionExpiration", Self::SessionExpiration),
        ("nextRefreshSeconds", Self::NextRefreshSeconds),
        ("cookieName", Self::CookieName),
        ("cookieDomain", Self::CookieDomain),
        ("cookiePath", Self::CookiePath),
        ("cookieMaxAge", Self::CookieMaxAge),
        ("cookieExpiration", Self::CookieExpiration),
        ("sessionCookieName", Self::SessionCookieName),
        ("sessionCookieDomain", Self::SessionCookieDomain),
    ];

    /// Returns the name by which it is chosen.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| *name)
    }

    /// Returns the field of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(other, _)| *other == name).map(|(_, field)| *field)
    }

    /// Returns where a reply has it: the part, and its name there.
    pub(super) fn place(self) -> (Part, &'static str) {
        let part = match self {
            Self::User
            | Self::FirstSeen
            | Self::IdpResponse
            | Self::Claims
            | Self::TenantSsoId
            | Self::UnsavedSso
            | Self::SessionExpiration
            | Self::NextRefreshSeconds
            | Self::CookieName
            | Self::CookieDomain
            | Self::CookiePath
            | Self::CookieMaxAge
            | Self::CookieExpiration
            | Self::SessionCookieName
            | Self::SessionCookieDomain => Part::Reply,
            Self::UserId
            | Self::LoginIds
            | Self::ExternalIds
            | Self::Name
            | Self::GivenName
            | Self::MiddleName
            | Self::FamilyName
            | Self::Email
            | Self::VerifiedEmail
            | Self::Phone
            | Self::VerifiedPhone
            | Self::Picture
            | Self::Status
            | Self::Test
            | Self::Editable
            | Self::CreatedTime
            | Self::ConsentExpiration
            | Self::Roles
            | Self::Permissions
            | Self::Tenants
            | Self::SsoAppIds
            | Self::CustomAttributes
            | Self::Totp
            | Self::Saml
            | Self::Oidc
            | Self::OAuth
            | Self::Webauthn
            | Self::Password
            | Self::Push
            | Self::Scim => Part::User,
        };
        let name = match self {
            Self::Roles => "roleNames",
            Self::Tenants => "userTenants",
            other => other.name(),
        };
        (part, name)
    }

    /// Returns its type.
    pub(super) fn shape(self) -> Shape {
        match self {
            Self::UserId
            | Self::Name
            | Self::GivenName
            | Self::MiddleName
            | Self::FamilyName
            | Self::Email
            | Self::Phone
            | Self::Picture
            | Self::Status
            | Self::TenantSsoId
            | Self::CookieName
            | Self::CookieDomain
            | Self::CookiePath
            | Self::SessionCookieName
            | Self::SessionCookieDomain => Shape::Text,
            Self::LoginIds | Self::ExternalIds | Self::Roles | Self::Permissions | Self::SsoAppIds => Shape::Texts,
            Self::VerifiedEmail
            | Self::VerifiedPhone
            | Self::Test
            | Self::Editable
            | Self::Totp
            | Self::Saml
            | Self::Oidc
            | Self::Webauthn
            | Self::Password
            | Self::Push
            | Self::Scim
            | Self::FirstSeen
            | Self::UnsavedSso => Shape::Flag,
            Self::CreatedTime
            | Self::ConsentExpiration
            | Self::SessionExpiration
            | Self::NextRefreshSeconds
            | Self::CookieMaxAge
            | Self::CookieExpiration => Shape::Number,
            Self::Tenants => Shape::Tenants,
            Self::CustomAttributes | Self::Claims => Shape::Object,
            Self::OAuth => Shape::Flags,
            Self::User => Shape::User,
            Self::IdpResponse => Shape::IdpResponse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_one_name() {
        for (n, (name, field)) in ReplyField::ALL.iter().enumerate() {
            assert_eq!((field.name(), ReplyField::named(name)), (*name, Some(*field)));
            assert_eq!(*field as usize, n, "`{name}` is in the order of the declaration");
        }
        assert_eq!(ReplyField::Roles.place(), (Part::User, "roleNames"));
        assert_eq!(ReplyField::Tenants.place(), (Part::User, "userTenants"));
        assert_eq!(ReplyField::Claims.place(), (Part::Reply, "claims"));
    }
}
