//! Rights of roles: to use the ledger, and no more than that.

use postgres::Client;

use super::failure::Failure;
use super::options::PostgresOptions;
use super::session;

/// What a role may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Read the log and its sealed documents.
    Read,
    /// Also append records. It cannot seal, and cannot remove what waits to be sealed.
    Append,
    /// Also seal, rotate keys, add cosignatures and erase documents.
    Seal,
}

/// Gives rights, after taking away all that the role had.
pub(super) fn grant(
    client: &mut Client,
    options: &PostgresOptions,
    role: &str,
    rights: Rights,
) -> Result<(), Failure> {
    let schema = session::quoted(&options.schema)?;
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    let mut statements = vec![
        format!("REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}"),
        format!("GRANT USAGE ON SCHEMA {schema} TO {role}"),
        format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}"),
    ];
    if rights != Rights::Read {
        statements.push(format!(
            "GRANT INSERT ON record_id, pending, document, document_key TO {role}"
        ));
    }
    if rights == Rights::Seal {
        statements.extend([
            format!("GRANT DELETE ON pending TO {role}"),
            format!("GRANT INSERT ON entry, checkpoint, cosigned, verifier TO {role}"),
            format!("GRANT INSERT, UPDATE ON tile TO {role}"),
            format!("GRANT UPDATE ON frontier TO {role}"),
            format!("GRANT UPDATE (wrapped_key) ON document_key TO {role}"),
        ]);
    }
    let mut transaction = client.transaction()?;
    transaction.batch_execute(&statements.join("; "))?;
    Ok(transaction.commit()?)
}
