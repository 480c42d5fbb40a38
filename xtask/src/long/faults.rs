//! Planted faults: one line of the code is made wrong, and a test that is named beside it must turn red.
//!
//! The tables are in `xtask/faults`; a fault is a block of lines `fault:`, `file:`, `old:`, `new:` and `test:`, where
//! `behind:` tells which of equal lines is meant: the first behind that one. `test:` is what `cargo test` is asked,
//! behind the word `loom` under the model checker.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::run::{Counts, Outcome, Run};
use super::{Choice, Lane};

pub(super) const LANES: [Lane; 1] = [Lane {
    name: "faults",
    about: "Plants every fault of `xtask/faults`, or those whose name holds a word, and demands that its test turns red.",
    options: &[(Choice::Only, None)],
    work: faults,
}];

/// A line that is made wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Fault {
    name: String,
    file: String,
    behind: Option<String>,
    old: String,
    new: String,
    test: String,
}

fn faults(run: &Run<'_>) -> Outcome {
    let listed = match listed(run.root()) {
        Ok(listed) => listed,
        Err(what) => {
            eprintln!("{what}");
            return Outcome::Ran(Counts::one(false));
        }
    };
    let only = run.text(Choice::Only).unwrap_or_default();
    let chosen: Vec<&Fault> =
        listed.iter().filter(|fault| fault.name.contains(only) || fault.file.contains(only)).collect();
    let folder = run.folder().join("tree");
    let mut counts = Counts::default();
    // A test that is red already would show nothing, and one that is not there is never red.
    let mut tests: Vec<&str> = chosen.iter().map(|fault| fault.test.as_str()).collect();
    tests.sort_unstable();
    tests.dedup();
    if let Err(error) = run.copy_sources(&folder) {
        eprintln!("the sources cannot be copied to {}: {error}", folder.display());
        return Outcome::Ran(Counts::one(false));
    }
    let mut sound = Vec::new();
    for test in tests {
        match tried(run, &folder, test) {
            Tried::Green => sound.push(test),
            other => {
                println!("without a fault, `{test}` is not green but {other:?}");
                run.keep(&[("test", test)]);
                counts += Counts::one(false);
            }
        }
    }
    for fault in chosen.into_iter().filter(|fault| sound.contains(&fault.test.as_str())) {
        let verdict = planted(run, &folder, fault);
        println!("{}: {}: {}", if verdict.is_ok() { "caught" } else { "SURVIVES" }, fault.file, fault.name);
        if let Err(why) = &verdict {
            println!("    {why}");
            run.keep(&[("fault", &format!("{fault:#?}\n{why}\n"))]);
        }
        counts += Counts::one(verdict.is_ok());
    }
    Outcome::Ran(counts)
}

