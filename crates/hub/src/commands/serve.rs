//! `serve`: shows a report in a browser, on this machine only.
//!
//! Two files are served, by name, and nothing else. Addresses beyond the loopback interface are refused, and so are requests that
//! a page on another site could cause (their `Host` is not ours). The pages may load nothing and send nothing.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kinfold_message::{Exit, Problem};
use serde_json::json;

use crate::args::ServeArgs;
use crate::screen::{Answer, Screen};

/// Nothing from elsewhere, no script, no form, no frame: the report is one page with its own styles and drawings.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
                                       form-action 'none'; frame-ancestors 'none'";

pub(super) fn run(args: &ServeArgs, screen: &Screen) -> Result<Answer, Problem> {
    let address = loopback(&args.address)?;
    let report = args.folder.join("report.html");
    std::fs::metadata(&report).map_err(|error| Problem::io("read the report", &report, &error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(|error| could_not_listen(address, &error))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .map_err(|error| could_not_listen(address, &error))?;
        let address = listener
            .local_addr()
            .map_err(|error| could_not_listen(address, &error))?;
        screen.note(&format!("Report: http://{address}/   (Ctrl-C ends)"));
        axum::serve(listener, pages(args.folder.clone(), address))
            .with_graceful_shutdown(interrupted())
            .await
            .map_err(|error| could_not_listen(address, &error))?;
        Ok(Answer::new("", json!({ "address": address.to_string() })))
    })
}

async fn interrupted() {
    // When signals cannot be listened to, the default action of Ctrl-C ends the program all the same.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn pages(folder: PathBuf, address: SocketAddr) -> Router {
    let folder = Arc::new(folder);
    Router::new()
        .route("/", get(report))
        .route("/report.html", get(report))
        .route("/summary.json", get(summary))
        .with_state(folder)
        .layer(middleware::from_fn(guard))
        .layer(middleware::from_fn_with_state(address, only_this_host))
}

async fn report(State(folder): State<Arc<PathBuf>>) -> Response {
    file(&folder, "report.html", "text/html; charset=utf-8")
}

async fn summary(State(folder): State<Arc<PathBuf>>) -> Response {
    file(&folder, "summary.json", "application/json")
}

/// Read anew for each request, so that a browser's reload shows the newest run.
fn file(folder: &std::path::Path, name: &str, kind: &'static str) -> Response {
    match std::fs::read(folder.join(name)) {
        Ok(bytes) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A page of another site can point its own name at this machine; its requests then carry that name.
async fn only_this_host(
    State(address): State<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let port = address.port();
    if host == address.to_string() || host == format!("localhost:{port}") {
        next.run(request).await
    } else {
        StatusCode::FORBIDDEN.into_response()
    }
}

fn loopback(text: &str) -> Result<SocketAddr, Problem> {
    let refused = |what: String| {
        Problem::new(
            "E-SERVE-ADDRESS",
            Exit::Refused,
            what,
            "use 127.0.0.1:PORT; to show a report to others, publish it through your own approved web server",
        )
    };
    let address: SocketAddr = text
        .parse()
        .map_err(|_| refused(format!("`{text}` is not an address and a port")))?;
    match address.ip() {
        IpAddr::V4(ip) if ip.octets() == [127, 0, 0, 1] => Ok(address),
        _ => Err(refused(format!(
            "`{text}` can be reached from other machines, or is not 127.0.0.1"
        ))),
    }
}

fn could_not_listen(address: SocketAddr, error: &std::io::Error) -> Problem {
    Problem::new(
        "E-SERVE-PORT",
        Exit::CouldNotRun,
        format!("could not listen on {address}: {error}"),
        "another program may use the port: choose another with `--address 127.0.0.1:PORT`, or 0 for a free one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    #[test]
    fn only_the_loopback_address_is_allowed() {
        assert!(loopback("127.0.0.1:0").is_ok());
        for other in [
            "0.0.0.0:80",
            "192.168.0.1:80",
            "[::]:80",
            "localhost:80",
            "127.0.0.1",
        ] {
            assert_eq!(
                loopback(other).unwrap_err().code,
                "E-SERVE-ADDRESS",
                "{other}"
            );
        }
    }

    /// Starts the pages on a free port and returns the answers to the requests.
    fn answers(requests: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("report.html"), "<p>report</p>").unwrap();
        std::fs::write(folder.path().join("hub.sqlite"), "not for browsers").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let app = pages(folder.path().to_owned(), address);
        std::thread::spawn(move || runtime.block_on(async { axum::serve(listener, app).await }));
        let ask = |request: &&str| {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let request = request.replace("OURS", &address.to_string());
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        requests.iter().map(ask).collect()
    }

    #[test]
    fn two_files_are_served_under_a_strict_policy_and_nothing_else() {
        let found = answers(&[
            "GET / HTTP/1.1\r\nHost: OURS\r\nConnection: close\r\n\r\n",
            "GET /hub.sqlite HTTP/1.1\r\nHost: OURS\r\nConnection: close\r\n\r\n",
            "GET /../hub.sqlite HTTP/1.1\r\nHost: OURS\r\nConnection: close\r\n\r\n",
            "GET /summary.json HTTP/1.1\r\nHost: OURS\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: OURS\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ]);
        assert!(
            found[0].starts_with("HTTP/1.1 200") && found[0].ends_with("<p>report</p>"),
            "{}",
            found[0]
        );
        assert!(
            found[0]
                .to_lowercase()
                .contains("content-security-policy: default-src 'none'")
        );
        for (answer, status) in found[1..].iter().zip(["404", "404", "404", "403", "405"]) {
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{answer}"
            );
        }
    }
}
