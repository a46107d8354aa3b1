//! The state of a credential from one process to the next.

use std::{fs, time::Duration};

use tokenwell::{
    renewal::policy::LIFETIME_MAX,
    state::{Ledger, LoadError},
};

use super::{Judged, text::assert_one_line, world::folder};

/// Checks that a record is read as it was written, and that a damaged one is reported.
pub fn check(input: &[u8]) -> Judged {
    let folder = folder();
    let ledger = Ledger::new(folder.path());
    fs::create_dir(ledger.folder()).unwrap();
    let file = ledger.folder().join("app.json");
    fs::write(&file, input).unwrap();
    let record = match ledger.load("app") {
        Ok(Some(record)) => record,
        Ok(None) => panic!("the record is there"),
        Err(error @ LoadError::Foreign { .. }) => {
            assert_one_line(&error.to_string(), 1024);
            return Judged::Refused;
        }
        Err(error @ LoadError::Io { .. }) => panic!("{error}"),
    };
    if let Some(written) = &record.written {
        let lifetime = written.term.grant.lifetime;
        assert!(Duration::ZERO < lifetime && lifetime <= LIFETIME_MAX);
    }
    if let Some(refusal) = &record.refusal {
        assert!(refusal.message().len() <= 2048 && !refusal.message().contains(char::is_control));
    }
    // Times are written in microseconds, so only the second writing is the same to the byte.
    let printed = |record| {
        fs::remove_file(&file).unwrap();
        ledger.store("app", record).unwrap();
        ledger.check("app").unwrap();
        (fs::read_to_string(&file).unwrap(), ledger.load("app").unwrap().expect("it was stored"))
    };
    let (first, again) = printed(&record);
    let (second, once_more) = printed(&again);
    assert_eq!(first, second);
    assert_eq!(again, once_more);
    assert_eq!((record.request, record.last_exchange.key), (again.request, again.last_exchange.key));
    let tokens =
        [&record, &again].map(|record| record.written.as_ref().map(|written| (written.token, &written.outputs)));
    assert_eq!(tokens[0], tokens[1]);
    Judged::Accepted
}
