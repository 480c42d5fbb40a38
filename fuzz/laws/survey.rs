//! What a reader that passes over damage makes of bytes.

use std::io::Read;

use primestream_codec::container::{
    ContainerError, ContainerId, Continuity, Damage, FrameDecoder, FrameReader, Piece,
};
use primestream_codec::{Limits, Symbols};

/// Everything that was delivered, and everything that was found wrong.
#[derive(Default, PartialEq, Eq, Debug)]
pub(crate) struct Survey {
    /// Contents of frames: the container's place in the file, its id, the frame's number.
    pub(crate) delivered: Vec<(usize, ContainerId, u64, Symbols)>,
    pub(crate) damages: Vec<Damage>,
    /// Bytes that some frame, header or damage accounts for.
    pub(crate) covered: u64,
    /// Each container had its end frame, and everything fitted it.
    pub(crate) is_complete: bool,
}

/// Reads to the end, whatever is wrong on the way.
pub(crate) fn survey(bytes: impl Read, limits: Limits) -> Result<Survey, ContainerError> {
    let mut reader = FrameReader::open(bytes, limits)?;
    let mut id = reader.header().id();
    let mut decoder = FrameDecoder::new(reader.header(), limits);
    let mut continuity = Continuity::new(reader.header());
    let mut symbols = Symbols::new(reader.header().settings().units());
    let mut found = Survey { covered: 64, ..Survey::default() };
    let (mut members, mut is_complete) = (0, true);
    while let Some(piece) = reader.next_piece()? {
        match piece {
            Piece::Frame(frame) => {
                found.covered += frame.stored_bytes();
                match decoder.decode(&frame, &mut symbols) {
                    Ok(()) => match continuity.admit(&frame.place(), symbols.as_ref()) {
                        Ok(before) => {
                            found.damages.extend(before);
                            found.delivered.push((members, id, frame.number(), symbols.clone()));
                        }
                        Err(refused) => found.damages.push(refused),
                    },
                    Err(damage) => {
                        assert!(symbols.is_empty(), "nothing of a damaged frame is delivered");
                        found.damages.extend(continuity.damaged(&frame.place()));
                        found.damages.push(damage.summary());
                    }
                }
            }
            Piece::End(end) => {
                found.covered += 100;
                found.damages.extend(continuity.end(&end));
            }
            Piece::Damage(damage) => {
                found.covered += damage.bytes;
                continuity.broken();
                found.damages.push(damage);
            }
            Piece::Member { header, .. } => {
                found.covered += 64;
                members += 1;
                is_complete &= continuity.is_complete();
                id = header.id();
                decoder = FrameDecoder::new(&header, limits);
                continuity = Continuity::new(&header);
            }
            _ => unreachable!("no other piece exists"),
        }
    }
    found.is_complete = is_complete && continuity.is_complete();
    Ok(found)
}
