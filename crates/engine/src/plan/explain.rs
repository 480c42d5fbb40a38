//! A plan for the eye: as text, and as a graph in the languages of Graphviz and Mermaid.

use std::fmt::{self, Write};

use super::{Plan, StagePlan};

impl StagePlan {
    fn lanes_and_order(&self) -> String {
        let plural = if self.lanes == 1 { "" } else { "s" };
        let order = if self.lanes > 1 { format!(", {}", self.order) } else { String::new() };
        format!("{} lane{plural}{order}", self.lanes)
    }
}

/// A line for each stage, and one for the delivery. What a stage puts to is told where that is not simply the next one.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, stage) in self.stages.iter().enumerate() {
            write!(f, "stage {index}: {}, {}", stage.name, stage.lanes_and_order())?;
            if let Some(chunking) = &stage.chunking {
                write!(f, ", takes {chunking}")?;
            }
            let is_last = index + 1 == self.stages.len();
            match &*stage.to {
                [] if !is_last => write!(f, ", an end")?,
                [next] if *next != index + 1 => write!(f, ", to stage {next}")?,
                [first, rest @ ..] if !rest.is_empty() => {
                    write!(f, ", to stages {first}")?;
                    rest.iter().try_for_each(|next| write!(f, " and {next}"))?;
                }
                _ => {}
            }
            writeln!(f)?;
        }
        writeln!(f, "delivery: {}", self.delivery)
    }
}

impl Plan {
    /// Returns the plan as a graph for Graphviz.
    pub fn dot(&self) -> String {
        let mut text = "digraph pipeline {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
        for (index, stage) in self.stages.iter().enumerate() {
            let name = stage.name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            put(
                &mut text,
                format_args!("  s{index} [label=\"{index}: {name}\\n{}\"];\n", stage.lanes_and_order()),
            );
        }
        for (from, to, chunking) in self.edges() {
            let chunking = chunking.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let label = if chunking.is_empty() { String::new() } else { format!(" [label=\"{chunking}\"]") };
            put(&mut text, format_args!("  s{from} -> s{to}{label};\n"));
        }
        text + "}\n"
    }

    /// Returns the plan as a flow chart for Mermaid.
    pub fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (index, stage) in self.stages.iter().enumerate() {
            let name = mermaid_escaped(&stage.name);
            put(&mut text, format_args!("  s{index}[\"{index}: {name}<br/>{}\"]\n", stage.lanes_and_order()));
        }
        for (from, to, chunking) in self.edges() {
            let chunking = mermaid_escaped(chunking);
            let label = if chunking.is_empty() { String::new() } else { format!("|\"{chunking}\"|") };
            put(&mut text, format_args!("  s{from} -->{label} s{to}\n"));
        }
        text
    }

    /// Returns who puts to whom, and how what is put is cut.
    fn edges(&self) -> impl Iterator<Item = (usize, usize, &str)> {
        let chunking = |to: usize| self.stages[to].chunking.as_deref().unwrap_or_default();
        self.stages
            .iter()
            .enumerate()
            .flat_map(move |(from, stage)| stage.to.iter().map(move |&to| (from, to, chunking(to))))
    }
}

/// Writes characters as Mermaid's entity codes where they would end a label or begin a tag.
fn mermaid_escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, char| {
        match char {
            '"' | '<' | '>' | '#' | ';' | '\n' => put(&mut escaped, format_args!("#{};", u32::from(char))),
            char => escaped.push(char),
        }
        escaped
    })
}

fn put(text: &mut String, more: fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a string takes all that is written");
}
