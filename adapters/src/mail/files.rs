//! Mail as files in a folder, one for each message, to be opened with any mail program. Sends nothing anywhere.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use domain::ports::{
    error::ProviderError,
    mail::{Mail, Mailer, Sent, SentMail},
};
use sha2::{Digest, Sha256};

use super::message::{self, Sender};
use crate::durable;

/// Longest readable part of a file name; file systems allow 255 bytes.
const NAME_LIMIT: usize = 120;

/// Writes mail into a folder.
#[derive(Debug)]
pub struct MailFiles {
    name: String,
    folder: PathBuf,
    sender: Sender,
}

impl MailFiles {
    /// Mail goes into this folder, which is made when it is absent.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] when the folder cannot be made.
    pub fn new(name: impl Into<String>, folder: &Path, sender: Sender) -> Result<Self, ProviderError> {
        fs::create_dir_all(folder).map_err(|_| ProviderError::misconfigured("folder for mail"))?;
        Ok(Self {
            name: name.into(),
            folder: folder.to_owned(),
            sender,
        })
    }
}

#[async_trait]
impl Mailer for MailFiles {
    fn name(&self) -> &str {
        &self.name
    }

    async fn send(&self, mail: &Mail) -> Result<Sent, ProviderError> {
        let message = message::build(mail, &self.sender)?;
        let file = file_name(message::message_id(mail)?);
        let path = self.folder.join(&file);
        tokio::task::spawn_blocking(move || write_once(&path, &message.formatted()))
            .await
            .map_err(ProviderError::in_doubt)?
            .map_err(ProviderError::in_doubt)?;
        Ok(Sent { via: file })
    }
}

#[async_trait]
impl SentMail for MailFiles {
    async fn find(&self, message_id: &str) -> Result<Option<Sent>, ProviderError> {
        let file = file_name(message_id);
        let found = tokio::fs::try_exists(self.folder.join(&file)).await;
        let found = found.map_err(ProviderError::unavailable)?;
        Ok(found.then_some(Sent { via: file }))
    }
}

/// The same message id is the same mail: what is there stays as it is.
fn write_once(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.try_exists()? {
        return Ok(());
    }
    durable::write(path, bytes)
}

/// The message id as the name of a file: its characters are harmless already, except that it may be too long or begin
/// with a dot. Two ids never share a name, not even where upper and lower case are the same.
fn file_name(message_id: &str) -> String {
    let harmless = message_id.len() <= NAME_LIMIT
        && !message_id.starts_with(['.', '-'])
        && !message_id.contains(|c: char| c.is_ascii_uppercase());
    if harmless {
        return format!("{message_id}.eml");
    }
    let digest: String = Sha256::digest(message_id)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{digest}.eml")
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::{
        super::message::sample::{invited, sender},
        *,
    };

    fn files(folder: &TempDir) -> MailFiles {
        MailFiles::new("files", &folder.path().join("mail"), sender()).unwrap()
    }

    fn names(folder: &TempDir) -> Vec<String> {
        fs::read_dir(folder.path().join("mail"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_mail_becomes_one_file_named_by_its_id() {
        let folder = TempDir::new().unwrap();

        let sent = files(&folder).send(&invited()).await.unwrap();

        assert_eq!(sent.via, "not_01@greenroom.example.eml");
        assert_eq!(names(&folder), ["not_01@greenroom.example.eml"]);
        let text = fs::read_to_string(folder.path().join("mail").join(&sent.via)).unwrap();
        assert!(text.contains("To: \"Asha Rao\" <asha@example.org>"));
    }

    #[tokio::test]
    async fn the_same_mail_again_is_not_a_second_mail() {
        let folder = TempDir::new().unwrap();
        let first = files(&folder).send(&invited()).await.unwrap();
        let path = folder.path().join("mail").join(&first.via);
        let before = fs::read(&path).unwrap();

        let second = files(&folder).send(&invited()).await.unwrap();

        assert_eq!(first, second);
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(names(&folder).len(), 1);
    }

    #[tokio::test]
    async fn a_mail_is_found_by_its_id_once_it_was_taken_over() {
        let folder = TempDir::new().unwrap();
        let files = files(&folder);
        let before = files.find(&invited().message_id).await.unwrap();

        let sent = files.send(&invited()).await.unwrap();

        assert_eq!(before, None);
        assert_eq!(files.find(&invited().message_id).await.unwrap(), Some(sent));
    }

    #[tokio::test]
    async fn an_id_cannot_lead_out_of_the_folder() {
        let folder = TempDir::new().unwrap();
        let outside = Mail {
            message_id: "../../evil@greenroom.example".into(),
            ..invited()
        };

        let refused = files(&folder).send(&outside).await;

        assert_eq!(refused.unwrap_err().code(), "bad_message_id");
        assert!(names(&folder).is_empty());
    }

    #[test]
    fn long_and_odd_ids_get_a_name_of_their_own() {
        let long = format!("{}@example.org", "a".repeat(300));
        assert_eq!(file_name(&long).len(), 68);
        assert_ne!(file_name("A@example.org"), file_name("a@example.org"));
        assert!(!file_name(".hidden@example.org").starts_with('.'));
    }
}
