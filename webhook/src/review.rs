//! An AdmissionReview from the bytes that the API server sent.

use serde_json::{Map, Value};

use crate::{uid, weight};

/// The version that is spoken.
pub const VERSION: &str = "admission.k8s.io/v1";
/// The kind of a request and of its answer.
pub const KIND: &str = "AdmissionReview";

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is removed.
    Delete,
    /// Somebody connects to it.
    Connect,
}

impl Operation {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "CREATE" => Self::Create,
            "UPDATE" => Self::Update,
            "DELETE" => Self::Delete,
            "CONNECT" => Self::Connect,
            _ => return None,
        })
    }

    /// The operation as Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// A request for admission.
#[derive(Debug)]
pub struct Review {
    /// What the answer must repeat.
    pub uid: String,
    /// What is done.
    pub operation: Operation,
    /// The resource with its group and subresource: `apps/deployments`, `pods/exec`.
    pub resource: String,
    /// The namespace; none for what has none.
    pub namespace: Option<String>,
    /// The name; none where it is not given yet.
    pub name: Option<String>,
    /// Whether nothing of it persists.
    pub is_dry_run: bool,
    /// What is judged: the object, of a removal the one that is removed, of a connection its options.
    pub object: Value,
    /// The object before.
    pub old_object: Option<Value>,
    /// All of the request but the objects.
    pub request: Value,
}

/// Why a request is not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its uid, where it could be found.
    pub uid: Option<String>,
    /// What is wrong, and what to do. It quotes nothing of the request.
    pub message: &'static str,
}

impl Review {
    /// Reads a request. What it does not understand it refuses.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if weight::is_too_heavy(bytes) {
            return Err(Refusal {
                uid: uid::find(bytes),
                message: "the object has too many values (200,000 are read); make it smaller",
            });
        }
        // serde_json stops at 128 levels, so nothing that is nested deeper reaches whoever walks the value.
        let value: Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) => {
                return Err(Refusal {
                    uid: uid::find(bytes),
                    message: if error.is_eof() {
                        "the request is cut off; is a proxy between the API server and the webhook?"
                    } else if error.to_string().starts_with("recursion limit") {
                        "the object is nested deeper than 128 levels; flatten it"
                    } else {
                        "the request is not JSON; send an AdmissionReview of admission.k8s.io/v1"
                    },
                });
            }
        };
        let uid = value
            .pointer("/request/uid")
            .and_then(Value::as_str)
            .filter(|uid| !uid.is_empty())
            .map(str::to_owned);
        Self::read(value, uid.clone()).map_err(|message| Refusal { uid, message })
    }

    fn read(mut value: Value, uid: Option<String>) -> Result<Self, &'static str> {
        let text = |value: &Value, key: &str| {
            let text = value.get(key).and_then(Value::as_str).unwrap_or_default();
            text.to_owned()
        };
        if text(&value, "kind") != KIND {
            return Err("the request is no AdmissionReview; the webhook answers nothing else");
        }
        match text(&value, "apiVersion").as_str() {
            VERSION => {}
            "admission.k8s.io/v1beta1" => {
                return Err(
                    "v1beta1 is not answered; set admissionReviewVersions of the webhook to [v1]",
                );
            }
            _ => return Err("the version is not known; set admissionReviewVersions to [v1]"),
        }
        let Some(Value::Object(mut request)) = value.get_mut("request").map(Value::take) else {
            return Err("the AdmissionReview has no request");
        };
        let uid = uid.ok_or("the request has no uid")?;
        let is_user = |user: &Value| {
            let name = user.get("username").and_then(Value::as_str);
            name.is_some_and(|name| !name.is_empty())
        };
        if !request.get("userInfo").is_some_and(is_user) {
            return Err("the request does not say who makes it (userInfo.username)");
        }
        let operation = request
            .get("operation")
            .and_then(Value::as_str)
            .and_then(Operation::parse)
            .ok_or("the operation must be CREATE, UPDATE, DELETE or CONNECT")?;
        let is_dry_run = match request.get("dryRun") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(is_dry_run)) => *is_dry_run,
            Some(_) => return Err("dryRun must be true or false"),
        };
        let resource = resource(&request)?;
        let mut object = |key: &str| request.remove(key).filter(|object| !object.is_null());
        let (object, old_object) = (object("object"), object("oldObject"));
        let (object, old_object) = match operation {
            Operation::Delete => {
                let removed = old_object.ok_or("a removal without oldObject cannot be judged")?;
                (removed.clone(), Some(removed))
            }
            Operation::Update if old_object.is_none() => {
                return Err("a change without oldObject cannot be judged");
            }
            _ => (
                object.ok_or("a request without object cannot be judged")?,
                old_object,
            ),
        };
        let given = |key: &str| {
            let text = request.get(key).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let review = Self {
            uid,
            operation,
            resource,
            namespace: given("namespace"),
            name: given("name"),
            is_dry_run,
            object,
            old_object,
            request: Value::Null,
        };
        review.agrees(&request)?;
        Ok(Self {
            request: Value::Object(request),
            ..review
        })
    }

    /// The object must be what the request says of it: exceptions and controls go by the object.
    fn agrees(&self, request: &Map<String, Value>) -> Result<(), &'static str> {
        let part = |key: &str| {
            let kind = request.get("kind").and_then(|kind| kind.get(key));
            kind.and_then(Value::as_str).unwrap_or_default()
        };
        let version = match part("group") {
            "" => part("version").to_owned(),
            group => format!("{group}/{}", part("version")),
        };
        let of_object = |key: &str| self.object.get(key).and_then(Value::as_str);
        if of_object("kind") != Some(part("kind")) || of_object("apiVersion") != Some(&version) {
            return Err("the object is of another kind than the request says");
        }
        let metadata = |key: &str| {
            let value = self.object.pointer(&format!("/metadata/{key}"));
            value
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let differs = |said: Option<&str>, named: Option<&str>| said.is_some() && said != named;
        if differs(metadata("namespace"), self.namespace.as_deref()) {
            return Err("the object is of another namespace than the request says");
        }
        let is_named = self.name.is_some();
        if is_named && differs(metadata("name"), self.name.as_deref()) {
            return Err("the object has another name than the request says");
        }
        Ok(())
    }
}

/// The resource with its group and subresource.
fn resource(request: &Map<String, Value>) -> Result<String, &'static str> {
    let part = |key: &str| {
        let resource = request
            .get("resource")
            .and_then(|resource| resource.get(key));
        resource.and_then(Value::as_str).unwrap_or_default()
    };
    if part("resource").is_empty() {
        return Err("the request does not say of what resource it is");
    }
    let mut name = match part("group") {
        "" => part("resource").to_owned(),
        group => format!("{group}/{}", part("resource")),
    };
    if let Some(sub) = request.get("subResource").and_then(Value::as_str)
        && !sub.is_empty()
    {
        name = format!("{name}/{sub}");
    }
    Ok(name)
}
