//! Requests against the service without a network.
