//! `soc2gate test`.

use regex::Regex;

use super::{complain, pool, print};
use crate::args::{TestArgs, TestFormat};
use crate::exit::Exit;
use crate::output::colour;
use crate::suite::{Choice, Suite, human, json, junit, run as run_suite, watch};

/// Runs the command.
pub(super) fn run(args: &TestArgs) -> Exit {
    let name = match args.run.as_deref().map(Regex::new).transpose() {
        Ok(name) => name,
        Err(error) => {
            complain(&format!("error: --run: {error}"));
            return Exit::Usage;
        }
    };
    let choice = Choice {
        name,
        coverage: args.coverage || args.threshold.is_some(),
        threshold: args.threshold,
    };
    let pool = match pool(args.jobs) {
        Ok(pool) => pool,
        Err(diagnostic) => {
            complain(&diagnostic.to_string());
            return Exit::Error;
        }
    };
    let once = || pool.install(|| test(args, &choice));
    if !args.watch {
        return once();
    }
    let paths = [args.paths.as_slice(), &args.data].concat();
    let watched = watch(&paths, || {
        once();
        complain("watching for changes; end with Ctrl-C");
    });
    if let Err(error) = watched {
        complain(&format!("error: the files cannot be watched: {error}"));
    }
    Exit::Error
}

fn test(args: &TestArgs, choice: &Choice) -> Exit {
    let suite = Suite::load_with(&args.paths, &args.data, args.rego_version.map(Into::into));
    let report = run_suite(&suite, choice);
    let text = match args.format {
        TestFormat::Human => human(&report, args.verbose, colour(args.color)).map_err(Into::into),
        TestFormat::Junit => Ok(junit(&report)),
        TestFormat::Json => json(&report),
    };
    if let Err(error) = text.and_then(|text| print(&text)) {
        complain(&format!("error: {error:#}"));
        return Exit::Error;
    }
    report.exit()
}
