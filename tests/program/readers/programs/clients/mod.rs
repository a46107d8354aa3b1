//! Clients on the command line and libraries for Kubernetes.

mod commands;
mod kubernetes;
