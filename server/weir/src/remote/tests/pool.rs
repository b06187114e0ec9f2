//! A pool and its owner.

use super::engine::stand_in;
use super::{DOC, PATIENCE};
use crate::remote::{Notice, Remote, Source, Target};
use std::sync::Arc;
use tokio::sync::mpsc;
use weir_model::{Document, Edit, Format, JobId, Language, RuleSource, ScanOptions, Span, Version};
use weir_worker::{Pool, PoolConfig, Serve, Update};

pub(super) struct Test {
    pub(super) pool: Pool,
    remote: Remote,
    pub(super) updates: mpsc::UnboundedReceiver<Update>,
    pub(super) said: Vec<Update>,
    pub(super) notice: mpsc::UnboundedReceiver<Notice>,
    pub(super) notices: Vec<Notice>,
    pub(super) document: Document,
}

impl Test {
    pub(super) fn start(target: &Target) -> Self {
        let here = Serve::new(|served| drop(tokio::spawn(stand_in(served))));
        let (remote, notice) = Remote::with(target.url.clone(), Source::Given(target.clone()), here);
        let config = PoolConfig { place: remote.place(), ..PoolConfig::this_program(1) };
        let (pool, updates) = Pool::start(config);
        let document = Document::new("", Version(0), Some(Language::Python));
        Self { pool, remote, updates, said: Vec::new(), notice, notices: Vec::new(), document }
    }

    pub(super) async fn rules(&mut self) {
        let sources = Arc::from([RuleSource { name: "rules".to_owned(), text: "a rule".to_owned() }]);
        self.pool.rules(1, sources, Arc::from(*b"what was kept here"));
        self.until(|update| matches!(update, Update::Rules { .. })).await;
    }

    /// Where it was analysed, and which text that was.
    pub(super) async fn open(&mut self, text: &str) -> (String, String) {
        self.document = Document::new(text, Version(1), Some(Language::Python));
        self.pool.open(DOC, "a.py".into(), self.document.clone());
        self.answer().await
    }

    pub(super) async fn edit(&mut self, start: u32, end: u32, text: &str) -> (String, String) {
        let base = self.document.version();
        let edits = vec![Edit::new(Span::new(start, end), text)];
        self.document.apply(&edits, Version(base.0 + 1)).expect("an edit that fits");
        self.pool.edit(DOC, base, self.document.clone(), edits);
        self.answer().await
    }

    pub(super) async fn answer(&mut self) -> (String, String) {
        let newest = self.document.version();
        let update =
            self.until(|update| matches!(update, Update::Findings { version, .. } if *version == newest)).await;
        let Update::Findings { notes, .. } = update else { unreachable!() };
        let (place, text) = notes[0].message.split_once(':').expect("a place and a text");
        (place.to_owned(), text.to_owned())
    }

    pub(super) async fn scan(&mut self, text: &str) -> String {
        self.pool.scan(JobId(1), "b.py".into(), Format::Text, text.as_bytes().to_vec(), ScanOptions::default());
        match self.until(|update| matches!(update, Update::Scanned { .. })).await {
            Update::Scanned { notes, .. } => notes[0].message.clone(),
            _ => unreachable!(),
        }
    }

    pub(super) async fn until(&mut self, wanted: impl Fn(&Update) -> bool) -> Update {
        loop {
            let update = tokio::time::timeout(PATIENCE, self.updates.recv()).await;
            let update = update.unwrap_or_else(|_| panic!("nothing more came after {:?}", self.said));
            let update = update.expect("the pool runs");
            self.said.push(update.clone());
            while let Ok(notice) = self.notice.try_recv() {
                self.take(notice);
            }
            if wanted(&update) {
                return update;
            }
        }
    }

    pub(super) async fn until_notice(&mut self, wanted: impl Fn(&Notice) -> bool) {
        while !self.notices.iter().any(&wanted) {
            let notice = tokio::time::timeout(PATIENCE, self.notice.recv()).await.expect("a notice");
            let notice = notice.expect("the engine is there");
            if wanted(&notice) {
                self.take(notice);
                return;
            }
            self.take(notice);
        }
    }

    /// How far a text is sent is told many times; that it is sent is enough.
    pub(super) fn take(&mut self, notice: Notice) {
        if !matches!(notice, Notice::Sending { done, all } if done < all) {
            self.notices.push(notice);
        }
    }

    /// As a process that ends.
    pub(super) async fn end(self) {
        let ends = async {
            self.pool.shutdown().await;
            self.remote.leave().await;
        };
        tokio::time::timeout(PATIENCE, ends).await.expect("shutdown ends");
    }
}
