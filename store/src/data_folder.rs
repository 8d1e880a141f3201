//! The folder that holds everything on embedded defaults, owned by one process.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// A data folder that this process owns until the value is dropped, or until the process ends in any way.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Holds the lock; the file stays when the lock is gone, so that no two processes lock two files of one name.
    _lock: File,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// Another process owns it.
    #[error("the data folder {} is in use by another process", .path.display())]
    InUse {
        /// Which folder.
        path: PathBuf,
    },
    /// It could not be made or locked.
    #[error("the data folder {} cannot be used", .path.display())]
    Io {
        /// Which folder.
        path: PathBuf,
        /// What failed.
        #[source]
        source: io::Error,
    },
}

const LOCK_FILE: &str = "lock";

impl DataFolder {
    /// Takes the folder, which is made for the owner alone (mode 0700) when it is absent.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        let failed = |source| DataFolderError::Io {
            path: path.to_owned(),
            source,
        };
        create(path).map_err(failed)?;
        let lock = lock_file(&path.join(LOCK_FILE)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(DataFolderError::InUse {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a file of this name lies in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// A folder that exists keeps its mode: whoever made it may have had a reason.
fn create(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        // Another process made it a moment ago.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

fn lock_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_belongs_to_its_owner_alone() {
        let parent = tempfile::tempdir().unwrap();

        let folder = DataFolder::open(&parent.path().join("a/b")).unwrap();

        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(folder.path()).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_folder_in_use_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let owner = DataFolder::open(parent.path()).unwrap();

        let refused = DataFolder::open(parent.path());

        assert!(matches!(refused, Err(DataFolderError::InUse { path }) if path == owner.path()));
    }

    #[test]
    fn a_folder_is_free_again_when_its_owner_is_gone() {
        let parent = tempfile::tempdir().unwrap();

        drop(DataFolder::open(parent.path()).unwrap());

        assert!(DataFolder::open(parent.path()).is_ok());
    }
}
