//! What stands before the service: answers that it would not give.

use super::input::MALFORMED;
use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_lsp_server::jsonrpc::{Error, Id, Request, Response};
use tower_service::Service;

/// What was no message is answered as such. Requests of the protocol's own (`$/...`) that nobody knows are answered with an error, as the protocol asks; the service
/// ignores them as it does such notifications, and whoever asked would wait for ever.
pub(super) struct Gate<S>(pub(super) S);

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
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match request.id() {
            None if request.method() == MALFORMED => {
                Box::pin(ready(Ok(Some(Response::from_error(Id::Null, Error::parse_error())))))
            }
            Some(id) if request.method().starts_with("$/") => {
                Box::pin(ready(Ok(Some(Response::from_error(id.clone(), Error::method_not_found())))))
            }
            _ => Box::pin(self.0.call(request)),
        }
    }
}
