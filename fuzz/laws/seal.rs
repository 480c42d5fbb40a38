//! Checksums that fit, whatever they stand over.

use primestream_codec::container::MAGIC;

/// Writes the checksums of the header and of every frame that the lengths lead to, so that what lies behind them is read.
pub(crate) fn seal(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(id) = bytes.get(at + 20..at + 36).map(<[u8]>::to_vec) {
        put_crc(bytes, &[], at..at + 60);
        at += 64;
        let mut kind = 1;
        while kind != 2 {
            let Some(head) = bytes.get(at..at + 32) else { return };
            kind = head[4];
            let payload = u32::from_le_bytes(head[16..20].try_into().expect("four bytes")) as usize;
            put_crc(bytes, &id, at..at + 28);
            // The checksum of the header lies between what the payload's covers.
            let Some(body) = bytes.get(at + 32..at + 32 + payload) else { return };
            let crc = crc32fast::hash(&[&id, &bytes[at..at + 28], body].concat());
            let end = at + 32 + payload;
            if let Some(room) = bytes.get_mut(end..end + 4) {
                room.copy_from_slice(&crc.to_le_bytes());
            }
            at = end + 4;
        }
        if !bytes.get(at..).is_some_and(|rest| rest.starts_with(&MAGIC)) {
            return;
        }
    }
}

fn put_crc(bytes: &mut [u8], id: &[u8], covered: std::ops::Range<usize>) {
    let end = covered.end;
    let crc = bytes.get(covered).map(|covered| crc32fast::hash(&[id, covered].concat()));
    if let (Some(crc), Some(room)) = (crc, bytes.get_mut(end..end + 4)) {
        room.copy_from_slice(&crc.to_le_bytes());
    }
}
