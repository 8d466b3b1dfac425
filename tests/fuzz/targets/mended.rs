//! Any bytes can be mended, mended ones stay, and sound JSON is never changed.
#![no_main]

use databricks_mcp::transport::fuzz_mended;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let once = fuzz_mended(body.to_vec());
    assert_eq!(fuzz_mended(once.clone()), once, "mended twice");
    if serde_json::from_slice::<Value>(body).is_ok() {
        assert_eq!(once, body, "sound JSON was changed");
    }
});
