//! Asks a server many questions at once and keeps the answers in order. The server is started here; it
//! answers each line after a few milliseconds.
//!
//! `cargo run --example async_http_like`

#![expect(clippy::print_stdout, reason = "a program prints its answer")]

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use primestream::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener));

    let report = Stream::iter(0..1000u32)
        .try_map_async(64, Order::Input, move |number| ask(address, number))
        .timeout(Duration::from_secs(2))
        .retry(Retry::exponential(3, Duration::from_millis(10)))
        .on_error(OnError::Skip)
        .enumerate()
        .inspect(|(place, answer)| assert_eq!(*answer, 2 * place))
        .drain_with(|_| ())
        .run_async()
        .await?;
    println!("{report}");
    Ok(())
}

async fn ask(address: SocketAddr, number: u32) -> std::io::Result<u64> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    stream.write_all(format!("{number}\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await?;
    answer.trim().parse().map_err(std::io::Error::other)
}

async fn serve(listener: TcpListener) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(answer(stream));
    }
}

async fn answer(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let doubled = line.trim().parse::<u64>().map_or(0, |number| 2 * number);
    stream.write_all(format!("{doubled}\n").as_bytes()).await
}
