//! The body of a request, as much of it as there is room for.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::body::Bytes;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::Reason;

/// The most bytes of a request: the API server takes objects of three mebibytes, and a change holds two of them.
pub const LIMIT: usize = 7 * 1024 * 1024;
/// What is kept of a request that is not judged: its uid stands at its beginning.
const HEAD: usize = 64 * 1024;
/// What is passed over of a request that is too large, so that its sender reads the answer.
const PASSED: usize = 64 * 1024 * 1024;

/// A request, and the room that it takes until it is dropped.
#[derive(Debug)]
pub struct Held {
    /// The bytes.
    pub bytes: Bytes,
    /// The room; none of an empty body.
    pub room: Option<OwnedSemaphorePermit>,
}

/// A request that could not be taken in.
#[derive(Debug)]
pub struct Unread {
    /// Why.
    pub reason: Reason,
    /// The same for people, with what to do.
    pub message: &'static str,
    /// How it begins.
    pub head: Vec<u8>,
}

/// Reads a body until the deadline. All bodies together take no more than the room; without it, only the beginning is kept.
pub async fn read(
    mut body: Body,
    deadline: Instant,
    room: &Arc<Semaphore>,
) -> Result<Held, Unread> {
    let mut bytes = Vec::new();
    let mut held: Option<OwnedSemaphorePermit> = None;
    let mut trouble: Option<(Reason, &'static str)> = None;
    let mut passed = 0;
    loop {
        let frame = match tokio::time::timeout_at(deadline.into(), body.frame()).await {
            Err(_) => {
                trouble = trouble.or(Some((
                    Reason::Timeout,
                    "the request did not arrive in time; is the network to the webhook slow?",
                )));
                break;
            }
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                trouble = trouble.or(Some((
                    Reason::BadRequest,
                    "the request broke off; send it again",
                )));
                break;
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if trouble.is_none() && bytes.len() + data.len() > LIMIT {
            trouble = Some((
                Reason::TooLarge,
                "the request is larger than 7 MiB; make the object smaller",
            ));
        }
        if trouble.is_none() {
            let wanted = u32::try_from(data.len()).unwrap_or(u32::MAX);
            match (
                Arc::clone(room).try_acquire_many_owned(wanted),
                held.as_mut(),
            ) {
                (Ok(more), Some(held)) => held.merge(more),
                (Ok(more), None) => held = Some(more),
                (Err(_), _) => trouble = Some(OVERLOADED),
            }
        }
        if trouble.is_none() {
            bytes.extend_from_slice(&data);
            continue;
        }
        let kept = HEAD.saturating_sub(bytes.len()).min(data.len());
        bytes.extend_from_slice(data.get(..kept).unwrap_or_default());
        passed += data.len();
        if passed > PASSED {
            break;
        }
    }
    match trouble {
        None => Ok(Held {
            bytes: bytes.into(),
            room: held,
        }),
        Some((reason, message)) => {
            bytes.truncate(HEAD);
            Err(Unread {
                reason,
                message,
                head: bytes,
            })
        }
    }
}

/// More than is judged at once.
pub const OVERLOADED: (Reason, &str) = (
    Reason::Overloaded,
    "too many requests at once; try again, or run more replicas",
);
