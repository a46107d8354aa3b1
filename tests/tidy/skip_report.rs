//! The list of skipped tests at the end of a run, whose binary has no test harness of its own.

#[path = "../skipped/report.rs"]
mod report;

use report::report;

#[test]
fn skipped_tests_are_listed_by_reason_and_summed_up() {
    let records = "program\t`nginx` is not installed\treaders b\n\
                   program\t`curl` is not installed\treaders a\n\
                   root\tonly root may mount\tfaults c\n\
                   program\t`nginx` is not installed\treaders c\n\
                   machine\tno FUSE\ttaken d\n\
                   program\t`nginx` is not installed\treaders b\n\
                   root\tonly root may mount\treaders c\n";
    let wanted = "skipped: `curl` is not installed: 1 test\n\
                  skipped:     readers a\n\
                  skipped: `nginx` is not installed: 2 tests\n\
                  skipped:     readers b\n\
                  skipped:     readers c\n\
                  skipped: only root may mount: 2 tests\n\
                  skipped:     faults c\n\
                  skipped:     readers c\n\
                  skipped: no FUSE: 1 test\n\
                  skipped:     taken d\n\
                  skipped: 5 tests in all: `tests/setup` installs what 3 of them need; 2 of them need root; \
                  1 of them cannot run on this machine\n";
    assert_eq!(report(records), wanted);
}

#[test]
fn a_run_that_skips_nothing_says_so() {
    assert_eq!(report(""), "skipped: no test\n");
}
