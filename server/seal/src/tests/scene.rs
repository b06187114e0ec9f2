//! An editor, a front and a worker, and whoever sits on the wire between them.

use crate::{
    ClientHandshake, Context, HandshakeError, Identity, Link, Opened, Opener, Resumption, WorkerHandshake, sign_offer,
};

/// What somebody does to bytes on their way.
pub(crate) type Wire<'a> = Box<dyn Fn(Vec<u8>) -> Vec<u8> + 'a>;

/// A handshake in which everything is as it should be, but for what a test changes.
pub(crate) struct Scene<'a> {
    /// What the engine signs with, and what the editor has pinned.
    pub(crate) identity: Identity,
    pub(crate) pinned: Identity,
    pub(crate) editor: Context,
    pub(crate) front: Context,
    pub(crate) worker: Context,
    pub(crate) editor_resumes: Option<Resumption>,
    pub(crate) worker_resumes: Option<Resumption>,
    /// Between editor and front.
    pub(crate) hello: Wire<'a>,
    pub(crate) signed: Wire<'a>,
    pub(crate) accept: Wire<'a>,
    /// Between worker and front: what a worker other than ours may say.
    pub(crate) offer: Wire<'a>,
}

pub(crate) fn context() -> Context {
    Context { session: "7f3a".to_owned(), customer: "acme".to_owned() }
}

impl Default for Scene<'_> {
    fn default() -> Self {
        let unchanged = || Box::new(|bytes| bytes);
        Self {
            identity: Identity::from_bytes(&[7; 32]),
            pinned: Identity::from_bytes(&[7; 32]),
            editor: context(),
            front: context(),
            worker: context(),
            editor_resumes: None,
            worker_resumes: None,
            hello: unchanged(),
            signed: unchanged(),
            accept: unchanged(),
            offer: unchanged(),
        }
    }
}

/// Who refused, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    ByEditor(HandshakeError),
    ByWorker(HandshakeError),
}

impl Scene<'_> {
    /// The editor's and the worker's end of the link, or who did not go along.
    pub(crate) fn play(&self) -> Result<(Link, Link), Refused> {
        let start = ClientHandshake::start(&self.pinned.public(), &self.editor, self.editor_resumes.as_ref());
        let (editor, hello) = start.map_err(Refused::ByEditor)?;
        let hello = (self.hello)(hello);
        let offer = WorkerHandshake::offer(&hello, &self.worker, self.worker_resumes.as_ref());
        let (worker, offer) = offer.map_err(Refused::ByWorker)?;
        let offer = (self.offer)(offer);
        let signed = (self.signed)(sign_offer(&self.identity, &self.front, &hello, &offer));
        let (accept, editor) = editor.finish(&signed).map_err(Refused::ByEditor)?;
        let worker = worker.accept(&(self.accept)(accept)).map_err(Refused::ByWorker)?;
        Ok((editor, worker))
    }
}

/// Two ends of a link.
pub(crate) fn linked() -> (Link, Link) {
    Scene::default().play().expect("nobody disturbs")
}

/// Opens frames until one does not: the messages that came whole, and the error if there was one. After an error
/// everything else is refused, whatever it is.
pub(crate) fn deliver(
    opener: &mut Opener,
    frames: impl IntoIterator<Item = Vec<u8>>,
) -> (Vec<Vec<u8>>, Option<crate::SealError>) {
    let mut messages = Vec::new();
    let mut frames = frames.into_iter();
    for frame in frames.by_ref() {
        match opener.open(frame) {
            Ok(Opened::Whole(message)) => messages.push(message.to_vec()),
            Ok(Opened::Part { received, total }) => assert!(received < total),
            Err(error) => {
                for frame in frames.chain([vec![], vec![0; 300]]) {
                    assert!(matches!(opener.open(frame), Err(crate::SealError::Closed)));
                }
                return (messages, Some(error));
            }
        }
    }
    (messages, None)
}
