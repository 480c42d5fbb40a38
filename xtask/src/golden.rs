//! Writing the files that every later version must read.

use std::path::Path;
use std::process::Command;

/// Writes the good and bad containers of this version, with their tables, and tells whether that worked.
pub(crate) fn run(root: &Path) -> bool {
    let test = ["test", "--locked", "--package", "primestream-codec", "--test", "golden", "written_as_ever"];
    let status = Command::new(env!("CARGO"))
        .args(test)
        .env("PRIMESTREAM_WRITE_GOLDEN", "1")
        .current_dir(root)
        .status();
    status.is_ok_and(|status| status.success())
}
