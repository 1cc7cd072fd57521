//! Ctrl-C and SIGTERM, for commands that have something to tidy up.

use std::pin::pin;
use std::sync::mpsc;

/// Calls `then` at the first Ctrl-C or SIGTERM, from a thread of its own, instead of ending the program. It stays so until the program ends.
///
/// Where signals cannot be listened to, Ctrl-C keeps its default action, which ends the program at once.
pub(crate) fn at_first(then: impl FnOnce() + Send + 'static) {
    let (ready, is_ready) = mpsc::channel();
    let listen = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
        else {
            return;
        };
        let interrupted = runtime.block_on(async {
            let mut signal = pin!(either());
            let listening = std::future::poll_fn(|context| {
                let polled = signal.as_mut().poll(context);
                // From the first question on the signal is listened to. Nobody waits for the answer any more after that.
                let _ = ready.send(());
                polled
            });
            listening.await
        });
        if interrupted {
            then();
        }
    };
    if std::thread::Builder::new()
        .name("interrupt".into())
        .spawn(listen)
        .is_ok()
    {
        // Fails when the thread ended early: then there is nothing to wait for.
        let _ = is_ready.recv();
    }
}

/// Waits for Ctrl-C or SIGTERM; `false` where neither can be listened to.
#[cfg(unix)]
async fn either() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return false;
    };
    std::future::poll_fn(|context| {
        let interrupted = interrupt.poll_recv(context).is_ready();
        if interrupted | terminate.poll_recv(context).is_ready() {
            std::task::Poll::Ready(true)
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}

#[cfg(not(unix))]
async fn either() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}
