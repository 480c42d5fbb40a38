//! Damaged codewords are corrected on request, and what is corrected is said.

mod program;

use program::{Folder, read, run, text};

#[test]
fn what_is_corrected_is_said_and_right() {
    let folder = Folder::new();
    let content = text(50_000);
    let mut bytes = run(&["encode", "-q"], &content).succeeds().stdout;
    let intact = bytes.clone();
    for place in [20_000, 700_000, 1_200_000] {
        bytes[place] ^= 0x10;
    }
    let (damaged, back) = (folder.write("damaged", &bytes), folder.name("back"));
    let ended = run(&["decode", "-q", "--repair", &damaged, "-o", &back], b"").succeeds();
    assert_eq!(read(&back), content);
    assert_eq!(ended.stderr.lines().count(), 3, "{}", ended.stderr);
    assert!(ended.stderr.lines().all(|line| line.contains("corrected: byte ")), "{}", ended.stderr);

    let verified = run(&["verify", "--repair", &damaged], b"");
    assert_eq!(verified.code, Some(65), "damage is damage");
    let said = verified.text();
    assert_eq!(said.matches("can be corrected: byte ").count(), 3, "{said}");
    let json = run(&["verify", "--repair", "--json", &damaged], b"");
    let lines: Vec<serde_json::Value> =
        json.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let summary = lines.last().expect("a summary");
    assert_eq!(summary["frames_repairable"], summary["frames_damaged"]);
    let corrected = lines.iter().filter_map(|line| line["repairs"].as_array()).map(Vec::len).sum::<usize>();
    assert_eq!(corrected, 3);

    // Two codewords of one block are too many: the frame is left out, the others are not.
    bytes = intact;
    for place in (20_000..20_100).step_by(25) {
        bytes[place] ^= 0x10;
    }
    run(&["decode", "-q", "--repair"], &bytes).fails(65, "frame 0: payload does not fit its checksum");
    let rest = run(&["decode", "-q", "--repair", "--skip-damaged"], &bytes);
    assert_eq!((rest.code, rest.stdout.len()), (Some(65), 50_000 - 16_384));
    run(&["decode", "--repair", "--format", "decimal"], b"").fails(64, "belongs to containers");
    run(&["verify", "--repair", "--format", "decimal"], b"").fails(64, "belongs to containers");
}
