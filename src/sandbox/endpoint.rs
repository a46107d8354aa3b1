//! The endpoints whose requests are recorded, counted, scripted and limited.

use std::str::FromStr;

use http::Method;

use super::values::Malformed;

/// An endpoint of Descope's API that takes a secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Endpoint {
    /// `POST /v1/auth/accesskey/exchange`.
    AccessKey,
    /// `POST /v1/auth/refresh`.
    Refresh,
    /// `POST /v1/auth/security-questions/setup`, which gives no session.
    QuestionsSetup,
    /// `GET /v1/auth/security-questions/verify`, which gives no session.
    QuestionsList,
    /// `POST /v1/auth/security-questions/verify`.
    QuestionsVerify,
    /// `POST /oauth2/v1/token` and `POST /oauth2/v1/apps/token`.
    OAuthToken,
}

/// What a path and a method lead to.
pub(super) enum Route {
    To(Endpoint),
    /// The path is known, and the method is not one of its methods.
    OtherMethod,
    OtherPath,
}

impl Endpoint {
    /// All endpoints, in the order of their declaration.
    pub const ALL: [Self; 6] = [
        Self::AccessKey,
        Self::Refresh,
        Self::QuestionsSetup,
        Self::QuestionsList,
        Self::QuestionsVerify,
        Self::OAuthToken,
    ];

    pub(super) fn route(path: &str, method: &Method) -> Route {
        let on_path = || Self::ALL.into_iter().filter(|endpoint| endpoint.paths().contains(&path));
        match on_path().find(|endpoint| endpoint.method() == *method) {
            Some(endpoint) => Route::To(endpoint),
            None if on_path().next().is_some() => Route::OtherMethod,
            None => Route::OtherPath,
        }
    }

    /// Returns its name on the command line, in the log and at the control endpoint.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessKey => "access-key",
            Self::Refresh => "refresh",
            Self::QuestionsSetup => "questions-setup",
            Self::QuestionsList => "questions-list",
            Self::QuestionsVerify => "questions-verify",
            Self::OAuthToken => "oauth",
        }
    }

    const fn method(self) -> Method {
        match self {
            Self::AccessKey | Self::Refresh | Self::QuestionsSetup | Self::QuestionsVerify | Self::OAuthToken => {
                Method::POST
            }
            Self::QuestionsList => Method::GET,
        }
    }

    const fn paths(self) -> &'static [&'static str] {
        match self {
            Self::AccessKey => &["/v1/auth/accesskey/exchange"],
            Self::Refresh => &["/v1/auth/refresh"],
            Self::QuestionsSetup => &["/v1/auth/security-questions/setup"],
            Self::QuestionsList | Self::QuestionsVerify => &["/v1/auth/security-questions/verify"],
            Self::OAuthToken => &["/oauth2/v1/token", "/oauth2/v1/apps/token"],
        }
    }
}

impl FromStr for Endpoint {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL.into_iter().find(|endpoint| endpoint.name() == text).ok_or(Malformed::Endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_the_endpoint_of_its_method() {
        let route = |path, method| match Endpoint::route(path, &method) {
            Route::To(endpoint) => endpoint.name(),
            Route::OtherMethod => "other method",
            Route::OtherPath => "other path",
        };
        assert_eq!(route("/v1/auth/security-questions/verify", Method::GET), "questions-list");
        assert_eq!(route("/v1/auth/security-questions/verify", Method::POST), "questions-verify");
        assert_eq!(route("/v1/auth/security-questions/verify", Method::PUT), "other method");
        assert_eq!(route("/oauth2/v1/apps/token", Method::POST), "oauth");
        assert_eq!(route("/v1/auth/refresh/", Method::POST), "other path");
    }

    #[test]
    fn a_name_reads_back_as_its_endpoint() {
        for endpoint in Endpoint::ALL {
            assert_eq!(endpoint.name().parse(), Ok(endpoint));
        }
        assert_eq!("verify".parse::<Endpoint>(), Err(Malformed::Endpoint));
    }
}
