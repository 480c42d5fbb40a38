//! Containers with one fault each, and what a reader must say of it: where, what, and how much is delivered all the same.

mod frames;
mod headers;
mod members;
mod payloads;

use std::ops::Range;

use primestream_codec::Symbols;
use primestream_codec::container::{ContainerId, ContainerWriter, Header, Settings, encode_symbols};

use crate::forge::{Forged, ID, container};
use crate::good::blocks_of;

/// A bad file.
pub(crate) struct Bad {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Byte at which the first thing is wrong; 0 for a file that cannot be opened.
    pub(crate) offset: u64,
    /// What is said of it.
    pub(crate) error: String,
    /// Symbols delivered by a reader that passes over damage; `None` if it cannot read on.
    pub(crate) delivered: Option<u64>,
}

const TEXT: &[u8] = b"twenty bytes of text";

fn settings() -> Settings {
    blocks_of(8, 1)
}

fn whole_of(settings: Settings, id: u8, is_indexed: bool) -> Vec<u8> {
    let header = Header::new(settings, ContainerId([id; 16]));
    let writer = ContainerWriter::new(Vec::new(), header).expect("memory");
    let mut writer = if is_indexed { writer } else { writer.without_index() };
    writer.write(TEXT.into()).expect("bytes");
    writer.finish().expect("memory")
}

/// Header, frames of 8, 8 and 4 bytes, and end frame, without an index.
fn plain() -> Vec<u8> {
    whole_of(settings(), 5, false)
}

/// Where header, frames and end frame of a container lie.
fn parts(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut parts = vec![Range { start: 0, end: 64 }];
    let mut at = 64;
    while let Some(length) = bytes.get(at + 16..at + 20) {
        let payload = u32::from_le_bytes(length.try_into().expect("four bytes"));
        let end = at + 36 + payload as usize;
        parts.push(at..end);
        at = end;
    }
    parts
}

fn joined(bytes: &[u8], order: &[usize]) -> Vec<u8> {
    let parts = parts(bytes);
    order.iter().flat_map(|&part| bytes[parts[part].clone()].to_vec()).collect()
}

fn changed(mut bytes: Vec<u8>, at: usize, to: impl FnOnce(u8) -> u8) -> Vec<u8> {
    bytes[at] = to(bytes[at]);
    bytes
}

/// A header with some bytes changed, under a checksum that fits.
fn header_with(changes: &[(usize, u8)]) -> Vec<u8> {
    let mut bytes = plain();
    changes.iter().for_each(|&(at, to)| bytes[at] = to);
    let crc = crc32fast::hash(&bytes[..60]).to_le_bytes();
    bytes[60..64].copy_from_slice(&crc);
    bytes
}

/// The only frame of a container, its payload as it is told, with an end that counts it.
fn only(settings: Settings, payload: &[u8], symbols: u32) -> Vec<u8> {
    with_end(settings, vec![Forged::content(payload, symbols)])
}

fn with_end(settings: Settings, frames: Vec<Forged>) -> Vec<u8> {
    let mut bytes = container(settings, &frames);
    let symbols = frames.iter().map(|frame| u64::from(frame.symbols)).sum();
    bytes.extend(end(frames.len() as u64, symbols, [0; 32], bytes.len() as u64));
    bytes
}

fn end(frames: u64, symbols: u64, digest: [u8; 32], offset: u64) -> Vec<u8> {
    let numbers = [frames.to_le_bytes(), symbols.to_le_bytes()].concat();
    let payload = [&numbers[..], &digest, &[0; 8], &offset.to_le_bytes()].concat();
    Forged { kind: 2, number: frames, ..Forged::content(&payload, 0) }.bytes()
}

/// The payload of the only frame of a container of these symbols.
fn payload_of(symbols: &Symbols, settings: Settings) -> Vec<u8> {
    let whole = encode_symbols(symbols.as_ref(), &settings, ID).expect("symbols of the kind");
    whole[96..whole.len() - 104].to_vec()
}

fn bytes_payload(content: &[u8], settings: Settings) -> Vec<u8> {
    payload_of(&Symbols::Bytes(content.to_vec()), settings)
}

fn framed(codeword: &[u8]) -> Vec<u8> {
    [&[u8::try_from(codeword.len()).expect("short")][..], codeword].concat()
}

/// The codewords of a payload, each with its length, none of which is above 127.
fn codewords(payload: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = payload;
    std::iter::from_fn(|| {
        let (codeword, behind) = rest.split_at_checked(1 + usize::from(*rest.first()?))?;
        rest = behind;
        Some(codeword.to_vec())
    })
    .collect()
}

fn replaced(payload: &[u8], index: usize, by: &[u8]) -> Vec<u8> {
    let mut codewords = codewords(payload);
    codewords[index] = by.to_vec();
    codewords.concat()
}

/// Makes them all.
pub(crate) fn all() -> Vec<Bad> {
    [
        headers::all(),
        frames::framing(),
        frames::order(),
        members::behind(),
        members::ends(),
        payloads::blocks(),
        payloads::compressed(),
        payloads::dense(),
        payloads::runs(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn bad(name: &'static str, bytes: Vec<u8>, offset: usize, error: impl Into<String>, delivered: u64) -> Bad {
    Bad { name, bytes, offset: offset as u64, error: error.into(), delivered: Some(delivered) }
}

fn unreadable(name: &'static str, bytes: Vec<u8>, offset: usize, error: impl Into<String>) -> Bad {
    Bad { delivered: None, ..bad(name, bytes, offset, error, 0) }
}
