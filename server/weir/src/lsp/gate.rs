//! What stands before the service: answers that it would not give, and what its types do not know of the protocol yet.

use super::input::MALFORMED;
use serde_json::{Value, json};
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tower_lsp_server::jsonrpc::{Error, Id, Request, Response};
use tower_service::Service;

/// The scheme of documents that only Weir has.
pub(crate) const SCHEME: &str = "weir";

/// What was no message is answered as such. Requests of the protocol's own (`$/...`) that nobody knows are answered with an error,
/// as the protocol asks; the service ignores them as it does such notifications, and whoever asked would wait for ever.
///
/// Documents that only the server has (`workspace/textDocumentContent`, 3.18) are declared here, to clients that know them.
pub(super) struct Gate<S> {
    pub(super) service: S,
    /// Set before `initialize` is handled: whether the client knows such documents.
    pub(super) shows_virtual: Arc<AtomicBool>,
}

impl<S> Service<Request> for Gate<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Option<Response>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match request.id() {
            None if request.method() == MALFORMED => {
                Box::pin(ready(Ok(Some(Response::from_error(Id::Null, Error::parse_error())))))
            }
            Some(id) if request.method().starts_with("$/") => {
                Box::pin(ready(Ok(Some(Response::from_error(id.clone(), Error::method_not_found())))))
            }
            Some(_) if request.method() == "initialize" => {
                let ability = |params: &Value| params.pointer("/capabilities/workspace/textDocumentContent").cloned();
                let knows = request.params().and_then(ability).is_some_and(|ability| !ability.is_null());
                self.shows_virtual.store(knows, Ordering::Release);
                let answer = self.service.call(request);
                Box::pin(async move { Ok(answer.await?.map(|answer| if knows { declared(answer) } else { answer })) })
            }
            _ => Box::pin(self.service.call(request)),
        }
    }
}

/// The answer to `initialize` with the scheme in it.
fn declared(answer: Response) -> Response {
    let (id, body) = answer.into_parts();
    Response::from_parts(
        id,
        body.map(|mut result| {
            result["capabilities"]["workspace"]["textDocumentContent"] = json!({ "schemes": [SCHEME] });
            result
        }),
    )
}
