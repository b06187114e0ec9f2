//! The states of an interpretation: the one here, and those that wait for a construct to end.

/// The state at the point the walk has reached, and the states that wait for a construct to end.
pub(crate) struct Flow<S> {
    /// `None`: the point cannot be reached.
    pub(super) state: Option<S>,
    pub(super) frames: Vec<Frame<S>>,
    /// Counts changes of the state, so that a handler is not told the same state twice.
    pub(super) version: u64,
    /// Counts the places that may throw.
    pub(super) throws: u64,
    /// Loops around.
    pub(super) loops: usize,
}

/// A construct that states leave early.
pub(super) struct Frame<S> {
    pub(super) kind: FrameKind,
    pub(super) breaks: Option<S>,
    pub(super) continues: Option<S>,
    /// Of a try: the states in which its body may throw. Of a function: the states it returns in.
    pub(super) left: Option<S>,
    pub(super) left_version: u64,
    /// States that jump over the end of a try with a finally.
    pub(super) escapes: Option<S>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    Loop,
    Switch,
    Try,
    /// A finally, if there is one, is run by what jumps out.
    Finally,
    Function,
}

impl<S: Clone> Flow<S> {
    pub(crate) fn new(state: S) -> Self {
        Self { state: Some(state), frames: Vec::new(), version: 0, throws: 0, loops: 0 }
    }

    /// The state here, unless here cannot be reached.
    pub(crate) fn state(&self) -> Option<&S> {
        self.state.as_ref()
    }

    /// The state here, to be changed.
    pub(crate) fn state_mut(&mut self) -> Option<&mut S> {
        self.version += 1;
        self.state.as_mut()
    }

    /// Puts another state in place of the one here; gives that back.
    pub(crate) fn replace(&mut self, state: Option<S>) -> Option<S> {
        self.version += 1;
        std::mem::replace(&mut self.state, state)
    }

    pub(super) fn push(&mut self, kind: FrameKind) {
        self.frames.push(Frame {
            kind,
            breaks: None,
            continues: None,
            left: None,
            left_version: u64::MAX,
            escapes: None,
        });
    }

    pub(super) fn pop(&mut self) -> Frame<S> {
        self.frames.pop().expect("every frame is popped by who pushed it")
    }
}
