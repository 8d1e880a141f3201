//! Why a log in a database cannot be opened.

use crate::migrations::MigrationError;

/// Why a log in a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address of the database cannot be read.
    #[error("the address of the database is not one")]
    Address(#[source] sqlx::Error),
    /// The database cannot be reached or opened.
    #[error("the database cannot be opened")]
    Database(#[from] sqlx::Error),
    /// The file of the database cannot be opened.
    #[error("the database cannot be opened")]
    File(#[from] rusqlite::Error),
    /// The database belongs to another version, or could not be migrated.
    #[error("the log's tables are not usable")]
    Migration(#[from] MigrationError),
    /// The thread that appends could not be started.
    #[error("the thread that appends cannot be started")]
    Thread(#[from] std::io::Error),
    /// What is stored cannot be read.
    #[error("the end of the log cannot be read")]
    Read(#[from] crate::log::ReadError),
}
