//! A writer that turns out to be a file which shows what is committed.

use std::any::Any;
use std::io::{self, BufWriter, Write};

use crate::checkpoint::Transactional;
use crate::error::SinkError;
use crate::files::{PartsFolder, TransactionalFile};

/// Returns what a writer is that shows what is committed, if it is that.
pub(super) fn transactional<W: 'static>(writer: &mut W) -> Option<&mut dyn Transactional> {
    hiding(writer).map(|writer| writer as &mut dyn Transactional)
}

/// Ends the output well: what hides until then appears.
pub(super) fn finish<W: Write + 'static>(writer: &mut W) -> Result<(), SinkError> {
    writer.flush()?;
    hiding(writer).map_or(Ok(()), |writer| Ok(writer.finish()?))
}

/// An output whose bytes appear at its end, or when they are committed.
trait Hiding: Transactional {
    fn finish(&mut self) -> io::Result<()>;
}

impl Hiding for TransactionalFile {
    fn finish(&mut self) -> io::Result<()> {
        self.finish()
    }
}

impl Hiding for PartsFolder {
    fn finish(&mut self) -> io::Result<()> {
        self.finish()
    }
}

impl<W: Hiding + Write> Hiding for BufWriter<W> {
    fn finish(&mut self) -> io::Result<()> {
        self.flush()?;
        self.get_mut().finish()
    }
}

fn hiding(writer: &mut dyn Any) -> Option<&mut dyn Hiding> {
    let kinds: [Look; 4] = [
        of::<TransactionalFile>,
        of::<PartsFolder>,
        of::<BufWriter<TransactionalFile>>,
        of::<BufWriter<PartsFolder>>,
    ];
    let kind = kinds.into_iter().find(|of| of(writer).is_some());
    kind.and_then(|of| of(writer))
}

/// Tells whether a writer is of one kind.
type Look = fn(&mut dyn Any) -> Option<&mut dyn Hiding>;

fn of<W: Hiding + 'static>(writer: &mut dyn Any) -> Option<&mut dyn Hiding> {
    writer.downcast_mut::<W>().map(|writer| writer as &mut dyn Hiding)
}
