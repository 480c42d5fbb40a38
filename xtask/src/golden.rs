//! Writing the files that every later version must read.

use std::path::Path;
use std::process::Command;

/// Writes the good and bad containers and checkpoints of this version, with their tables, and tells whether that worked.
pub(crate) fn run(root: &Path) -> bool {
    [("primestream-codec", "golden"), ("primestream-engine", "checkpoints")].iter().all(|(package, test)| {
        let status = Command::new(env!("CARGO"))
            .args(["test", "--locked", "--package", package, "--test", test, "written_as_ever"])
            .env("PRIMESTREAM_WRITE_GOLDEN", "1")
            .current_dir(root)
            .status();
        status.is_ok_and(|status| status.success())
    })
}
