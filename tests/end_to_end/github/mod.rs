//! What talks to GitHub, against a server that is built from GitHub's published schemas (`tests/tools/github`).

mod action;
mod events;
mod publish;
mod queries;
mod server;
mod world;

use super::*;
use server::Server;
use world::World;
