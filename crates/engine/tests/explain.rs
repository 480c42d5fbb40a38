//! Plans as text and as graphs.

use std::time::Duration;

use primestream_engine::{Adaptive, Bytes, Chunker, Fixed, Order, Pipeline, Stream, Timed};

fn linear() -> Pipeline {
    Stream::iter(0..10u64)
        .chunked(Fixed(5))
        .parallel(4, Order::Relaxed)
        .map(|n| n + 1)
        .named("add \"one\"")
        .drain_with(|_| ())
}

fn joined() -> Pipeline {
    Stream::iter(0..10u64).zip(Stream::iter(0..10u64).map(|n| n * n).boxed()).drain_with(|_| ())
}

fn branched() -> Pipeline {
    Stream::iter(0..10u64)
        .branch(|copies| copies.parallel(2, Order::Input).filter(|n| n % 2 == 0).drain_with(|_| ()))
        .map(|n| n + 1)
        .drain_with(|_| ())
}

#[test]
fn a_linear_pipeline_is_explained() {
    let plan = linear().explain();
    assert_eq!(
        plan.to_string(),
        "stage 0: iter, 1 lane\n\
         stage 1: add \"one\", 4 lanes, relaxed order, takes chunks of 5 items\n\
         stage 2: for_each, 1 lane\n\
         delivery: at most once: no checkpoints are kept\n"
    );
    assert_eq!(
        plan.dot(),
        "digraph pipeline {\n  rankdir=LR;\n  node [shape=box];\n\
         \x20 s0 [label=\"0: iter\\n1 lane\"];\n\
         \x20 s1 [label=\"1: add \\\"one\\\"\\n4 lanes, relaxed order\"];\n\
         \x20 s2 [label=\"2: for_each\\n1 lane\"];\n\
         \x20 s0 -> s1 [label=\"chunks of 5 items\"];\n\
         \x20 s1 -> s2;\n}\n"
    );
    assert_eq!(
        plan.mermaid(),
        "flowchart LR\n\
         \x20 s0[\"0: iter<br/>1 lane\"]\n\
         \x20 s1[\"1: add #34;one#34;<br/>4 lanes, relaxed order\"]\n\
         \x20 s2[\"2: for_each<br/>1 lane\"]\n\
         \x20 s0 -->|\"chunks of 5 items\"| s1\n\
         \x20 s1 --> s2\n"
    );
}

#[test]
fn a_joined_pipeline_is_explained() {
    let plan = joined().explain();
    let text = "stage 0: iter, 1 lane, to stage 3\n\
                stage 1: iter, map, 1 lane\n\
                stage 2: , 1 lane\n\
                stage 3: zip, for_each, 1 lane\n\
                delivery: at most once: no checkpoints are kept\n";
    assert_eq!(plan.to_string(), text);
    let edges: Vec<_> = plan.mermaid().lines().skip(5).map(str::to_owned).collect();
    assert_eq!(edges, ["  s0 --> s3", "  s1 --> s2", "  s2 --> s3"]);
    assert!(plan.dot().contains("  s0 -> s3;\n  s1 -> s2;\n  s2 -> s3;\n}"));
}

#[test]
fn a_branched_pipeline_is_explained() {
    let plan = branched().explain();
    let to: Vec<&[usize]> = plan.stages().iter().map(|stage| &*stage.to).collect();
    assert_eq!(to[0], [1, 4]);
    let text = plan.to_string();
    assert!(text.starts_with("stage 0: iter, branch, 1 lane, to stages 1 and 4\n"), "{text}");
    assert!(text.contains("stage 3: for_each, 1 lane, an end\nstage 4: map, for_each, 1 lane\n"), "{text}");
    assert!(plan.dot().contains("  s0 -> s1;\n  s0 -> s4;\n"));
}

#[test]
fn chunkers_say_what_their_chunks_are_like() {
    let adaptive = Adaptive::new(Duration::from_millis(5)).between(2, 100);
    let all = (Fixed(3), Bytes(1 << 10), (Timed(Duration::from_millis(7)), adaptive));
    assert_eq!(
        all.describe(),
        "chunks of 3 items or chunks of 1024 bytes or chunks that wait 7ms or chunks of 5ms, 2 to 100 items"
    );
}
