//! Where the program takes its memory from: jemalloc, with one arena for all threads.
//!
//! A frame is made by one thread and freed by another. Allocators with an arena for each thread keep what was freed where
//! it was made, and the next thread takes fresh pages: 64 MiB in use were up to 132 MiB resident with glibc's, and 102 with
//! mimalloc 3. In one arena they are 70, and no slower: threads keep small pieces to themselves, and a frame is work enough
//! between two looks at a lock. A thread of jemalloc's gives back what stays unused for 100 ms, also where a slow output lets
//! nobody allocate for long.
//!
//! `unsafe` is here because jemalloc reads its settings from a symbol, before `main`, and a symbol is one to the whole
//! program.

#![expect(unsafe_code, reason = "the room for it")]

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// The settings, ended by a zero byte; jemalloc knows the symbol as a `const char *`.
// SAFETY: a reference to an array is such a pointer, and no other crate here exports this name.
#[unsafe(export_name = "_rjem_malloc_conf")]
static SETTINGS: &[u8; 69] = b"narenas:1,background_thread:true,dirty_decay_ms:100,muzzy_decay_ms:0\0";
