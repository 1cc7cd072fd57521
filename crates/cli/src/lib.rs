//! The custodian's tool: init, map, check, encode, seal, run