/// Plants a fault, runs its test and takes the fault away again; says why it was not caught.
fn planted(run: &Run<'_>, folder: &Path, fault: &Fault) -> Result<(), String> {
    let path = folder.join(&fault.file);
    let before = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", fault.file))?;
    let wrong = fault.plant(&before)?;
    fs::write(&path, wrong).map_err(|error| error.to_string())?;
    let tried = tried(run, folder, &fault.test);
    fs::write(&path, before).map_err(|error| error.to_string())?;
    match tried {
        Tried::Red => Ok(()),
        Tried::Green => Err(format!("`{}` passes all the same", fault.test)),
        Tried::NotBuilt(what) => Err(format!("it is no fault that compiles:\n{what}")),
        Tried::NoTest => Err(format!("`{}` names no test", fault.test)),
    }
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tried {
    Green,
    /// It failed, or did not end.
    Red,
    NotBuilt(String),
    NoTest,
}

fn tried(run: &Run<'_>, folder: &Path, test: &str) -> Tried {
    let (words, is_loom) = test.strip_prefix("loom ").map_or((test, false), |words| (words, true));
    let command = |timeout: &str, last: &[&str]| {
        let mut command = Command::new("timeout");
        command.args([
            "--kill-after",
            "10",
            timeout,
            env!("CARGO"),
            "test",
            "--locked",
            "--quiet",
            "--target-dir",
        ]);
        command.arg(run.built_aside(if is_loom { "-loom" } else { "" }));
        command.args(words.split_whitespace()).args(last).current_dir(folder);
        if is_loom {
            command
                .args(["--profile", "models"])
                .envs([("RUSTFLAGS", "--cfg loom"), ("LOOM_MAX_PREEMPTIONS", "2")]);
        }
        command.output()
    };
    match command("1800", &["--no-run"]) {
        Err(error) => return Tried::NotBuilt(error.to_string()),
        Ok(built) if !built.status.success() => {
            return Tried::NotBuilt(String::from_utf8_lossy(&built.stderr).into_owned());
        }
        Ok(_) => {}
    }
    match command("180", &[]) {
        Err(error) => Tried::NotBuilt(error.to_string()),
        Ok(ended) if !ended.status.success() => Tried::Red,
        Ok(ended) if String::from_utf8_lossy(&ended.stdout).contains("ok. 0 passed") => Tried::NoTest,
        Ok(_) => Tried::Green,
    }
}

/// Reads all tables.
fn listed(root: &Path) -> Result<Vec<Fault>, String> {
    let folder = root.join("xtask/faults");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    let mut faults = Vec::new();
    for path in paths {
        let name = path.display();
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        faults.extend(parsed(&text).map_err(|what| format!("{name}: {what}"))?);
    }
    Ok(faults)
}

/// Reads a table: what it is about, and blocks of lines.
fn parsed(text: &str) -> Result<Vec<Fault>, String> {
    text.split("\n\n").skip(1).map(|block| Fault::parse(block.trim_end())).collect()
}

impl Fault {
    fn parse(block: &str) -> Result<Self, String> {
        let mut fault = Self::default();
        for line in block.lines() {
            let (field, value) = line.split_once(':').ok_or_else(|| format!("`{line}` is no field"))?;
            let value = value.trim().to_owned();
            match field {
                "fault" => fault.name = value,
                "file" => fault.file = value,
                "behind" => fault.behind = Some(value),
                "old" => fault.old = value,
                "new" => fault.new = value,
                "test" => fault.test = value,
                _ => return Err(format!("there is no field `{field}`")),
            }
        }
        let needed = [&fault.name, &fault.file, &fault.old, &fault.new, &fault.test];
        if needed.iter().any(|field| field.is_empty()) || fault.old == fault.new {
            return Err(format!("a field is missing, or nothing changes, in:\n{block}"));
        }
        Ok(fault)
    }

    /// Returns the text of the file with the fault in it.
    fn plant(&self, text: &str) -> Result<String, String> {
        let lines: Vec<&str> = text.lines().collect();
        let from = match &self.behind {
            None => 0,
            Some(mark) => {
                let at = lines.iter().position(|line| line.trim() == mark);
                at.ok_or_else(|| format!("{}: there is no line `{mark}`", self.file))? + 1
            }
        };
        let mut at = (from..lines.len()).filter(|&index| lines[index].trim() == self.old);
        let found = at.next().ok_or_else(|| format!("{}: there is no line `{}`", self.file, self.old))?;
        if self.behind.is_none() && at.next().is_some() {
            return Err(format!("{}: `{}` stands there twice: say behind what", self.file, self.old));
        }
        let mut wrong = String::with_capacity(text.len() + self.new.len());
        for (index, line) in lines.into_iter().enumerate() {
            if index == found {
                wrong.push_str(&line.replace(&self.old, &self.new));
            } else {
                wrong.push_str(line);
            }
            wrong.push('\n');
        }
        Ok(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_finds_its_line_and_its_test() {
        let root = crate::root();
        let faults = listed(root).unwrap();
        assert!(faults.len() >= 25, "{}", faults.len());
        for fault in &faults {
            let text = fs::read_to_string(root.join(&fault.file)).unwrap_or_default();
            fault.plant(&text).unwrap_or_else(|what| panic!("{what}"));
            assert_eq!(faults.iter().filter(|other| other.name == fault.name).count(), 1, "{}", fault.name);
        }
    }

    #[test]
    fn the_line_that_is_meant_is_made_wrong() {
        let block = "fault: a\nfile: b\nbehind: fn b() {\nold: c: 1;\nnew: c: 2;\ntest: -p b c";
        let faults = parsed(&format!("About.\n\n{block}\n")).unwrap();
        let text = "fn a() {\n    c: 1;\n}\nfn b() {\n    c: 1;\n}\n";
        let wrong = faults[0].plant(text).unwrap();
        assert_eq!(wrong, "fn a() {\n    c: 1;\n}\nfn b() {\n    c: 2;\n}\n");
        assert!(faults[0].plant("fn b() {\n}\n").unwrap_err().contains("there is no line `c: 1;`"));
        let anywhere = Fault { behind: None, ..faults[0].clone() };
        assert!(anywhere.plant(text).unwrap_err().contains("stands there twice"));
    }

    #[test]
    fn tables_that_say_too_little_are_refused() {
        for block in ["fault: a", "fault: a\nwhat: b", "fault a"] {
            assert!(parsed(&format!("About.\n\n{block}\n")).is_err(), "{block}");
        }
    }
}
