//! Makes a request to the API server of a kubeconfig ten times a second, with one client for all of them:
//!
//!     kube-rs KUBECONFIG

use std::{env, time::Duration};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let path = env::args().nth(1).expect("a kubeconfig");
    let kubeconfig = Kubeconfig::read_from(path).expect("a kubeconfig that can be read");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    let client = Client::try_from(config.expect("a configuration")).expect("a client");
    loop {
        let request = http::Request::get("/version").body(Vec::new()).expect("a request");
        if let Err(error) = client.request_text(request).await {
            eprintln!("{error}");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
