//! Room weir.
fn main() {}
