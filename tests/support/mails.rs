//! The mails of a data folder, as a mail program reads them.

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mail {
    /// Address it goes to.
    pub(crate) to: String,
    /// Its subject.
    pub(crate) subject: String,
    /// Its Message-ID.
    pub(crate) id: String,
    /// Its text for people.
    pub(crate) text: String,
    /// Its HTML for people.
    pub(crate) html: String,
    /// Its appointment, with folded lines joined.
    pub(crate) calendar: Option<String>,
}

/// All mails, in the order of recipient and subject.
pub(crate) fn sent(data_folder: &Path) -> Vec<Mail> {
    let files = fs::read_dir(data_folder.join("mails")).unwrap();
    let mut mails: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| read(&fs::read_to_string(path).unwrap()))
        .collect();
    mails.sort();
    mails
}

fn read(file: &str) -> Mail {
    let file = file.replace("\r\n", "\n");
    let parts: Vec<_> = file.split("\n--").collect();
    let part = |kind: &str| {
        let found = parts
            .iter()
            .find(|part| field(part, "content-type").starts_with(kind));
        found.map(|part| body(part))
    };
    let to = field(parts[0], "to");
    let address = to.rsplit(['<', ' ']).next().unwrap_or_default();
    Mail {
        to: address.trim_end_matches('>').to_owned(),
        subject: field(parts[0], "subject"),
        id: field(parts[0], "message-id"),
        text: part("text/plain").unwrap_or_default(),
        html: part("text/html").unwrap_or_default(),
        calendar: part("text/calendar").map(|text| text.replace("\r\n", "\n").replace("\n ", "")),
    }
}

/// A header field of a part, with folded lines joined; empty when it is not there.
fn field(part: &str, name: &str) -> String {
    // A part begins with the rest of the boundary's line.
    let header = part
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .replace("\n ", " ")
        .replace("\n\t", " ");
    let mut lines = header.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(field, _)| field.eq_ignore_ascii_case(name));
    found
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

fn body(part: &str) -> String {
    let body = part.split_once("\n\n").map_or("", |(_, body)| body);
    let bytes = match field(part, "content-transfer-encoding").as_str() {
        "base64" => STANDARD.decode(body.replace('\n', "")).unwrap(),
        "quoted-printable" => quoted(body),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8(bytes).unwrap()
}

/// Reads quoted-printable (RFC 2045 section 6.7).
fn quoted(body: &str) -> Vec<u8> {
    let body = body.replace("=\n", "");
    let mut pieces = body.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend(rest.as_bytes());
    }
    bytes
}
