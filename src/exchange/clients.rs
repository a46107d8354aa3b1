//! The clients of all origins that a configuration sends requests to.

use super::{
    client::{Client, ClientError},
    origin::Origin,
    proxy::Proxies,
    settings::HttpSettings,
    tls,
};

/// One client for each origin. Roots and proxies are the same for all.
#[derive(Clone, Debug)]
pub struct Clients {
    api: Client,
    others: Vec<(Origin, Client)>,
}

impl Clients {
    /// Builds a client for each of `others` and one for the API. Sends no request.
    pub fn build(
        api: &Origin,
        others: impl IntoIterator<Item = Origin>,
        settings: &HttpSettings,
        proxies: &Proxies,
    ) -> Result<Self, ClientError> {
        let others: Vec<_> = others.into_iter().filter(|origin| origin != api).collect();
        let is_secure = others.iter().chain([api]).any(|origin| !origin.is_plain_http());
        let tls = if is_secure { Some(tls::load(settings)?) } else { None };
        let client = |origin: &Origin, setting| Client::with_tls(origin, setting, settings, proxies, tls.as_ref());
        let others = others.into_iter().map(|origin| Ok((origin.clone(), client(&origin, "tokenUrl")?)));
        Ok(Self { api: client(api, "baseUrl")?, others: others.collect::<Result<_, ClientError>>()? })
    }

    /// Returns the client of the API.
    pub fn api(&self) -> &Client {
        &self.api
    }

    /// Returns the client of an origin, which must be one of those that [`Self::build`] was given; else that of the API.
    pub fn of(&self, origin: &Origin) -> &Client {
        self.others.iter().find(|(known, _)| known == origin).map_or(&self.api, |(_, client)| client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::BaseUrl;

    #[test]
    fn each_origin_has_a_client_of_its_own() {
        let origin = |url| BaseUrl::parse(url, false).unwrap().origin();
        let (api, other) = (origin("http://127.0.0.1:1"), origin("http://127.0.0.1:2"));
        let origins = [api.clone(), other.clone()];
        let clients = Clients::build(&api, origins, &HttpSettings::default(), &Proxies::default()).unwrap();
        assert_eq!((clients.of(&api).origin(), clients.of(&other).origin()), (&api, &other));
        assert_eq!(clients.others.len(), 1, "the API has one client");
    }
}
