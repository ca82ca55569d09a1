//! The formats of configuration documents.

/// How a configuration document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// YAML, as Kubernetes reads it; a stream may hold several documents.
    Yaml,
    /// JSON, RFC 8259.
    Json,
    /// JSON with comments and trailing commas.
    Jsonc,
    /// TOML 1.1.
    Toml,
    /// HCL 2: Terraform, Packer and others.
    Hcl2,
    /// A Dockerfile.
    Dockerfile,
    /// INI, as go-ini reads it.
    Ini,
    /// XML 1.0.
    Xml,
    /// Variables of an environment: `.env`.
    Dotenv,
    /// Java properties.
    Properties,
    /// Comma-separated values with a header, RFC 4180.
    Csv,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::Csv,
        Self::Dockerfile,
        Self::Dotenv,
        Self::Hcl2,
        Self::Ini,
        Self::Json,
        Self::Jsonc,
        Self::Properties,
        Self::Toml,
        Self::Xml,
        Self::Yaml,
    ];

    /// Its name on the command line: the one that Conftest gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Jsonc => "jsonc",
            Self::Toml => "toml",
            Self::Hcl2 => "hcl2",
            Self::Dockerfile => "dockerfile",
            Self::Ini => "ini",
            Self::Xml => "xml",
            Self::Dotenv => "dotenv",
            Self::Properties => "properties",
            Self::Csv => "csv",
        }
    }

    /// The format that the name of a file tells, whatever its folder and its case; None where it tells none. Standard
    /// input (`-`) is YAML unless it is said otherwise.
    pub fn of_file_name(path: &str) -> Option<Self> {
        if path == "-" {
            return Some(Self::Yaml);
        }
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        // First, so that no manifest is ever taken for a Dockerfile.
        match extension {
            Some("yaml" | "yml") => return Some(Self::Yaml),
            Some("json") => return Some(Self::Json),
            _ => {}
        }
        if name == "dockerfile" || name.starts_with("dockerfile.") {
            return Some(Self::Dockerfile);
        }
        Some(match extension? {
            "jsonc" => Self::Jsonc,
            "toml" => Self::Toml,
            "hcl" | "hcl2" | "tf" | "tfvars" => Self::Hcl2,
            "dockerfile" => Self::Dockerfile,
            "ini" => Self::Ini,
            "xml" => Self::Xml,
            "env" | "dotenv" => Self::Dotenv,
            "properties" => Self::Properties,
            "csv" => Self::Csv,
            _ => return None,
        })
    }

    /// Whether it is read as a stream of YAML or as JSON, in which other kinds of subject are written too.
    pub(crate) fn is_general(self) -> bool {
        matches!(self, Self::Yaml | Self::Json)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("-", Some(Format::Yaml))]
    #[case("a/b.YML", Some(Format::Yaml))]
    #[case("a.json", Some(Format::Json))]
    #[case("tsconfig.jsonc", Some(Format::Jsonc))]
    #[case("Cargo.toml", Some(Format::Toml))]
    #[case("main.tf", Some(Format::Hcl2))]
    #[case("prod.tfvars", Some(Format::Hcl2))]
    #[case("nomad.hcl", Some(Format::Hcl2))]
    #[case("Dockerfile", Some(Format::Dockerfile))]
    #[case("images\\Dockerfile.debug", Some(Format::Dockerfile))]
    #[case("dev.Dockerfile", Some(Format::Dockerfile))]
    #[case("dockerfile.yaml", Some(Format::Yaml))]
    #[case("grafana.ini", Some(Format::Ini))]
    #[case("pom.xml", Some(Format::Xml))]
    #[case(".env", Some(Format::Dotenv))]
    #[case("prod.env", Some(Format::Dotenv))]
    #[case("log4j.properties", Some(Format::Properties))]
    #[case("users.csv", Some(Format::Csv))]
    #[case("LICENSE", None)]
    #[case("a.yaml/readme.md", None)]
    #[case("dockerfiles", None)]
    fn the_name_of_a_file_tells_its_format(#[case] path: &str, #[case] format: Option<Format>) {
        assert_eq!(Format::of_file_name(path), format);
    }

    #[test]
    fn every_format_has_a_name_of_its_own() {
        let names: HashSet<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
        assert_eq!(names.len(), 11);
    }
}
