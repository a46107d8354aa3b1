//! Looks again where a running daemon may be between its write of a token and that of the token's record.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    config::Config,
    offline::{self, DiskStatus},
};

/// Returns what was found, or what is found by another look, about a second later at most. Must be called within a runtime.
pub(super) async fn settled<T, E>(
    found: T,
    is_settled: impl Fn(&T) -> bool,
    look: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    let mut found = found;
    for _ in 0..LOOKS {
        if is_settled(&found) {
            break;
        }
        sleep(PAUSE).await;
        found = look().await?;
    }
    Ok(found)
}

/// Returns the status of the tokens on disk; `None` if the disk takes too long. Must be called within a runtime.
pub(super) async fn disk_status(config: &Arc<Config>, is_writer_running: bool) -> Option<DiskStatus> {
    let look = async || offline::disk_status(config).await.ok_or(());
    let is_settled = |disk: &DiskStatus| !(disk.may_be_midway && is_writer_running);
    settled(look().await.ok()?, is_settled, look).await.ok()
}

const LOOKS: usize = 10;
const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_looks_until_it_is_settled_and_gives_up() {
        let looks = Cell::new(0);
        let look = async || {
            looks.set(looks.get() + 1);
            Ok::<_, ()>(looks.get())
        };
        assert_eq!(settled(0, |found| *found == 0, look).await, Ok(0));
        assert_eq!(settled(0, |found| *found == 3, look).await, Ok(3));
        assert_eq!(settled(0, |_| false, look).await, Ok(3 + LOOKS));
        assert_eq!(settled(0, |_| false, async || Err::<usize, _>("a disk hangs")).await, Err("a disk hangs"));
    }
}
