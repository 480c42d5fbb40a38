//! Frames and headers with whatever fields one likes, under checksums that fit.

use primestream_codec::container::{ContainerId, Header, Settings};

pub(crate) const ID: ContainerId = ContainerId([5; 16]);

/// A frame as `docs/container.md` describes it.
pub(crate) struct Forged {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) reserved: u16,
    pub(crate) number: u64,
    pub(crate) payload_len: u32,
    pub(crate) whole_len: u32,
    pub(crate) symbols: u32,
    pub(crate) payload: Vec<u8>,
}

impl Forged {
    pub(crate) fn content(payload: &[u8], symbols: u32) -> Self {
        let len = u32::try_from(payload.len()).expect("small");
        Self {
            kind: 1,
            flags: 0,
            reserved: 0,
            number: 0,
            payload_len: len,
            whole_len: len,
            symbols,
            payload: payload.to_vec(),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut head = vec![0xF5, 0x70, 0x66, 0x9E, self.kind, self.flags];
        head.extend(self.reserved.to_le_bytes());
        head.extend(self.number.to_le_bytes());
        head.extend(
            [self.payload_len, self.whole_len, self.symbols].iter().flat_map(|field| field.to_le_bytes()),
        );
        let crc = |parts: &[&[u8]]| crc32fast::hash(&parts.concat()).to_le_bytes();
        let (head_crc, payload_crc) = (crc(&[&ID.0, &head]), crc(&[&ID.0, &head, &self.payload]));
        [head, head_crc.to_vec(), self.payload.clone(), payload_crc.to_vec()].concat()
    }
}

/// A container of these frames, without an end.
pub(crate) fn container(settings: Settings, frames: &[Forged]) -> Vec<u8> {
    let mut bytes = Header::new(settings, ID).to_bytes().to_vec();
    frames.iter().for_each(|frame| bytes.extend(frame.bytes()));
    bytes
}
