//! Proxies that add the token to the requests that they forward.

mod apache;
mod caddy;
mod envoy;
mod haproxy;
mod nginx;
