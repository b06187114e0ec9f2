//! What stands before the service: answers that it would not give, and what its types do not know of the protocol yet.

use super::input::{MALFORMED, NO_MESSAGE};
use super::lenient;
use super::spelling::Spellings;
use serde_json::{Value, json};
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_service::Service;

/// The scheme of documents that only Weir has.
pub(crate) const SCHEME: &str = "weir";

/// `ServerNotInitialized` of the protocol.
const NOT_INITIALIZED: i64 = -32002;

/// What was no message is answered as such. Requests of the protocol's own (`$/...`) that nobody knows are answered with an error,
/// as the protocol asks; the service ignores them as it does such notifications, and whoever asked would wait for ever. Requests before
/// `initialize` and after `shutdown` are refused whether they are known or not: the service would look for them first.
///
/// Addresses get Weir's own spelling on the way in and the client's on the way out.
///
/// Documents that only the server has (`workspace/textDocumentContent`, 3.18) are declared here, to clients that know them.
pub(super) struct Gate<S> {
    service: S,
    /// Set before `initialize` is handled: whether the client knows such documents.
    shows_virtual: Arc<AtomicBool>,
    spellings: Spellings,
    /// Set when `initialize` was answered.
    is_initialized: Arc<AtomicBool>,
    is_shut_down: bool,
}

impl<S> Gate<S> {
    pub(super) fn new(service: S, shows_virtual: Arc<AtomicBool>, spellings: Spellings) -> Self {
        Self { service, shows_virtual, spellings, is_initialized: Arc::default(), is_shut_down: false }
    }

    /// What is answered without the service: to whom, and what is wrong.
    fn refusal(&mut self, request: &Request) -> Option<(Id, Error)> {
        let method = request.method();
        let Some(id) = request.id() else {
            return match method {
                MALFORMED => Some((Id::Null, Error::parse_error())),
                NO_MESSAGE => Some((Id::Null, Error::invalid_request())),
                _ => None,
            };
        };
        let error = if self.is_shut_down {
            Error::invalid_request()
        } else if !self.is_initialized.load(Ordering::Acquire) && method != "initialize" {
            Error { message: "Server not initialized".into(), ..Error::new(ErrorCode::ServerError(NOT_INITIALIZED)) }
        } else if method.starts_with("$/") {
            Error::method_not_found()
        } else {
            self.is_shut_down = method == "shutdown";
            return None;
        };
        Some((id.clone(), error))
    }

    /// The request as the service can read it.
    fn readable(&self, request: Request) -> Request {
        let (method, id, params) = request.into_parts();
        let params = params.map(|mut params| {
            self.spellings.read(&method, &mut params);
            if method == "initialize" { lenient::readable(params) } else { params }
        });
        let request = Request::build(method);
        let request = if let Some(params) = params { request.params(params) } else { request };
        if let Some(id) = id { request.id(id).finish() } else { request.finish() }
    }
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
        if let Some((id, error)) = self.refusal(&request) {
            return Box::pin(ready(Ok(Some(Response::from_error(id, error)))));
        }
        let request = self.readable(request);
        if request.id().is_some() && request.method() == "initialize" {
            let ability = |params: &Value| params.pointer("/capabilities/workspace/textDocumentContent").cloned();
            let knows = request.params().and_then(ability).is_some_and(|ability| !ability.is_null());
            self.shows_virtual.store(knows, Ordering::Release);
            let (answer, is_initialized) = (self.service.call(request), self.is_initialized.clone());
            return Box::pin(async move {
                let answer = answer.await?;
                is_initialized.fetch_or(answer.as_ref().is_some_and(Response::is_ok), Ordering::AcqRel);
                Ok(answer.map(|answer| if knows { declared(answer) } else { answer }))
            });
        }
        let (answer, spellings) = (self.service.call(request), self.spellings.clone());
        Box::pin(async move { Ok(answer.await?.map(|answer| spellings.answer(answer))) })
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
