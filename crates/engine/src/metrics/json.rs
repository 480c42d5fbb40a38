//! A profile as JSON [RFC8259], for tools; there is nothing in it that a library would be needed for.

use std::fmt::Write;

use super::Report;

impl Report {
    /// Returns where the busy time of each stage went, step by step, as JSON: an array of stages, each with
    /// its number, name, busy seconds and steps. Without a profile no stage has steps.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let report = Stream::iter(0..10u64).named("say \"ten\"").for_each(|_| ())?;
    /// let json = report.profile_json();
    /// assert!(json.starts_with(r#"[{"stage":0,"name":"say \"ten\"","busy_seconds":0."#), "{json}");
    /// assert!(json.ends_with(r#","steps":[]}]"#), "{json}");
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn profile_json(&self) -> String {
        let mut stages = Vec::new();
        for (index, stage) in self.stages().iter().enumerate() {
            let steps: Vec<String> = stage
                .steps
                .iter()
                .map(|step| {
                    let (name, seconds) = (quoted(&step.name), step.time.as_secs_f64());
                    format!(r#"{{"name":{name},"share":{:.4},"seconds":{seconds:.6}}}"#, step.share)
                })
                .collect();
            let (name, busy) = (quoted(&stage.name), stage.times.busy.as_secs_f64());
            let steps = steps.join(",");
            stages.push(format!(
                r#"{{"stage":{index},"name":{name},"busy_seconds":{busy:.6},"steps":[{steps}]}}"#
            ));
        }
        format!("[{}]", stages.join(","))
    }
}

/// Returns a text as JSON writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            control if control < ' ' => {
                // Writing to a string never fails.
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_reserves_is_escaped() {
        assert_eq!(quoted("a \"b\" \\ c\n\u{1f}é"), r#""a \"b\" \\ c\u000a\u001fé""#);
        assert_eq!(quoted(""), "\"\"");
    }
}
