//! Rules over code, end to end: rule text and code in, the code with its findings marked out.

mod agreement;
mod authoring;
mod check;
mod conditions;
mod constants;
mod explain;
mod fallback;
mod generic;
mod hostile;
mod incremental;
mod kept;
mod limits;
mod matching;
mod notebooks;
mod options;
mod problems;
mod repairs;
mod rules;
mod sound;
mod soup;
mod suppress;
mod surroundings;
mod taint;
mod templates;
