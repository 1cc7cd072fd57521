//! Merkle log, signed checkpoints, run manifests
