//! The files of the repository, read once.

use std::fs;
use std::io;
use std::path::Path;

/// The files of the repository, in the order of their paths.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: Vec<File>,
}

/// One file: its path from the root, with `/` between folders, and its text if it is source or prose.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// Returns whether this is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Returns whether this is Rust that a crate is built of: neither test, bench nor example.
    pub(crate) fn is_product(&self) -> bool {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => self.is_rust() && parts.nth(1) == Some("src"),
            Some("xtask" | "bench") => self.is_rust() && parts.next() == Some("src"),
            _ => false,
        }
    }
}

impl Tree {
    /// Reads the repository in a folder, without what is built or belongs to git.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.add_folder(root, "")?;
        tree.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn add_folder(&mut self, root: &Path, folder: &str) -> io::Result<()> {
        for entry in fs::read_dir(root.join(folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() && !is_left_out(&entry.path(), &name) {
                self.add_folder(root, &path)?;
            } else if kind.is_file() {
                let is_read = READ.iter().any(|ending| path.ends_with(ending));
                let text = if is_read { fs::read_to_string(root.join(&path))? } else { String::new() };
                self.files.push(File { path, text });
            }
        }
        Ok(())
    }

    /// Returns all files.
    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    /// Returns the files whose path begins so.
    pub(crate) fn under<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| file.path.starts_with(start))
    }

    /// Returns the file at a path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Returns whether there is a file or folder at a path.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let is_below = |file: &File| file.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        self.file(path).is_some() || self.files.iter().any(is_below)
    }
}

/// Returns whether a folder belongs to git or is a cache, as every target folder says of itself.
fn is_left_out(folder: &Path, name: &str) -> bool {
    name == ".git" || name == "target" || folder.join("CACHEDIR.TAG").exists()
}

/// Ends of the names of files that are read.
const READ: [&str; 4] = [".rs", ".md", ".toml", "Cargo.lock"];

/// Makes a tree of samples for the tests of the checks.
#[cfg(test)]
pub(crate) fn sample(files: &[(&str, &str)]) -> Tree {
    let file = |&(path, text): &(&str, &str)| File { path: path.to_owned(), text: text.to_owned() };
    Tree { files: files.iter().map(file).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_read_without_what_is_built() {
        let tree = Tree::read(crate::root()).unwrap();
        assert!(tree.file("xtask/src/tidy/tree.rs").is_some_and(|file| !file.text.is_empty()));
        assert!(tree.files().iter().all(|file| !file.path.starts_with("target/")));
    }

    #[test]
    fn folders_exist_through_their_files() {
        let tree = sample(&[("a/b/c.rs", "")]);
        assert!(tree.exists("a") && tree.exists("a/b/") && tree.exists("a/b/c.rs"));
        assert!(!tree.exists("a/b/c") && !tree.exists("b"));
    }

    #[test]
    fn tests_and_benches_are_no_product() {
        let tree =
            sample(&[("crates/a/src/b/c.rs", ""), ("crates/a/tests/b.rs", ""), ("xtask/src/a.rs", "")]);
        let product: Vec<_> = tree.files().iter().map(File::is_product).collect();
        assert_eq!(product, [true, false, true]);
    }
}
