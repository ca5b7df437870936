//! `signaling`: invitations between people, on the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    signaling_cli::main()
}
