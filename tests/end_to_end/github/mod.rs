//! What talks to GitHub, against a server that is built from GitHub's published schemas (`tests/tools/github`).

mod access;
mod action;
mod attest;
mod events;
mod hostile;
mod large;
mod owners;
mod publish;
mod pull_request;
mod queries;
mod requests;
mod run;
mod scheduled;
mod server;
mod settings;
mod settings_trouble;
mod trouble;
mod workflow;
mod world;

use std::path::PathBuf;

use serde_json::json;

use super::*;
use run::{Run, judge, judge_as};
use server::Server;
use world::World;
