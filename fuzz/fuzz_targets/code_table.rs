//! Fuzzer of the target `code_table`; see `fuzz/targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: {
        // The reader of tables catches panics of the arrow crate; libFuzzer's hook would end the program at the first one. A panic that nobody
        // catches ends it all the same.
        drop(std::panic::take_hook());
    },
    |data: &[u8]| kinfold_fuzz_targets::run("code_table", data)
);
