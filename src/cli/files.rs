//! Files that tools write: whole or not at all, and never over another.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

/// Bytes that are collected before they are written.
const BUFFER: usize = 1024 * 1024;

/// A file in the making, for its owner alone. It has its name once it is whole and durable.
pub(super) struct NewFile {
    path: PathBuf,
    partial: PathBuf,
    out: BufWriter<File>,
}

impl NewFile {
    /// Begins one.
    ///
    /// # Errors
    /// When there is a file of that name, or none can be made.
    pub(super) fn create(path: &Path) -> Result<Self> {
        ensure!(
            !path.exists(),
            "{} is there already: choose another name",
            path.display()
        );
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial);
        let file = file.with_context(|| format!("{} cannot be made", partial.display()))?;
        Ok(Self {
            path: path.to_owned(),
            partial,
            out: BufWriter::with_capacity(BUFFER, file),
        })
    }

    /// Where to write.
    pub(super) fn out(&mut self) -> &mut (dyn Write + Send) {
        &mut self.out
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub(super) fn finish(mut self) -> Result<()> {
        let written = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        let named = written.and_then(|()| std::fs::rename(&self.partial, &self.path));
        named
            .and_then(
                |()| match self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    Some(folder) => File::open(folder)?.sync_all(),
                    None => Ok(()),
                },
            )
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Gone already when it was finished.
        let _ = std::fs::remove_file(&self.partial);
    }
}
