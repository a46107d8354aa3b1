//! The requests of all endpoints, dispatched by endpoint.

use std::io;

use http::HeaderMap;

use super::access_key::AccessKeyRequest;
use super::answer::Shape;
use super::context::{Context, Decision};
use super::descope;
use super::details::Parsed;
use super::endpoint::Endpoint;
use super::oauth::TokenRequest;
use super::reply::Reply;
use super::user::{AnswersRequest, ListRequest, RefreshRequest};

/// A well-formed request.
pub(super) enum EndpointRequest {
    AccessKey(AccessKeyRequest),
    Refresh(RefreshRequest),
    QuestionsSetup(AnswersRequest),
    QuestionsList(ListRequest),
    QuestionsVerify(AnswersRequest),
    OAuthToken(TokenRequest),
}

impl EndpointRequest {
    /// Parses a request; a body that could not be read is given as the reply that refuses it.
    pub(super) fn parse(
        endpoint: Endpoint,
        headers: &HeaderMap,
        query: Option<&str>,
        body: Result<&[u8], &Reply>,
    ) -> Parsed<Self> {
        match endpoint {
            Endpoint::AccessKey => AccessKeyRequest::parse(headers, body).map(Self::AccessKey),
            Endpoint::Refresh => RefreshRequest::parse(headers, body).map(Self::Refresh),
            Endpoint::QuestionsSetup => AnswersRequest::parse(headers, body).map(Self::QuestionsSetup),
            Endpoint::QuestionsList => ListRequest::parse(headers).map(Self::QuestionsList),
            Endpoint::QuestionsVerify => AnswersRequest::parse(headers, body).map(Self::QuestionsVerify),
            Endpoint::OAuthToken => TokenRequest::parse(headers, query, body).map(Self::OAuthToken),
        }
    }

    /// Decides by the settings and the state. A forced shape gives a session for any secret; an endpoint without
    /// sessions ignores it.
    pub(super) fn decide(self, forced: Option<Shape>, context: &Context<'_>) -> io::Result<Decision> {
        match self {
            Self::AccessKey(request) => request.decide(forced, context),
            Self::Refresh(request) => request.decide(forced.as_ref(), context),
            Self::QuestionsSetup(request) => Ok(request.set_up(context)),
            Self::QuestionsList(request) => Ok(request.decide(context)),
            Self::QuestionsVerify(request) => request.verify(forced.as_ref(), context),
            Self::OAuthToken(request) => request.decide(forced.as_ref(), context),
        }
    }

    /// Returns the endpoint's refusal of a secret.
    pub(super) fn denied(&self) -> Reply {
        match self {
            Self::AccessKey(_) => descope::INVALID_KEY.reply(),
            Self::Refresh(_) | Self::QuestionsSetup(_) | Self::QuestionsList(_) => descope::REVOKED_REFRESH.reply(),
            Self::QuestionsVerify(_) => descope::WRONG_ANSWERS.reply(),
            Self::OAuthToken(request) => request.denied(),
        }
    }
}
