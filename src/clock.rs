//! Reads clocks, which no other file does, and provides the alarm that the loop sleeps on.

use std::{
    env, fs, io,
    os::fd::OwnedFd,
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::{
    io::Errno,
    time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime, timerfd_create,
        timerfd_settime,
    },
};
use tokio::io::{Interest, unix::AsyncFd};

use crate::renewal::{Moment, Stamp};

/// Returns the current moment on the boot clock, which counts suspend and cannot be set.
pub fn now() -> Moment {
    let time = clock_gettime(ClockId::Boottime);
    Moment::since_boot(Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0)))
}

/// Returns the wall clock's time, for display and for replies without a `Date` header.
#[expect(clippy::disallowed_methods, reason = "this is the one file that reads the clock")]
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// Returns the monotonic clock's time, which a suspend stops: by it service managers order notifications,
/// and the time that a disk hangs is measured. No decision on a renewal uses it.
pub fn monotonic() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Converts a moment to the wall clock, by the current difference of the two clocks.
pub fn wall_of(moment: Moment) -> SystemTime {
    let (now, wall) = (now(), wall());
    if moment < now { wall.checked_sub(now - moment) } else { wall.checked_add(moment - now) }.unwrap_or(wall)
}

/// Returns a moment on both clocks, for the next process.
pub fn stamp_of(moment: Moment) -> Stamp {
    Stamp { boot: *BOOT, moment, wall: wall_of(moment).duration_since(UNIX_EPOCH).unwrap_or_default() }
}

/// The id of this boot (`random(4)`). If it is hidden, as by `ProcSubset=pid`, it is read from a variable that the service
/// manager may set. If that is absent too, a random id makes every process count as its own boot.
static BOOT: LazyLock<u128> = LazyLock::new(|| {
    let parse = |id: String| u128::from_str_radix(&id.trim().replace('-', ""), 16).ok();
    let from_variable = || env::var(BOOT_VARIABLE).ok().and_then(parse);
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().and_then(parse);
    id.or_else(from_variable).unwrap_or_else(|| fastrand::u128(..))
});

const BOOT_VARIABLE: &str = "TOKENWELL_BOOT_ID";

/// A timer on the boot clock (timerfd). It causes no wake-up before its moment. If the machine resumes after that moment,
/// the alarm rings at once; a timer on the monotonic clock would not, because that clock stops during suspend.
#[derive(Debug)]
pub struct Alarm {
    timer: AsyncFd<OwnedFd>,
    set_to: Option<Moment>,
}

impl Alarm {
    /// Returns an alarm that is not set. Fails without free file descriptors. Must be called within a tokio runtime.
    #[expect(
        deprecated,
        reason = "the safe constructor; it is deprecated because a descriptor may change under it, which `OwnedFd` cannot"
    )]
    pub fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        Ok(Self { timer: AsyncFd::with_interest(timer, Interest::READABLE)?, set_to: None })
    }

    /// Sets the alarm to a moment, or switches it off. For a moment in the past it rings at once.
    pub fn set(&mut self, moment: Option<Moment>) -> io::Result<()> {
        if self.set_to == moment {
            return Ok(());
        }
        // A time of zero would switch the timer off.
        let at = moment.map_or(Duration::ZERO, |moment| moment.elapsed_since_boot().max(Duration::from_nanos(1)));
        let spec = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec {
                tv_sec: i64::try_from(at.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: at.subsec_nanos().into(),
            },
        };
        timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::ABSTIME, &spec)?;
        self.set_to = moment;
        Ok(())
    }

    /// Waits until the alarm rings. Cancel-safe: a ring that was not returned is returned by the next call.
    pub async fn rung(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.timer.readable().await?;
            match rustix::io::read(self.timer.get_ref(), &mut [0; 8]) {
                Ok(_) => {
                    self.set_to = None;
                    return Ok(());
                }
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Notices that the wall clock was set (`TFD_TIMER_CANCEL_ON_SET`, `timerfd_create(2)`). It causes no other wake-up.
#[derive(Debug)]
pub struct WallClockWatch {
    /// `None` if the kernel refuses such a timer. Then only the next wake finds out.
    timer: Option<AsyncFd<OwnedFd>>,
}

impl WallClockWatch {
    /// Begins to watch. Must be called within a tokio runtime.
    pub fn new() -> Self {
        Self { timer: never_ringing().ok() }
    }

    /// Waits until the wall clock is set. Cancel-safe: a change that was not returned is returned by the next call.
    pub async fn set(&mut self) {
        while let Some(timer) = &self.timer {
            let Ok(mut ready) = timer.readable().await else { break };
            match rustix::io::read(timer.get_ref(), &mut [0; 8]) {
                Err(Errno::CANCELED) => return,
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(Errno::INTR) => {}
                Ok(_) | Err(_) => self.timer = None,
            }
        }
        std::future::pending::<()>().await;
    }
}

impl Default for WallClockWatch {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns a timer on the wall clock for the end of time, which is cancelled when that clock is set.
#[expect(
    deprecated,
    reason = "the safe constructor; it is deprecated because a descriptor may change under it, which `OwnedFd` cannot"
)]
fn never_ringing() -> io::Result<AsyncFd<OwnedFd>> {
    let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    let spec = Itimerspec {
        it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
        it_value: Timespec { tv_sec: i64::MAX, tv_nsec: 0 },
    };
    timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET, &spec)?;
    AsyncFd::with_interest(timer, Interest::READABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_kernel_watches_the_wall_clock_which_is_not_set() {
        let mut watch = WallClockWatch::new();
        assert!(watch.timer.is_some(), "the kernel takes the flag");
        let set = tokio::time::timeout(Duration::from_millis(1), watch.set()).await;
        assert!(set.is_err() && watch.timer.is_some());
    }

    #[tokio::test]
    async fn without_a_timer_the_wall_clock_is_never_set() {
        let mut watch = WallClockWatch { timer: None };
        assert!(tokio::time::timeout(Duration::from_millis(1), watch.set()).await.is_err());
    }

    #[tokio::test]
    async fn an_alarm_in_the_past_rings_at_once_and_only_once() {
        let mut alarm = Alarm::new().unwrap();
        alarm.set(Some(Moment::default())).unwrap();
        alarm.rung().await.unwrap();
        let again = tokio::time::timeout(Duration::from_millis(1), alarm.rung()).await;
        assert!(again.is_err(), "it rings once");
    }

    #[tokio::test]
    async fn an_alarm_does_not_ring_before_its_moment() {
        let mut alarm = Alarm::new().unwrap();
        let moment = now() + Duration::from_millis(20);
        alarm.set(Some(moment)).unwrap();
        alarm.rung().await.unwrap();
        assert!(now() >= moment);
    }
}
