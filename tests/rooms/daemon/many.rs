//! Many credentials.

use std::fs;

use crate::world::told;

#[test]
fn two_hundred_credentials_keep_the_in_flight_limit() {
    told(async |world| {
        let names: Vec<String> = (0..200).map(|number| format!("n{number}")).collect();
        for (number, name) in names.iter().enumerate() {
            // Only some keys are searched for in the log, because a search for all of them would be slow.
            if number % 20 == 0 {
                world.put_key(name, name);
            } else {
                fs::write(world.path(&format!("keys/{name}")), format!("K2{name}")).unwrap();
            }
        }
        world.configure(&format!("http: {{maxInFlight: 5}}\n{}", world.whole_folder()));
        let hold = world.sandbox.hold();
        world.start();
        world.until_exchanges(5).await;
        hold.release();
        // Waits for 20 sessions at a time, because each wait has its own time-out.
        for sessions in (20..=200).step_by(20) {
            world.until("twenty more", |world| world.sandbox.counters().sessions >= sessions).await;
        }
        world.until("all are fresh", |world| world.names().len() == 200 && world.is_ready()).await;
        assert!(names.iter().all(|name| world.token(name).is_some()));
        let seen = world.sandbox.exchanges();
        assert_eq!(seen.len(), 200);
        assert_eq!(seen.iter().map(|seen| seen.in_flight).max(), Some(5), "all places are used, and no more");
    });
}
