//! Rules over code, end to end: rule text and code in, the code with its findings marked out.

mod check;
mod constants;
mod incremental;
mod kept;
mod limits;
mod matching;
mod problems;
mod rules;
mod taint;
