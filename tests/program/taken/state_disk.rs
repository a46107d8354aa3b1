//! The disk of the state directory hangs: renewals go on, and the newest record is written afterwards.

use crate::{
    fuse_mount::{Attributes, Call, FuseMount},
    program::within,
    setting::Setting,
};

#[test]
fn renewals_go_on_while_the_state_directory_hangs() {
    let mut setting = Setting::with(&["a"]);
    let Some(disk) = FuseMount::at(&setting.path("state"), Attributes::Stored) else { return };
    let program = setting.ready();
    disk.hang(Call::Create);
    for change in 0..RENEWALS {
        let before = setting.token("a");
        setting.put_key("a", &format!("a{change}"));
        within("a new token", || (setting.token("a") != before).then_some(()));
    }
    let exchanges = setting.sandbox.counters().exchanges;
    assert_eq!(exchanges, 1 + RENEWALS);
    program.until_said("the disk takes too long to write a state file", 1);
    disk.release();
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    setting.clean(&ended);

    let token = setting.token("a");
    let ended = setting.ready().stop();
    assert_eq!(
        (setting.token("a"), setting.sandbox.counters().exchanges),
        (token, exchanges),
        "the record is the newest"
    );
    setting.clean(&ended);
}

const RENEWALS: u64 = 3;
