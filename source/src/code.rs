//! The closed list of diagnostic codes.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::Severity;

macro_rules! codes {
    ($($variant:ident = $id:literal, $severity:ident, $title:literal, $help:literal;)*) => {
        /// A stable code of a diagnostic. Codes are never reused: 1xxx inputs, 2xxx configuration,
        /// 3xxx exceptions, 4xxx controls, 5xxx the run itself, 6xxx what lint finds, 7xxx what is read from GitHub,
        /// 8xxx the admission webhook.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(
                #[doc = concat!($id, ": ", $title, ".")]
                $variant,
            )*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as it is printed, e.g. `SG1001`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What the code stands for.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What to do about it.
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

codes! {
    PathNotFound = "SG1001", Error, "a path does not exist",
        "check the path: on the command line it is relative to the working directory, in soc2gate.yaml to that file";
    Unreadable = "SG1002", Error, "a file or folder cannot be read",
        "check its permissions, or exclude it with .gitignore";
    NoSubject = "SG1003", Error, "nothing was found to judge",
        "name the files to judge, or pass --allow-empty where none is expected";
    TooBig = "SG1004", Error, "a file is larger than is read",
        "split it; for inputs --max-file-size raises the limit";
    NotText = "SG1005", Error, "a file is not UTF-8 text",
        "manifests are UTF-8 text; take the file out of the paths to judge, or convert it";
    Syntax = "SG1006", Error, "a file does not parse",
        "correct the syntax; a Helm or Kustomize source must be rendered first: `helm template … | soc2gate check -`";
    DuplicateKey = "SG1007", Error, "a key stands twice in one mapping",
        "keep one of them; readers disagree on which one counts";
    TooDeep = "SG1008", Error, "a document is nested too deeply",
        "documents are read to a depth of 128";
    AliasExpansion = "SG1009", Error, "aliases or references expand to too many values",
        "write the values out, or use fewer aliases and references";
    UnsupportedSyntax = "SG1010", Error, "a construct has no JSON equivalent",
        "Kubernetes reads YAML as JSON: use plain keys and finite numbers, and render a Helm template first";
    NotASubject = "SG1011", Note, "a file holds nothing that the gate judges",
        "nothing to do; name the kind with --input-kind if it should have been judged";
    InvalidObject = "SG1012", Error, "an object lacks what every object of its kind has",
        "give it an apiVersion, a kind and, where it is an object of the API, a name";
    InvalidDocument = "SG1013", Error, "a document does not follow its schema",
        "`soc2gate schema pull-request` prints the schema; every key it does not name is an error";
    InconsistentDocument = "SG1014", Error, "a document contradicts itself",
        "collect the document again; it must describe one state of the pull request";
    UnknownInputKind = "SG1015", Error, "a file is of another kind than it was said to be",
        "leave out --input-kind, or name the kind that the file has";
    SymlinkLoop = "SG1016", Warning, "a symbolic link leads back to a folder that is being read",
        "the link was not followed; remove it or exclude it";
    ConfigSyntax = "SG2001", Error, "the configuration does not follow its schema",
        "`soc2gate schema config` prints the schema, `soc2gate init` writes a commented example";
    UnknownControl = "SG2002", Error, "the configuration names a control that does not exist",
        "`soc2gate control list` shows the ids; controls of your own need their folder under `policies`";
    InvalidParameter = "SG2003", Error, "a parameter does not follow its schema",
        "`soc2gate control show ID` lists a control's parameters";
    InvalidSelector = "SG2004", Error, "a subject selector is not a glob",
        "a selector looks like `kubernetes/apps/Deployment/shop/*`";
    ExceptionSyntax = "SG3001", Error, "an exception does not follow its schema",
        "`soc2gate schema exceptions` prints the schema; every field of an exception is required";
    ExceptionSelfApproved = "SG3002", Error, "an exception was approved by its requester",
        "have someone else approve it";
    ExceptionDates = "SG3003", Error, "an exception expires before it was approved, or was approved in the future",
        "correct approved_at and expires_at";
    ExceptionDuplicate = "SG3004", Error, "two exceptions have the same id",
        "give each exception an id of its own";
    ExceptionExpired = "SG3005", Warning, "an exception has expired and is not honoured",
        "mend the subject, or have the exception approved anew";
    ExceptionExpiresSoon = "SG3006", Warning, "an exception expires within 14 days",
        "mend the subject before then, or have the exception approved anew";
    ExceptionUnused = "SG3007", Warning, "an exception matched nothing in this run",
        "remove it if its subjects comply or are gone";
    ExceptionOverWide = "SG3008", Warning, "an exception covers more than named subjects",
        "name the subjects: at least one word of the subject's id must be literal";
    ExceptionUnknownControl = "SG3009", Error, "an exception names a control that does not exist",
        "`soc2gate control list` shows the ids";
    ExceptionTooLong = "SG3010", Warning, "an exception is valid for more than a year",
        "approve it for a year at most, and review it then";
    BaselineInvalid = "SG3011", Error, "a baseline does not follow its schema",
        "write it again: `soc2gate check --write-baseline FILE`";
    BaselineStale = "SG3012", Note, "a baseline names what is gone",
        "write it again, so that it cannot come back unseen: `soc2gate check --write-baseline FILE`";
    MetadataMissing = "SG4001", Error, "a control has no METADATA block above its package",
        "`soc2gate schema metadata` prints its schema; where the package is a plain policy, name it with --namespace";
    MetadataInvalid = "SG4002", Error, "a control's METADATA does not follow its schema",
        "`soc2gate schema metadata` prints the schema; every field it does not name is an error";
    RegoInvalid = "SG4003", Error, "a policy does not compile",
        "correct the Rego; controls are Rego v1";
    UnknownFunction = "SG4004", Error, "a policy calls a function that does not exist here",
        "check the spelling; a few built-in functions of OPA are not available";
    ForbiddenFunction = "SG4005", Error, "a policy calls a function that is not deterministic or reaches out",
        "use `input.now` for the time and put facts into the input; a decision must be replayable";
    DuplicateControl = "SG4006", Error, "two controls have the same id or package",
        "give each control an id and a package of its own";
    RecursivePolicy = "SG4007", Error, "a rule depends on itself",
        "Rego has no recursion; use `walk`, `graph.reachable` or another rule";
    NoDenyRule = "SG4008", Error, "a control has no set `deny`",
        "a control that cannot fail proves nothing: add `deny contains {\"message\": …} if …`";
    UndeclaredParameter = "SG4009", Error, "a control reads a parameter that its METADATA does not declare",
        "declare it under custom.parameters";
    ReservedPackage = "SG4010", Error, "a policy adds to a package of soc2gate",
        "choose a package of your own; `parameters` and packages below `soc2` belong to soc2gate";
    DuplicateTest = "SG4011", Error, "two tests have the same name",
        "give each test a name of its own: in Rego the one that passes hides the one that fails";
    CaseInvalid = "SG4012", Error, "a case cannot be judged",
        "a case is cases/<verdict>-<what it shows>.yaml or .json in the folder of one control; the verdict is pass, fail, unknown or not-applicable";
    NoTest = "SG4013", Error, "nothing was found to test",
        "name a folder with controls and their cases, or with Rego files that have rules `test_…`";
    EvalFailed = "SG4014", Error, "a query cannot be evaluated",
        "correct the query, or the policy or document at the place it names";
    ConflictingRules = "SG4015", Error, "rules cannot stand beside each other",
        "rules of one name are all values, all sets, all objects, or all functions of as many arguments, with one default; nothing stands below a value";
    NothingToJudgeBy = "SG4020", Error, "nothing is judged by a folder of policies",
        "a control has METADATA, a plain policy a rule `deny`, `violation` or `warn`, a template a constraint";
    OldRego = "SG4021", Note, "policies are read as Rego v0",
        "nothing to do; `opa fmt --rego-v1` brings them up to date, --rego-version says which version they are";
    UnknownNamespace = "SG4022", Error, "--namespace names a package that does not judge",
        "name packages with rules `deny`, `violation` or `warn` and without METADATA";
    DataInvalid = "SG4023", Error, "a document cannot be put below data",
        "documents of --data are YAML or JSON; they are merged by folder and must not contradict each other or rules";
    NotAPolicy = "SG4024", Note, "a file beside policies is no policy",
        "nothing to do; templates and constraints of Gatekeeper are what is read of YAML there";
    TemplateInvalid = "SG4025", Error, "a constraint template cannot be used",
        "correct it: `gator verify` shows whether Gatekeeper takes it";
    ConstraintInvalid = "SG4026", Error, "a constraint does not follow its template or the format",
        "correct it; fields that are not known here would be left out of account";
    TemplateUnused = "SG4027", Note, "a constraint template has no constraint",
        "nothing to do, or add a constraint: the template alone judges nothing";
    ConstraintWithoutTemplate = "SG4028", Error, "a constraint has no template",
        "add the folder that holds its template to `policies`";
    EngineNotSupported = "SG4029", Error, "a constraint template is written for another engine than Rego",
        "templates with CEL only (K8sNativeValidation) cannot be judged by; add an engine Rego to it";
    EngineLeftOut = "SG4030", Note, "a constraint template is judged by its Rego only",
        "nothing to do; the engines of a template say the same";
    BundleInvalid = "SG4031", Error, "a bundle cannot be read",
        "make it anew with `opa build`, for the target rego, or with tar and gzip from plain files";
    BundleNotTrusted = "SG4032", Error, "a bundle is not signed by the key that is trusted",
        "sign it with `opa sign` after the last change to it; check key, algorithm and scope on both sides";
    BundleRoots = "SG4033", Error, "a bundle reaches beyond its roots, or shares one with another",
        "correct `roots` in its .manifest; a bundle that names none owns all of data";
    BundleLeftOut = "SG4034", Warning, "something about a bundle has no effect",
        "name a bundle itself under `policies`, and build it for the target rego";
    BundleRead = "SG4035", Note, "policies come from a bundle",
        "nothing to do; with --verification-key it is judged by only if it is signed";
    BundleNotChecked = "SG4036", Note, "the signature of a bundle is not checked",
        "name the key with --verification-key, or under bundle_verification in soc2gate.yaml";
    NoPlainPolicy = "SG4037", Warning, "an option speaks of plain policies, and there is none",
        "leave the option out, or name the folder of the policies with --policies; controls and templates see no documents of --data";
    OutputFailed = "SG5001", Error, "an output cannot be written",
        "check that the folder exists and can be written, and that the disk is not full";
    InternalError = "SG5002", Error, "the gate itself failed",
        "nothing was decided for the subject; report this with the place it names";
    LedgerFailed = "SG5003", Error, "decisions could not be recorded",
        "the message says what failed; `soc2gate ledger init` makes a ledger, `soc2gate ledger verify` looks at one";
    LedgerGap = "SG5004", Warning, "decisions are not recorded",
        "nothing shows later that they were made; the next run that can records the gap";
    NoRunner = "SG5005", Warning, "the runner of GitHub Actions is not told of the result",
        "run in a step of GitHub Actions, or leave out --github-outputs";
    NotPublished = "SG5006", Warning, "a result could not be shown on the change",
        "grant `pull-requests: write` for --comment and `checks: write` for --check-run; the token of a fork can only read: look at the summary";
    LintName = "SG6001", Warning, "a name in a policy is not in snake_case",
        "write names in lower case, with _ between words";
    LintHelper = "SG6002", Warning, "a helper of a control does not start with _",
        "start it with _, so that nobody takes it for a rule that judges";
    LintNoTest = "SG6003", Warning, "a control has no Rego test",
        "write rules `test_…` in the package of the control with `_test` behind its name";
    LintNoCase = "SG6004", Warning, "a control is not shown to pass and to fail",
        "add cases/pass-….yaml and cases/fail-….yaml beside it: real inputs with the verdict they must get";
    LintNoUnknownCase = "SG6005", Warning, "a control has a rule `unknown` and no case of it",
        "add cases/unknown-….yaml beside it: an input that lacks the fact";
    LintUnusedImport = "SG6006", Warning, "an import is not used",
        "remove it";
    LintUnusedVariable = "SG6007", Warning, "a local variable is not used",
        "write _ in its place, or remove it";
    LintComparison = "SG6008", Warning, "a comparison in `deny` is undefined where a field is missing",
        "say what a missing field means: `object.get(input.object, [\"spec\", \"field\"], default)` denies with a default that does not comply; a rule `unknown contains … if not input.object.spec.field` leaves it undecided";
    LintNegation = "SG6009", Warning, "a `not` in `deny` is undefined where a field is missing",
        "say what a missing field means: negate an equality or a helper without arguments, or take `object.get(input.object, [\"spec\", \"field\"], default)` with a default that does not comply";
    LintNeverTrue = "SG6010", Warning, "a `deny` can never hold",
        "a rule that never fires proves nothing: correct the expression or remove the rule";
    LintDefault = "SG6011", Warning, "a fallback lets a missing fact pass",
        "let it be false, or undefined, where nothing is known, and true only where the facts are there";
    GitHubToken = "SG7001", Error, "there is no token for GitHub, or none that can be used",
        "set GITHUB_TOKEN, or name a file that holds the token with --token-file; in a workflow: `env: GITHUB_TOKEN: ${{ github.token }}`";
    GitHubAddress = "SG7002", Error, "an address of GitHub cannot be used",
        "GITHUB_API_URL looks like https://api.github.com or https://github.example.com/api/v3, GITHUB_GRAPHQL_URL like https://github.example.com/api/graphql";
    GitHubUnreachable = "SG7003", Error, "GitHub cannot be reached",
        "check the network, HTTPS_PROXY and NO_PROXY, and for a server of your own GITHUB_API_URL and the certificates of the system (SSL_CERT_FILE)";
    GitHubUnauthorized = "SG7004", Error, "GitHub does not accept the token",
        "the token is wrong, has expired or was revoked: make a new one";
    GitHubForbidden = "SG7005", Error, "the token may not read what is asked for",
        "give the token the permission that the message names; in a workflow under `permissions`";
    GitHubNotFound = "SG7006", Error, "GitHub does not know what is asked for, or does not show it to the token",
        "check owner, repository and number; GitHub answers the same where the token has no access to the repository";
    GitHubRateLimit = "SG7007", Error, "GitHub's rate limit is used up",
        "run again later, wait longer with --github-timeout, or use the token of an App, whose limit is higher";
    GitHubFailed = "SG7008", Error, "GitHub failed",
        "run again later; https://www.githubstatus.com says what is known";
    GitHubTimeout = "SG7009", Error, "GitHub took too long",
        "run again later, or wait longer with --github-timeout";
    GitHubAnswer = "SG7010", Error, "an answer of GitHub cannot be used",
        "check that GITHUB_API_URL and GITHUB_GRAPHQL_URL lead to GitHub; an Enterprise Server may be too old";
    GitHubMoved = "SG7011", Error, "a pull request changed while it was read",
        "run again when nobody pushes to it; a workflow is started again by the push";
    EventInvalid = "SG7012", Error, "the event of the workflow cannot be read",
        "GITHUB_EVENT_PATH names the file with the event, GITHUB_EVENT_NAME its name; or name the pull request: OWNER/REPO#NUMBER";
    EventUnsupported = "SG7013", Error, "the event of the workflow is about no pull request",
        "run on pull_request, pull_request_target, pull_request_review or a comment on a pull request, or name the pull request: OWNER/REPO#NUMBER; check event knows merge_group, push, schedule and workflow_dispatch too";
    CommitUnreadable = "SG7020", Error, "files of a commit cannot be read",
        "check the repository out with its history (fetch-depth: 0), or give the token contents:read";
    BaseUnreadable = "SG7021", Error, "what the base branch says about the gate cannot be read",
        "configuration, exceptions, policies and baseline are read from the base branch of the change: commit them there, or name files outside of the repository";
    MergeGroupUnclear = "SG7022", Error, "the pull requests of a merge group cannot be told",
        "take the group out of the queue and add its pull requests again; give the token merge_queues:read and contents:read";
    NothingToJudge = "SG7023", Note, "the event changes nothing that is judged",
        "nothing to do: pushes are judged on the default branch and on protected branches";
    ContextCut = "SG7024", Warning, "not all files of the change are known to controls that compare files",
        "check the head out with its history (fetch-depth: 0 and ref), so that all manifests can be read";
    RepositoriesHidden = "SG7030", Error, "the token does not see every repository of the organisation",
        "give the App that the token is of access to all repositories, or name those that are meant with --repo";
    RepositoriesUncounted = "SG7031", Warning, "whether every repository of the organisation was read is not known",
        "give the token organization_administration:read, so that GitHub says how many there are";
    ChangeNotMerged = "SG7040", Error, "a change is attested when it is merged, and this one is not",
        "run it after the merge: on the push to the branch, or on pull_request closed where `merged` is true";
    ChangeNotAllowed = "SG7041", Error, "the gate did not allow what was merged",
        "no attestation is made of it: see what the record says with `soc2gate ledger show`, and have the change approved; a new decision of `soc2gate check pull-request --ledger` counts";
    ChangeUndecided = "SG7042", Error, "no decision on what was merged is recorded, or none could be made",
        "let the gate decide on the pull request with the same ledger: `soc2gate check event --ledger` in its workflow";
    ChangeNotDecidedOn = "SG7043", Error, "what was decided on is not what was merged",
        "the head or the branch of the pull request was changed after the decision: let the gate decide on the last head";
    ChangeWithoutPullRequest = "SG7044", Error, "a commit came to the branch without a pull request",
        "no attestation is made of it: bring the change in by a pull request";
    ChangeUnclear = "SG7045", Error, "what an attestation must name is not known",
        "give the token contents:read and pull_requests:read; collect a saved pull request again";
    AttestationRefused = "SG7046", Error, "an attestation does not verify",
        "do not rely on it; check that the key, the image and the commit are those that are meant";
    AttestationUnread = "SG7047", Error, "an attestation or a key cannot be read",
        "name the file that `soc2gate attest change` wrote, and the public key that `soc2gate ledger keys show` prints";
    CertificateUnusable = "SG8001", Error, "the certificate of the webhook cannot be used",
        "--certificate names the certificate with those that lead to its CA, --key its private key, both in PEM";
    CertificateKept = "SG8002", Warning, "a new certificate cannot be used; the last one is still served",
        "put a certificate and its own key in place: they are looked at again when they change";
    PoliciesKept = "SG8003", Warning, "new policies cannot be used; the last ones still judge",
        "correct what the message and the log name: files are looked at again when they change; `soc2gate check` says all that is wrong";
    AddressUnusable = "SG8004", Error, "an address cannot be served",
        "check --listen and --probes: the port must be free, and one that this user may use";
    ClusterUnreachable = "SG8005", Error, "the cluster cannot be asked",
        "check --kubeconfig and --context, or in a pod the service account, and whether the API server can be reached";
    CertificateSecretUnusable = "SG8006", Error, "the Secret of the webhook's own certificate cannot be used",
        "remove the Secret if nobody else needs it, and look whether the service account may get, create and update it";
    NotRegistered = "SG8007", Warning, "the API server does not know the webhook as it should",
        "look whether the ValidatingWebhookConfiguration is there, and whether the service account may get and update it";
    AuditIncomplete = "SG8016", Error, "a scan of what exists is incomplete",
        "until it is complete nothing is known of what it left out; the message says what could not be read, judged or written";
    ReportsAltered = "SG8017", Warning, "reports of the audit were changed or removed by others",
        "they are as they were again; see who may write reports (RBAC), and the audit log of the API server for who did";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let ids: Vec<&str> = Self::ALL.iter().map(|code| code.id()).collect();
        json_schema!({
            "type": "string",
            "description": "A stable code of a diagnostic; docs/diagnostics.md explains each.",
            "enum": ids
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        let ids: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(
            ids.iter().all(|id| id.len() == 6 && id.starts_with("SG")),
            "{ids:?}"
        );
    }

    #[test]
    fn every_code_has_a_remedy_of_one_line() {
        for code in Code::ALL {
            assert!(
                !code.help().is_empty() && !code.help().contains('\n'),
                "{code}"
            );
            assert!(!code.title().ends_with('.'), "{code}");
        }
    }
}
