use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future that waits for nothing but what blocks the thread, as those of the embedded adapters.
pub fn run_at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits for something that this executor cannot wake"),
    }
}
