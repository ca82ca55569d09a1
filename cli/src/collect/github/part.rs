//! The parts of a repository or an organisation, each read by requests of its own: one that cannot be read is a gap, not
//! an empty list.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use soc2gate_inputs::pull_request::{Gap, List, Source, Text};

use super::client::{Failure, GitHub, SaysNo};
use super::facts::{Section, gap, gap_of_failure};
use super::pull_request::Coordinates;

/// Pages of one list that are read.
const MAX_PAGES: usize = 100;

/// A part that was read, or why not; `Err` where nothing more can be read.
pub(super) type Part<T> = Result<Section<T>, Failure>;

/// What has parts.
pub(super) struct Whole<'a> {
    pub(super) github: &'a GitHub,
    /// `acme/shop`, or `acme`.
    pub(super) name: String,
    /// Its path below the REST interface.
    pub(super) path: String,
}

/// Items of a page, and how many GitHub says there are in all. An item that cannot be used is `None`.
pub(super) type Page<T> = (Vec<Option<T>>, Option<u64>);

impl Whole<'_> {
    /// Reads a part that is always there.
    pub(super) fn part<T: DeserializeOwned>(
        &self,
        what: &str,
        below: &str,
        permission: &str,
    ) -> Part<T> {
        let path = format!("{}{below}", self.path);
        match self.github.get(&self.called(what), &path) {
            Ok((value, _)) => Ok(Ok(value)),
            Err(failure) => Ok(Err(gap_of_failure(failure, permission)?)),
        }
    }

    /// Reads a part; `None` where a refusal says that there is none.
    pub(super) fn part_unless<T: DeserializeOwned>(
        &self,
        what: &str,
        below: &str,
        permission: &str,
        says_no: &SaysNo<'_>,
    ) -> Part<Option<T>> {
        let path = format!("{}{below}", self.path);
        let read = self
            .github
            .get_unless(&self.called(what), &path, says_no)
            .map(|read| read.map(|(value, _)| value));
        match read {
            Ok(value) => Ok(Ok(value)),
            Err(failure) => Ok(Err(gap_of_failure(failure, permission)?)),
        }
    }

    /// Asks whether something is on that has no content.
    pub(super) fn is_there(
        &self,
        what: &str,
        below: &str,
        permission: &str,
        says_no: &SaysNo<'_>,
    ) -> Part<bool> {
        let path = format!("{}{below}", self.path);
        match self.github.is_there(&self.called(what), &path, says_no) {
            Ok(is_there) => Ok(Ok(is_there)),
            Err(failure) => Ok(Err(gap_of_failure(failure, permission)?)),
        }
    }

    /// Reads all pages of a list. A page that cannot be read behind the first cuts it, and so does an item that cannot be
    /// used.
    pub(super) fn list<R: DeserializeOwned, T>(
        &self,
        what: &str,
        below: &str,
        permission: &str,
        items: impl Fn(R) -> Page<T>,
    ) -> Part<List<T>> {
        let called = self.called(what);
        let mut next = Some(format!("{}{below}", self.path));
        let mut all = Vec::new();
        let (mut total, mut is_cut) = (None, false);
        for page in 0.. {
            let Some(path) = next.take() else { break };
            if page == MAX_PAGES {
                is_cut = true;
                break;
            }
            match self.github.get::<R>(&called, &path) {
                Ok((raw, following)) => {
                    let (more, stated) = items(raw);
                    is_cut |= more.iter().any(Option::is_none);
                    all.extend(more.into_iter().flatten());
                    total = stated.or(total);
                    next = following;
                }
                Err(failure) => {
                    let gap = gap_of_failure(failure, permission)?;
                    if page == 0 {
                        return Ok(Err(gap));
                    }
                    is_cut = true;
                }
            }
        }
        let read = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let is_whole = !is_cut && total.is_none_or(|total| total == read);
        Ok(Ok(List {
            complete: is_whole,
            total,
            items: all,
        }))
    }

    /// A part in the words of a message.
    pub(super) fn called(&self, what: &str) -> String {
        format!("{what} of {}", self.name)
    }
}

/// The items of a page that is a plain list.
pub(super) fn plain<R, T>(item: impl Fn(R) -> Option<T>) -> impl Fn(Vec<R>) -> Page<T> {
    move |raw| (raw.into_iter().map(&item).collect(), None)
}

/// A section as the document has it: there, or explained.
pub(super) fn put<T>(section: Section<T>, unavailable: &mut Option<Gap>) -> Option<T> {
    section.map_err(|gap| *unavailable = Some(gap)).ok()
}

/// Explanations, where there is one.
pub(super) fn told<T: Default + PartialEq>(unavailable: T) -> Option<T> {
    (unavailable != T::default()).then_some(unavailable)
}

/// What GitHub leaves out although it answers.
pub(super) fn not_shown(permission: &str) -> Gap {
    gap("GitHub does not show it to the token", Some(permission))
}

/// Whether a text names a repository. Names become paths, of requests and of files.
pub(super) fn is_repository(text: &str) -> bool {
    Coordinates::new(text, 1).is_some()
}

/// The failure that an answer is which is about something that cannot be.
pub(super) fn nameless(what: &str) -> Failure {
    Failure::Answer {
        what: what.to_owned(),
        why: "names what cannot be".to_owned(),
    }
}

/// From where a document comes.
pub(super) fn source(github: &GitHub) -> Source {
    Source {
        host: Text(github.host()),
        tool: Text(concat!("soc2gate ", env!("CARGO_PKG_VERSION")).to_owned()),
    }
}

/// Reads a field that may be left out and may be null, and keeps the two apart.
#[allow(
    clippy::option_option,
    reason = "absent, null and known are three things"
)]
pub(super) fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
