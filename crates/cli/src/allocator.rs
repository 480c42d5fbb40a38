//! Where the program takes its memory from: jemalloc, with one arena for all that is Rust.
//!
//! A frame is made by one thread and freed by another. Allocators with an arena for each thread keep what was freed where
//! it was made, and the next thread takes fresh pages: of 64 MiB up to 132 MiB became resident with glibc's, and 102 with
//! mimalloc 3. With one arena they are 70, for at most 8 % more time: threads keep small pieces to themselves, and a frame is work
//! enough between two looks at a lock. A thread of jemalloc's gives back what stays unused for 100 ms, also where a slow
//! output lets nobody allocate for long.
//!
//! `unsafe` is here because jemalloc reads its settings from a symbol, before `main`, and a symbol is one to the whole
//! program.

#![expect(unsafe_code, reason = "the room for it")]

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// The settings; jemalloc knows the symbol as a `const char *`.
// SAFETY: a reference to an array is such a pointer, this one ends with a zero, and no other crate here exports the name.
#[unsafe(export_name = "_rjem_malloc_conf")]
static SETTINGS: &[u8; 90] =
    b"narenas:1,oversize_threshold:0,background_thread:true,dirty_decay_ms:100,muzzy_decay_ms:0\0";

const _: () = assert!(SETTINGS[SETTINGS.len() - 1] == 0, "the settings end with a zero");
